"""Attributes and style sheets of an SVG that somebody gave, reduced to what is harmless.

A value has only signs that no address, string or escape can be written with; the only reference is
to an id of the same document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

GEOMETRY = frozenset(
    (
        *("id", "class", "d", "points", "x", "y", "width", "height", "rx", "ry", "cx", "cy", "r"),
        *("x1", "y1", "x2", "y2", "fx", "fy", "fr", "offset", "transform", "viewBox"),
        *("preserveAspectRatio", "gradientUnits", "gradientTransform", "spreadMethod"),
        *("clipPathUnits", "maskUnits", "maskContentUnits"),
    )
)
PAINT = frozenset(
    (
        *("fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity"),
        *("stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stop-color", "stop-opacity"),
        *("opacity", "color", "display", "visibility", "clip-path", "clip-rule", "mask"),
        "mask-type",
    )
)
"""Properties that may stand in a style sheet too. Dashes are not among them: a million of them is
a few signs."""

LONGEST_VALUE = 200
LONGEST_PATH = 256 * 1024
MOST_RULES = 500
MOST_CLASSES = 8

Sheet = Mapping[str, Mapping[str, str]]
"""Properties by simple selector: `path`, `.name`, `#id`, `*`."""

_XLINK = "{http://www.w3.org/1999/xlink}href"
_PLAIN = re.compile(r"[A-Za-z0-9_ \t\r\n#%.,+()-]*")
_PATH = re.compile(r"[MmZzLlHhVvCcSsQqTtAaEe0-9 \t\r\n.,+-]*")
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_REFERENCE = re.compile(r"\s*url\(\s*[\"']?#([A-Za-z0-9_.:-]{1,100})[\"']?\s*\)[a-z# 0-9]{0,40}")
_FUNCTION = re.compile(r"([A-Za-z_-]*)\s*\(")
_FUNCTIONS = frozenset(
    (
        *("rgb", "rgba", "hsl", "hsla"),
        *("matrix", "translate", "scale", "rotate", "skewX", "skewY"),
    )
)
_SELECTOR = re.compile(r"\*|[.#]?[A-Za-z][A-Za-z0-9_-]{0,99}")
_SEE_THROUGH = re.compile(r"\s*(?:rgba|hsla|(?:rgb|hsl)\([^)]*,[^)]*,[^)]*,|#[0-9A-Fa-f]{4}\s*$)")
_LONG_HEX = re.compile(r"\s*#[0-9A-Fa-f]{8}\s*")


def harmless(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes that may stay; `style` and `class` are still to be resolved by `styled`."""
    kept = {}
    for name, value in attributes.items():
        if name in ("href", _XLINK):
            if value.startswith("#") and _NAME.fullmatch(value[1:]):
                kept["href"] = value
        elif name == "style":
            kept.update({f"style {key}": told for key, told in _declared(value).items()})
        elif name in ("id", "class"):
            if all(map(_NAME.fullmatch, value.split())):
                kept[name] = value
        elif name in GEOMETRY | PAINT and (plain := harmless_value(name, value)) is not None:
            kept[name] = plain
    return kept


def harmless_value(name: str, value: str) -> str | None:
    """The value as it may be written; None when it may not."""
    if name in ("d", "points"):
        return value if len(value) <= LONGEST_PATH and _PATH.fullmatch(value) else None
    if len(value) > LONGEST_VALUE:
        return None
    if name in PAINT and (found := referred(value)):
        return f"url(#{found})"
    if not _PLAIN.fullmatch(value):
        return None
    if not _FUNCTIONS.issuperset(_FUNCTION.findall(value)):
        return None
    return value


def referred(value: str) -> str | None:
    """The id that a `url(#id)` names; None when the value is no such reference."""
    found = _REFERENCE.fullmatch(value)
    return found[1] if found else None


def read_sheet(text: str) -> Sheet:
    """The rules with simple selectors; all others are left out."""
    sheet: dict[str, dict[str, str]] = {}
    for rule in _without_comments(text).split("}", MOST_RULES)[:MOST_RULES]:
        selectors, _, body = rule.partition("{")
        declared = _declared(body)
        # What ends with a semicolon before them is an @import or the like.
        for selector in _selectors(selectors.rpartition(";")[2]):
            sheet.setdefault(selector, {}).update(declared)
    return sheet


def styled(tag: str, attributes: Mapping[str, str], sheet: Sheet) -> dict[str, str]:
    """All attributes of an element, as if it had no class and no style (CSS 2.1, 6.4.3)."""
    values = {
        name: value
        for name, value in attributes.items()
        if name != "class" and not name.startswith("style ")
    }
    classes = attributes.get("class", "").split()[:MOST_CLASSES]
    selectors: Iterable[str] = ("*", tag, *(f".{name}" for name in classes))
    for selector in (*selectors, f"#{attributes.get('id', '')}"):
        values.update(sheet.get(selector, {}))
    for name, value in attributes.items():
        if name.startswith("style "):
            values[name.removeprefix("style ")] = value
    return values


def is_shaded(values: Mapping[str, str]) -> bool:
    """Whether a gradient is what it paints with."""
    return any(referred(values.get(name, "")) for name in ("fill", "stroke"))


def is_translucent(values: Mapping[str, str]) -> bool:
    """Whether what is below what it paints is seen through it."""
    if any(values.get(name, "1") != "1" for name in ("fill-opacity", "stroke-opacity")):
        return True
    inks = [values.get(name, "") for name in ("fill", "stroke", "color")]
    return any(_SEE_THROUGH.match(ink) or _LONG_HEX.fullmatch(ink) for ink in inks)


# Not by expressions: one that looks for an end that is missing does so from everywhere.
def _without_comments(text: str) -> str:
    first, *others = text.replace("<!--", " ").replace("-->", " ").split("/*")
    return first + "".join(part.partition("*/")[2] for part in others)


def _declared(text: str) -> dict[str, str]:
    return dict(_declarations(text[: LONGEST_VALUE * len(PAINT)]))


def _declarations(text: str) -> Iterator[tuple[str, str]]:
    for declaration in text.split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.replace("!important", "").strip()
        if name in PAINT and (plain := harmless_value(name, value)) is not None:
            yield name, plain


def _selectors(text: str) -> Iterator[str]:
    for selector in text.split(","):
        if _SELECTOR.fullmatch(selector.strip()):
            yield selector.strip()
