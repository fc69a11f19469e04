"""The verdict on a GTIN, an element string or a Digital Link: every fault, and what it says.

The canonical forms are there only when nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from activities.rules.element_strings import Element, bracketed, joined
from activities.rules.gs1.identifiers import IDENTIFIERS, KEYS, needs_separator
from activities.rules.gs1.meanings import meaning_of
from activities.rules.gs1.pairing import pair_faults
from activities.rules.gs1.reading import Form, form_of, read
from activities.rules.gs1.uris import Found
from activities.rules.gs1.values import Fault, expected_digit, faults_of

CANONICAL = "https://id.gs1.org"
"""Where canonical Digital Links are (GS1 Digital Link Standard, URI Syntax 6)."""


@dataclass(frozen=True)
class ReadElement:
    """An element as it was found. `title` is empty for an unknown identifier.

    `check_digit` is the one that belongs there; `meaning` is as `meanings.meaning_of` tells.
    """

    ai: str
    title: str
    value: str
    position: int
    is_valid: bool
    check_digit: str | None = None
    meaning: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What a text is. `unbracketed` has U+001D where a symbol has FNC1.

    `digital_link` is there when an element is a key, and all others can be said beside it;
    `element_string` unless a value has parentheses.
    """

    form: Form
    faults: tuple[Fault, ...]
    elements: tuple[ReadElement, ...]
    gtin: str | None = None
    element_string: str | None = None
    unbracketed: str | None = None
    digital_link: str | None = None


def judge(text: str, form: Form | None, year: int) -> Verdict:
    """The verdict on a text, which is taken for what it looks like unless `form` says."""
    text = text.strip(" \t\r\n")
    form = form or form_of(text)
    reading = read(text, form)
    faults = list(reading.faults)
    elements: list[ReadElement] = []
    for each in reading.found:
        own = [replace(f, position=each.position) for f in faults_of(each.name, each.data)]
        elements.append(_element(each, year, is_valid=not own))
        faults += own
    if form != "gtin":
        faults += pair_faults(reading.found)
    faults.sort(key=lambda fault: -1 if fault.position is None else fault.position)
    verdict = Verdict(form, tuple(faults), tuple(elements))
    return verdict if faults else _with_forms(verdict, reading.found)


def _element(found: Found, year: int, *, is_valid: bool) -> ReadElement:
    known = IDENTIFIERS.get(found.name)
    return ReadElement(
        ai=found.name,
        title=known.title if known else "",
        value=found.data,
        position=found.position,
        is_valid=is_valid,
        check_digit=expected_digit(found.name, found.data),
        meaning=meaning_of(found.name, found.data, year) if is_valid else {},
    )


def _with_forms(verdict: Verdict, found: Sequence[Found]) -> Verdict:
    ordered = tuple(Element(each.name, each.data) for each in sorted(found, key=_rank))
    data = {each.name: each.data for each in found}
    has_brackets = any(sign in each.data for each in found for sign in "()")
    return replace(
        verdict,
        gtin=data.get("01"),
        element_string=None if has_brackets else bracketed(ordered),
        unbracketed=joined(ordered),
        digital_link=_uri(data),
    )


def _rank(found: Found) -> tuple[bool, bool, str]:
    """The key first, then what needs no separator (GS1 General Specifications 7.8.6.3)."""
    return found.name not in ("00", "01", "8006"), needs_separator(found.name), found.name


def _uri(data: Mapping[str, str]) -> str | None:
    key = next((name for name in KEYS if name in data), None)
    if key is None:
        return None
    way = max(KEYS[key] or ((),), key=lambda way: len(data.keys() & set(way)))
    path = [name for name in (key, *way) if name in data]
    rest = sorted(data.keys() - set(path))
    if not all(IDENTIFIERS[name].in_query for name in rest):
        return None
    return CANONICAL + "".join(_spelled(path, data)) + _query(rest, data)


def _spelled(path: Sequence[str], data: Mapping[str, str]) -> Iterator[str]:
    for name in path:
        yield f"/{name}/{quote(data[name], safe='')}"


def _query(names: Sequence[str], data: Mapping[str, str]) -> str:
    pairs = "&".join(f"{name}={quote(data[name], safe='')}" for name in names)
    return f"?{pairs}" if pairs else ""
