"""SVG that somebody gave, written anew out of what is known to be harmless.

Nothing of the document itself reaches the rasteriser: shapes, gradients, clips and masks are
written again from an allow-list, style sheets become attributes, `use` becomes what it stands for,
and everything else (scripts, text, images, animations, filters, addresses) is left out.
Source: SVG 1.1 (Second Edition), https://www.w3.org/TR/SVG11/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from activities.render.logo_reading import (
    DEEPEST,
    RESOURCES,
    SHAPES,
    Node,
    SvgRefused,
    read_svg,
)
from activities.render.logo_styles import (
    Sheet,
    is_shaded,
    is_translucent,
    read_sheet,
    referred,
    styled,
)

MOST_DRAWN = 1_000
"""Elements that are written, those that `use`, clips and masks repeat included."""

SIDES = (1024, 768, 512, 384, 256, 192)
"""Pixels of the longer side of the picture, the more the less there is to draw."""

NARROWEST = 1 / 20
"""The shorter side in parts of the longer one."""

MOST_WORK = 800.0
"""What drawing may cost, in milliseconds that it takes at worst on a slow core at 1024 pixels.

Measured with shapes over the whole picture: a shape 2.5, a translucent paint 40, a gradient 150, a
layer 80, a clip 130, a mask 260; every number of a path 0.4 (edges from top to bottom) or, where it
is stroked, 2.9 (lines thinner than a pixel). Without smooth edges a number is 0.01.
"""

_NUMBER_WORK, _STROKED_WORK, _CRISP_WORK = 0.4, 2.9, 0.01
_SHAPE_WORK, _TRANSLUCENT_WORK, _SHADED_WORK = 2.5, 40.0, 150.0
_LAYER_WORK, _CLIP_WORK, _MASK_WORK = 80.0, 130.0, 260.0

_FRAME = frozenset(("x", "y", "width", "height", "viewBox", "preserveAspectRatio", "transform"))
_LENGTH = re.compile(r"\s*([0-9]{1,7}(?:\.[0-9]{1,9})?)(?:px|pt|mm|cm|in|pc|em)?\s*")
_NUMBER = re.compile(r"[0-9]+")
_SEPARATORS = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class CleanSvg:
    """A harmless document that draws at exactly `width` by `height` pixels.

    A `crisp` one is to be drawn without smooth edges and then shrunk to half its size.
    """

    text: str
    width: int
    height: int
    crisp: bool


@dataclass(frozen=True)
class _Around:
    """What holds where a node stands."""

    depth: int = 0
    is_copy: bool = False
    in_stencil: bool = False
    shaded: bool = False
    translucent: bool = False
    stroked: bool = False


def clean_svg(content: bytes) -> CleanSvg:
    """The harmless document. Raises `SvgRefused`."""
    drawing = read_svg(content)
    return _Writer(drawing.ids, read_sheet(drawing.sheet)).write_whole(drawing.root)


class _Writer:
    """Writes nodes, and adds up what it costs to draw them."""

    def __init__(self, ids: Mapping[str, Node], sheet: Sheet) -> None:
        self._ids = ids
        self._sheet = sheet
        self._left = MOST_DRAWN
        self._area = 0.0
        self._edges = 0.0
        self._numbers = 0
        self._shapes = 0

    def write_whole(self, root: Node) -> CleanSvg:
        box = _box(root.attributes)
        out: list[str] = []
        framed = {key: v for key, v in root.attributes.items() if key not in _FRAME}
        self._write(Node("g", framed, root.children), _Around(), out)
        if not self._shapes:
            raise SvgRefused("This SVG holds no shapes; turn texts and images into shapes.")
        side, crisp = self._size()
        longer = max(box[2:])
        width, height = (max(1, round(length / longer * side)) for length in box[2:])
        view = " ".join(format(part, ".9g") for part in box)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        return CleanSvg(f'{head} viewBox="{view}">{"".join(out)}</svg>', width, height, crisp)

    def _size(self) -> tuple[int, bool]:
        """Pixels of the longer side as it is drawn, and whether without smooth edges."""
        for side in SIDES:
            scale = side / SIDES[0]
            if self._area * scale**2 + self._edges * scale <= MOST_WORK:
                return side, False
            if (self._area + self._numbers * _CRISP_WORK) * (2 * scale) ** 2 <= MOST_WORK:
                return 2 * side, True
        raise SvgRefused("This SVG is too costly to draw; use fewer gradients and layers.")

    def _write(self, node: Node, around: _Around, out: list[str]) -> None:
        self._left -= 1
        if self._left < 0 or around.depth > 2 * DEEPEST:
            raise SvgRefused(f"Ensure the SVG draws no more than {MOST_DRAWN} shapes.")
        values = styled(node.tag, node.attributes, self._sheet)
        around = replace(
            around,
            depth=around.depth + 1,
            shaded=around.shaded or is_shaded(values),
            translucent=around.translucent or is_translucent(values),
            stroked=around.stroked or values.get("stroke", "none") != "none",
            in_stencil=around.in_stencil or node.tag in ("mask", "clipPath"),
        )
        if around.in_stencil:
            values = {key: v for key, v in values.items() if key not in ("mask", "clip-path")}
        if around.is_copy:
            values.pop("id", None)
        self._weigh(node, values, around)
        if node.tag == "use":
            self._write_copy(values, around, out)
            return
        href = values.pop("href", None)
        if href and node.tag.endswith("Gradient"):
            values["href"] = href
        tag = "g" if node.tag == "symbol" else node.tag
        if node.tag == "symbol" and not around.is_copy:
            return
        out.append(f"<{tag}{_written(values)}>")
        for child in node.children:
            self._write(child, around, out)
        out.append(f"</{tag}>")

    def _write_copy(self, values: dict[str, str], around: _Around, out: list[str]) -> None:
        """What `use` stands for, in a group of its own."""
        target = self._ids.get(values.pop("href", "").removeprefix("#"))
        if target is None or target.tag in RESOURCES:
            return
        x, y = (_length(values.pop(key, "")) for key in ("x", "y"))
        sizes: dict[str, str] = {k: values.pop(k) for k in ("width", "height") if k in values}
        move = f"{values.get('transform', '')} translate({x:.9g} {y:.9g})".strip()
        if around.in_stencil and target.tag in SHAPES:
            # A clip takes no groups.
            move = f"{move} {target.attributes.get('transform', '')}".strip()
            held = {**values, **target.attributes, "transform": move}
            self._write(Node(target.tag, held), replace(around, is_copy=True), out)
            return
        values["transform"] = move
        out.append(f"<g{_written(values)}>")
        if target.tag == "symbol" and "viewBox" in target.attributes:
            view = dict(sizes, viewBox=target.attributes["viewBox"])
            out.append(f"<svg{_written(view)}>")
            self._write(target, replace(around, is_copy=True), out)
            out.append("</svg>")
        else:
            self._write(target, replace(around, is_copy=True), out)
        out.append("</g>")

    def _weigh(self, node: Node, values: Mapping[str, str], around: _Around) -> None:
        if node.tag in SHAPES:
            self._shapes += not around.in_stencil
            self._area += _SHAPE_WORK
            self._area += _SHADED_WORK * around.shaded + _TRANSLUCENT_WORK * around.translucent
            numbers = len(_NUMBER.findall(values.get("d", "") + values.get("points", "")))
            self._numbers += numbers
            self._edges += numbers * (_STROKED_WORK if around.stroked else _NUMBER_WORK)
        if values.get("opacity", "1") != "1":
            self._area += _LAYER_WORK
        for key, work in (("clip-path", _CLIP_WORK), ("mask", _MASK_WORK)):
            stencil = self._ids.get(referred(values.get(key, "")) or "")
            if stencil is not None:
                self._area += work
                # It is drawn once more, and costs as much as if it was written once more.
                self._write(stencil, replace(around, in_stencil=True), [])


def _written(values: Mapping[str, str]) -> str:
    """Attributes; no value has a sign that would need to be escaped."""
    return "".join(f' {name}="{value}"' for name, value in values.items())


def _box(attributes: Mapping[str, str]) -> tuple[float, float, float, float]:
    """What of the drawing is shown: left, top, width, height."""
    parts = _SEPARATORS.split(attributes.get("viewBox", "").strip())
    try:
        left, top, width, height = map(float, parts)
    except ValueError:
        left = top = 0.0
        width, height = (_length(attributes.get(key, "")) for key in ("width", "height"))
    if not (max(abs(left), abs(top)) < 1e7 and 1e-3 <= width < 1e7 and 1e-3 <= height < 1e7):
        raise SvgRefused("Give the SVG a viewBox, or a width and a height, of ordinary size.")
    if not NARROWEST <= width / height <= 1 / NARROWEST:
        raise SvgRefused("Ensure no side of the SVG is more than 20 times the other.")
    return left, top, width, height


def _length(text: str) -> float:
    """A length in user units, whatever unit it is in; 0 for anything else."""
    found = _LENGTH.fullmatch(text)
    return float(found[1]) if found else 0.0
