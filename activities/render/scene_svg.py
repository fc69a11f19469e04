"""Scenes as SVG (SVG 2, https://www.w3.org/TR/SVG2/)."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from xml.sax.saxutils import escape

from activities.render.scene import Blend, Inked, Inset, Outline, Scene

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Window:
    """What of the scene is shown, in its units, and how many pixels it takes."""

    x: float
    y: float
    width: float
    height: float
    across: int
    down: int


def write_scene_svg(scene: Scene, window: Window) -> bytes:
    """A document in UTF-8 that needs nothing from elsewhere: letters are outlines, images inside.

    Equal scenes give equal bytes. Characters that XML 1.0 forbids are left out of the title.
    """
    numbers = count(1)
    definitions: list[str] = []
    body = [_part(part, definitions, numbers) for part in scene.parts]
    view = f"{told(window.x)} {told(window.y)} {told(window.width)} {told(window.height)}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{window.across}" '
        f'height="{window.down}" viewBox="{view}">'
    )
    title = escape(_NOT_XML.sub("", scene.title))
    paper = (
        f'<rect x="{told(window.x)}" y="{told(window.y)}" width="{told(window.width)}" '
        f'height="{told(window.height)}" fill="{scene.paper}"/>'
    )
    parts = (
        head,
        f"<title>{title}</title>" if title else "",
        f"<defs>{''.join(definitions)}</defs>" if definitions else "",
        "" if scene.paper is None else paper,
        *body,
        "</svg>\n",
    )
    return "".join(parts).encode()


def told(number: float) -> str:
    """Three decimals at most, none that say nothing."""
    text = f"{number:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def path_as_svg(outline: Outline) -> str:
    """The outline as a path of its own, from the origin."""
    return f"M0 0{_spelled(outline)}"


def _part(part: Inked | Inset, definitions: list[str], numbers: count[int]) -> str:
    if isinstance(part, Inset):
        return _image(part, definitions, numbers)
    fill = part.paint
    if not isinstance(fill, str):
        name = f"g{next(numbers)}"
        definitions.append(gradient_as_svg(name, fill))
        fill = f"url(#{name})"
    rule = ' fill-rule="evenodd"' if part.holes else ""
    path = "".join(f"M{told(x)} {told(y)}{_spelled(outline)}" for x, y, outline in part.stamps)
    return f'<path fill="{fill}"{rule} d="{path}"/>' if path else ""


def gradient_as_svg(name: str, blend: Blend) -> str:
    """The definition of a gradient under a name."""
    stops = "".join(
        f'<stop offset="{told(offset)}" stop-color="{colour}"/>' for offset, colour in blend.stops
    )
    (x0, y0), (x1, y1) = blend.start, blend.end
    if blend.radial:
        where = f'cx="{told(x0)}" cy="{told(y0)}" r="{told(blend.radius)}"'
        kind = "radialGradient"
    else:
        where = f'x1="{told(x0)}" y1="{told(y0)}" x2="{told(x1)}" y2="{told(y1)}"'
        kind = "linearGradient"
    return f'<{kind} id="{name}" gradientUnits="userSpaceOnUse" {where}>{stops}</{kind}>'


def _image(inset: Inset, definitions: list[str], numbers: count[int]) -> str:
    clip = ""
    if inset.round:
        name = f"c{next(numbers)}"
        rx, ry = inset.width / 2, inset.height / 2
        definitions.append(
            f'<clipPath id="{name}"><ellipse cx="{told(inset.x + rx)}" cy="{told(inset.y + ry)}" '
            f'rx="{told(rx)}" ry="{told(ry)}"/></clipPath>'
        )
        clip = f' clip-path="url(#{name})"'
    fit = "xMidYMid slice" if inset.round else "xMidYMid meet"
    data = b64encode(inset.png).decode()
    return (
        f'<image x="{told(inset.x)}" y="{told(inset.y)}" width="{told(inset.width)}" '
        f'height="{told(inset.height)}" preserveAspectRatio="{fit}"{clip} '
        f'href="data:image/png;base64,{data}"/>'
    )


@lru_cache(maxsize=4096)
def _spelled(outline: Outline) -> str:
    """The outline as a path relative to the place where the pen is. It may end anywhere."""
    x = y = first_x = first_y = 0.0
    words = []
    for kind, points in outline.segments:
        if kind == "Z":
            words.append("z")
            x, y = first_x, first_y
            continue
        rel = [point - (y if at % 2 else x) for at, point in enumerate(points)]
        words.append(kind.lower() + " ".join(map(told, rel)))
        x, y = points[-2:]
        if kind == "M":
            first_x, first_y = x, y
    return "".join(words)
