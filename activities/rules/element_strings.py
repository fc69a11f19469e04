"""GS1 element strings in their bracketed form, as `(01)09506000134352(10)ABC123`.

Source: GS1 General Specifications, chapter 3 (application identifiers), figure 7.8.5-2 (identifiers
of predefined length) and figure 7.11-1 (character set 82). Known here are the identifiers of trade
items, logistics, measures, locations and companies; what an identifier means is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from activities.rules.check_digits import check_digit, has_check_digit

SEPARATOR = "\x1d"
"""What readers tell between two elements, the first of which has no predefined length."""

_ELEMENT = re.compile(r"\(([0-9]{2,4})\)([^()]*)")
_PART = re.compile(r"(n|x|day|date)(\.\.)?([0-9]*)(c?)(\??)")
_PREDEFINED_LENGTH = tuple(
    f"{first:02}" for first in (*range(5), *range(11, 21), *range(31, 37), 41)
)
_DATES = ("day", "date")
_SIGNS = "!\"%&'*+,-./_:;<=>?"
_SETS = {"n": "0-9", "x": re.escape(_SIGNS) + "A-Za-z0-9"}
_NOUNS = {"n": "digits", "x": f"letters, digits or signs of {_SIGNS}"}

_IDENTIFIERS: Mapping[str, str] = {
    "n2": "20 7241",
    "n3": "422 424 426",
    "n6": "8005",
    "n13": "7001",
    "n14": "8001",
    "n13c": "410 411 412 413 414 415 416 417",
    "n14c": "01 02 03",
    "n17c": "402",
    "n18c": "00 8017 8018",
    "n..4": "7004",
    "n..6": "242",
    "n..8": "30 37",
    "n..10": "8019",
    "n..12": "8011",
    "day": "11 12 13 15 16 17",
    "date": "7006",
    "x..2": "7010",
    "x..3": "427",
    "x..10": "7009",
    "x..12": "7005",
    "x..20": "10 21 22 243 254 420 710 711 712 713 714 715 716 7020 7021 7022 7240 8002 8012",
    "x..25": "7242 8020",
    "x..28": "235",
    "x..30": "90 240 241 250 251 400 401 403 7002 7023 8004",
    "x..50": "8009",
    "x..70": "8200",
    "x..90": "91 92 93 94 95 96 97 98 99",
    "n3 x..9": "421",
    "n13c x..17?": "253",
    "n13c n..12?": "255",
    "n14c n4": "8006 8026",
}
_MEASURES = (*range(310, 317), *range(320, 338), *range(340, 358), *range(360, 370))
_CONTENTS: Mapping[str, str] = {
    **{name: content for content, names in _IDENTIFIERS.items() for name in names.split()},
    **{f"{measure}{places}": "n6" for measure in _MEASURES for places in range(6)},
    **{f"{amount}{places}": "n..15" for amount in (390, 392) for places in range(10)},
    **{f"{amount}{places}": "n3 n..15" for amount in (391, 393) for places in range(10)},
    **{f"394{places}": "n4" for places in range(4)},
    **{f"395{places}": "n6" for places in range(6)},
}
"""The parts of what follows an identifier, in the words of the GS1 syntax dictionary.

n is digits, x character set 82, c ends in a check digit, .. up to, ? may be absent, date is YYMMDD,
day is a date whose DD may be 00 for the whole month.
"""


@dataclass(frozen=True)
class Element:
    """An application identifier of two to four digits and what it says."""

    identifier: str
    data: str


def read_elements(text: str) -> tuple[Element, ...]:
    """The elements of a bracketed string; ValueError with a sentence for what is none.

    Parentheses are for identifiers alone, though character set 82 has them: a reader could not
    tell the two apart.
    """
    elements: list[Element] = []
    place = 0
    while place < len(text):
        found = _ELEMENT.match(text, place)
        if found is None:
            raise ValueError(
                "Write each application identifier in parentheses before its data, and use them "
                "for nothing else: (01)09506000134352(10)ABC123."
            )
        place = found.end()
        element = Element(*found.groups())
        _must_be_sound(element)
        if element.identifier in {known.identifier for known in elements}:
            raise ValueError(f"({element.identifier}) is given twice.")
        elements.append(element)
    return tuple(elements)


def joined(elements: tuple[Element, ...]) -> str:
    """The data as a symbol carries it: no brackets, a separator where an element needs one."""
    parts = [element.identifier + element.data + _ending(element) for element in elements]
    return "".join(parts).removesuffix(SEPARATOR)


def bracketed(elements: tuple[Element, ...], opening: str = "(", closing: str = ")") -> str:
    """The elements with their identifiers in brackets."""
    return "".join(f"{opening}{each.identifier}{closing}{each.data}" for each in elements)


def _ending(element: Element) -> str:
    return "" if element.identifier.startswith(_PREDEFINED_LENGTH) else SEPARATOR


def _must_be_sound(element: Element) -> None:
    name, data = f"({element.identifier})", element.data
    content = _CONTENTS.get(element.identifier)
    if content is None:
        raise ValueError(f"{name} is not an application identifier known here.")
    found = _shape(content).fullmatch(data)
    if found is None:
        raise ValueError(f"{name} takes {_told(content)}, not '{data}'.")
    for part, value in zip(content.split(), found.groups(), strict=True):
        if part in _DATES and not _is_date(value, whole_month=part == "day"):
            raise ValueError(f"{name} takes a date as YYMMDD; '{value}' is none.")
        if part.endswith("c") and not has_check_digit(value):
            right = check_digit(value[:-1])
            raise ValueError(
                f"{name} ends in the wrong check digit: {value} should end in {right}."
            )


@cache
def _shape(content: str) -> re.Pattern[str]:
    return re.compile("".join(_part_shape(part) for part in content.split()))


def _part_shape(part: str) -> str:
    kind, upto, length, _, absent = _parsed(part)
    if kind in _DATES:
        return "([0-9]{6})"
    least = ("0" if absent else "1") if upto else length
    return f"([{_SETS[kind]}]{{{least},{length}}})"


def _told(content: str) -> str:
    return ", then ".join(_part_told(part) for part in content.split())


def _part_told(part: str) -> str:
    kind, upto, length, _, absent = _parsed(part)
    if kind in _DATES:
        return "a date as YYMMDD"
    least = "0 to " if absent else "1 to "
    return f"{least if upto else ''}{length} {_NOUNS[kind]}"


def _parsed(part: str) -> tuple[str, ...]:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no part of an element.")
    return found.groups()


def _is_date(digits: str, *, whole_month: bool) -> bool:
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if whole_month and day == 0:
        day = 1
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True
