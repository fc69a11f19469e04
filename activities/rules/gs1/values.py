"""What follows an application identifier: its shape, its dates, its check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from activities.rules.check_digits import check_digit, has_check_digit
from activities.rules.gs1.checks import CHECKS
from activities.rules.gs1.identifiers import IDENTIFIERS

Code = Literal[
    "empty",
    "unknown_type",
    "syntax",
    "unknown_ai",
    "length",
    "character",
    "date",
    "check_digit",
    "value",
    "separator",
    "duplicate_ai",
    "missing_ai",
    "conflicting_ai",
    "uri",
    "compressed_uri",
    "encoding",
    "no_primary_key",
    "misplaced_ai",
    "qualifier_order",
]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong; `position` is the place in the text, counted from 0."""

    code: Code
    message: str
    ai: str | None = None
    position: int | None = None


@dataclass(frozen=True)
class Part:
    """A part of what follows an identifier, in the words of `Identifier.content`."""

    kind: str
    upto: bool
    length: int
    is_checked: bool
    may_miss: bool
    checks: tuple[str, ...]


_PART = re.compile(r"(n|x|y|z|day|date)(\.\.)?([0-9]*)(c?)(\??)(?::([a-z0-9+]+))?")
_DATES = ("day", "date")
_SIGNS = "!\"%&'()*+,-./_:;<=>?"
_SETS = {
    "n": "0-9",
    "x": re.escape(_SIGNS) + "A-Za-z0-9",
    "y": re.escape("#-/") + "0-9A-Z",
    "z": "A-Za-z0-9_=" + re.escape("-"),
}
_NOUNS = {
    "n": "digits",
    "x": f"letters, digits or signs of {_SIGNS}",
    "y": "capitals, digits or signs of #-/",
    "z": "letters, digits or signs of -_=",
}


def faults_of(name: str, data: str) -> Iterator[Fault]:
    """Everything that is wrong with an element, without looking at others."""
    known = IDENTIFIERS.get(name)
    if known is None:
        yield Fault("unknown_ai", f"({name}) is not an application identifier known here.", name)
        return
    found = _shape(known.content).fullmatch(data)
    if found is None:
        code: Code = "length" if _alphabet(known.content).fullmatch(data) else "character"
        yield Fault(code, f"({name}) takes {_told(known.content)}, not '{_cut(data)}'.", name)
        return
    for part, value in zip(parts_of(known.content), found.groups(), strict=True):
        if value:
            yield from _faults_of_part(name, part, value)


def values_of(name: str, data: str) -> tuple[tuple[Part, str], ...]:
    """The parts of a sound element that are there, and what each says."""
    content = IDENTIFIERS[name].content
    found = _shape(content).fullmatch(data)
    values = found.groups() if found else ()
    parts = zip(parts_of(content), values, strict=False)
    return tuple((part, value) for part, value in parts if value)


def expected_digit(name: str, data: str) -> str | None:
    """The check digit that belongs into an element of the right shape; None where there is none."""
    known = IDENTIFIERS.get(name)
    if known is None or _shape(known.content).fullmatch(data) is None:
        return None
    checked = (value for part, value in values_of(name, data) if part.is_checked)
    return next((check_digit(value[:-1]) for value in checked), None)


def longest(name: str) -> int:
    """The most characters that may follow."""
    return sum(part.length for part in parts_of(IDENTIFIERS[name].content))


@cache
def parts_of(content: str) -> tuple[Part, ...]:
    """The parts that these words tell."""
    return tuple(_parsed(word) for word in content.split())


def _faults_of_part(name: str, part: Part, value: str) -> Iterator[Fault]:
    if part.kind in _DATES and not _is_date(value, whole_month=part.kind == "day"):
        yield Fault("date", f"({name}) takes a date as YYMMDD; '{value}' is none.", name)
    if part.is_checked and not has_check_digit(value):
        right = check_digit(value[:-1])
        told = f"({name}) ends in the wrong check digit: {value} should end in {right}."
        yield Fault("check_digit", told, name)
    for check in part.checks:
        holds, told = CHECKS[check]
        if not holds(value):
            yield Fault("value", f"({name}) takes {told}, not '{value}'.", name)


@cache
def _shape(content: str) -> re.Pattern[str]:
    return re.compile("".join(_part_shape(part) for part in parts_of(content)))


@cache
def _alphabet(content: str) -> re.Pattern[str]:
    sets = "".join(_SETS["n" if part.kind in _DATES else part.kind] for part in parts_of(content))
    return re.compile(f"[{sets}]*")


def _part_shape(part: Part) -> str:
    if part.kind in _DATES:
        shape = "[0-9]{6}"
    elif part.upto:
        shape = f"[{_SETS[part.kind]}]{{1,{part.length}}}"
    else:
        shape = f"[{_SETS[part.kind]}]{{{part.length}}}"
    return f"({shape})?" if part.may_miss else f"({shape})"


def _cut(data: str) -> str:
    return data if len(data) <= 100 else f"{data[:99]}…"


def _told(content: str) -> str:
    return ", then ".join(_part_told(part) for part in parts_of(content))


def _part_told(part: Part) -> str:
    perhaps = "perhaps " if part.may_miss else ""
    if part.kind in _DATES:
        return f"{perhaps}a date as YYMMDD"
    return f"{perhaps}{'1 to ' if part.upto else ''}{part.length} {_NOUNS[part.kind]}"


def _parsed(word: str) -> Part:
    found = _PART.fullmatch(word)
    if found is None:
        raise ValueError(f"{word!r} is no part of an element.")
    kind, upto, length, checked, absent, checks = found.groups()
    return Part(
        kind=kind,
        upto=bool(upto),
        length=int(length or 6),
        is_checked=bool(checked),
        may_miss=bool(absent),
        checks=tuple(checks.split("+")) if checks else (),
    )


def _is_date(digits: str, *, whole_month: bool) -> bool:
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if whole_month and day == 0:
        day = 1
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True
