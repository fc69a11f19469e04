"""What an SVG that somebody gave holds of shapes, gradients, clips and masks, as a tree.

Everything else is left out while it is read: scripts, texts, images, animations, filters.
Source: SVG 1.1 (Second Edition), https://www.w3.org/TR/SVG11/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from activities.render.logo_styles import harmless

LARGEST_SVG_BYTES = 512 * 1024
MOST_ELEMENTS = 5_000
"""Elements of the document, whatever they are."""

DEEPEST = 32
LONGEST_SHEET = 64 * 1024

SHAPES = frozenset(("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"))
RESOURCES = frozenset(("defs", "linearGradient", "radialGradient", "stop", "clipPath", "mask"))

_GROUPS = {"a": "g", "switch": "g", "g": "g", "svg": "svg", "symbol": "symbol", "use": "use"}
_KNOWN = SHAPES | RESOURCES | _GROUPS.keys()
_SVG = "{http://www.w3.org/2000/svg}"


class SvgRefused(ValueError):
    """An SVG that no picture is made of; `str()` is one sentence."""


@dataclass(frozen=True)
class Node:
    """An element that is known, with harmless attributes."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Drawing:
    """The tree, what has which id, and the text of the style sheets."""

    root: Node
    ids: Mapping[str, Node]
    sheet: str


def read_svg(content: bytes) -> Drawing:
    """What the document holds. Raises `SvgRefused`."""
    if len(content) > LARGEST_SVG_BYTES:
        raise SvgRefused(f"Ensure an SVG has no more than {LARGEST_SVG_BYTES // 1024} KiB.")
    reader = _Reader()
    parser = _Parser(target=reader)
    try:
        parser.feed(content)
        parser.close()
    except SvgRefused:
        raise
    except DefusedXmlException:
        raise SvgRefused("Remove the entities and the inner DOCTYPE from the SVG.") from None
    except (ParseError, ValueError, LookupError):
        raise SvgRefused("This SVG is not well-formed XML.") from None
    if reader.root is None or reader.root.tag != "svg":
        raise SvgRefused("This is no SVG picture.")
    return Drawing(reader.root, reader.ids, "".join(reader.sheets))


class _Parser(DefusedXMLParser):
    """Without entities and external references; a DOCTYPE may name its DTD, nobody reads it."""

    def __init__(self, target: _Reader) -> None:
        super().__init__(target=target, forbid_dtd=True)

    def defused_start_doctype_decl(
        self, name: str, sysid: str | None, pubid: str | None, has_internal_subset: bool
    ) -> None:
        if has_internal_subset:
            raise DTDForbidden(name, sysid, pubid)


class _Reader:
    """What the parser tells of what is known, as a tree; bounded while it is read."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.ids: dict[str, Node] = {}
        self.sheets: list[str] = []
        self._path: list[Node] = []
        self._seen = 0
        self._sheet_length = 0
        self._left_out = 0
        self._in_sheet = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._seen += 1
        if self._seen > MOST_ELEMENTS:
            raise SvgRefused(f"Ensure the SVG has no more than {MOST_ELEMENTS} elements.")
        name = tag.removeprefix(_SVG)
        if self._left_out or name not in _KNOWN:
            self._left_out += 1
            self._in_sheet = name == "style" and self._left_out == 1
            return
        node = Node(_GROUPS.get(name, name), harmless(attributes))
        if self._path:
            self._path[-1].children.append(node)
        else:
            self.root = self.root or node
        self._path.append(node)
        if len(self._path) > DEEPEST:
            raise SvgRefused(f"Ensure the SVG is no more than {DEEPEST} levels deep.")
        if "id" in node.attributes:
            self.ids.setdefault(node.attributes["id"], node)

    def end(self, _: str) -> None:
        if self._left_out:
            self._left_out -= 1
            self._in_sheet = False
        else:
            self._path.pop()

    def data(self, text: str) -> None:
        if not self._in_sheet:
            return
        self._sheet_length += len(text)
        if self._sheet_length > LONGEST_SHEET:
            raise SvgRefused(f"Ensure the styles of the SVG have no more than {LONGEST_SHEET} B.")
        self.sheets.append(text)

    def close(self) -> None:
        """The whole document was read."""
