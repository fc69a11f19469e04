"""Names of files in an archive, by a template such as `{index:04d}-{name}`.

They are fit for every file system: no folders, no signs that one of them refuses, no name that
Windows keeps for itself, and no two alike where case does not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

TEMPLATE = "{index:04d}-{name}"
"""Where none is given."""

LONGEST_TEMPLATE = 100
_LONGEST_OCTETS = 120
"""Of a name without its ending, in UTF-8."""

_PLACE = re.compile(r"\{(?:(?P<name>name|short_id)|index(?::0(?P<width>[1-9])d)?)\}")
_UNFIT = re.compile(r"[^\w.\- ]+")
_ENDS = " .-_"
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


def template_refusal(template: str) -> str | None:
    """A sentence when it is no template."""
    if not 1 <= len(template) <= LONGEST_TEMPLATE:
        return f"Give 1 to {LONGEST_TEMPLATE} characters."
    if "{" in (rest := _PLACE.sub("", template)) or "}" in rest:
        return "Use {index}, {index:04d}, {name} and {short_id} between the braces."
    return None


def file_stem(template: str, index: int, name: str, short_id: str) -> str:
    """The name without its ending; `name` stands in for an empty short id and the other way."""

    def fill(place: re.Match[str]) -> str:
        if not place["name"]:
            return f"{index:0{place['width'] or 1}d}"
        first, second = (name, short_id) if place["name"] == "name" else (short_id, name)
        return _fit(first) or _fit(second)

    return _fit(_PLACE.sub(fill, template)) or str(index)


def unique_names() -> Callable[[str, str], str]:
    """A function from stem and ending to a name that it did not answer before."""
    taken: set[str] = set()
    nexts: dict[str, int] = {}

    def unique(stem: str, ending: str) -> str:
        name = f"{stem}.{ending}"
        folded = name.casefold()
        while name.casefold() in taken:
            number = nexts[folded] = nexts.get(folded, 1) + 1
            name = f"{stem}-{number}.{ending}"
        taken.add(name.casefold())
        return name

    return unique


def _fit(text: str) -> str:
    """Letters of every script, digits, dots and dashes; spaces are one, other signs a dash."""
    plain = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
    kept = " ".join(_UNFIT.sub("-", plain).split())
    kept = kept.encode()[:_LONGEST_OCTETS].decode("utf-8", "ignore").strip(_ENDS)
    return f"_{kept}" if _RESERVED.match(kept) else kept
