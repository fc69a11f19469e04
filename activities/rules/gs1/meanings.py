"""What an element says, in the forms that people and programs read: days, numbers, countries.

Source: GS1 General Specifications 3.4 to 3.9 and 7.12 (the century of a year).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from activities.rules.gs1.identifiers import IDENTIFIERS
from activities.rules.gs1.values import Part, values_of

_UNIT = re.compile(r"\((.+)\)")
_WITH_DECIMALS = re.compile(r"3[1-6][0-9]{2}|39[0-5][0-9]")
_HUNDREDTHS = ("4330", "4331", "4332", "4333")
_COUNTS = ("30", "37")
_TEMPERATURES = {"F.": "°F", "C.": "°C"}


def meaning_of(name: str, data: str, year: int) -> Mapping[str, str]:
    """What can be read of a sound element.

    That is: `date`, `until`, `number`, `unit`, `currency` and `country`, as far as it has them.
    Dates are ISO 8601, a whole month as YYYY-MM; numbers have a decimal point; currencies and
    countries are their numbers of ISO 4217 and 3166. `year` is the present one.
    """
    parts = values_of(name, data)
    said: dict[str, str] = dict(_said(parts, year))
    if _WITH_DECIMALS.fullmatch(name):
        said["number"] = _point(parts[-1][1], int(name[-1]))
    elif name in _HUNDREDTHS:
        sign = "-" if len(parts) > 1 else ""
        said["number"] = sign + _point(parts[0][1], 2)
    elif name in _COUNTS:
        said["number"] = str(int(data))
    unit = _unit(name)
    return {**said, "unit": unit} if unit and "number" in said else said


def century_year(two: int, year: int) -> int:
    """The year that two digits stand for: at most 50 after this one, at most 49 before."""
    near = year - year % 100 + two
    if near - year >= 51:
        return near - 100
    return near + 100 if near - year <= -50 else near


def _said(parts: tuple[tuple[Part, str], ...], year: int) -> Iterator[tuple[str, str]]:
    times = [value for part, value in parts if _is_time(part)]
    days = [_day(value, year) for part, value in parts if part.kind in ("day", "date")]
    if days:
        clock = ":".join(re.findall("..", "".join(times)))
        at = f"T{clock}" if clock and len(days[0]) == 10 else ""
        yield "date", days[0] + at
    if len(days) > 1:
        yield "until", days[1]
    for part, value in parts:
        if "currency" in part.checks:
            yield "currency", value
    countries = [value for part, value in parts if "country" in part.checks]
    if countries:
        yield "country", " ".join(countries)


def _is_time(part: Part) -> bool:
    return any(check in ("hh", "hhmi", "mi", "ss") for check in part.checks)


def _day(digits: str, year: int) -> str:
    whole = f"{century_year(int(digits[:2]), year)}-{digits[2:4]}"
    return whole if digits[4:] == "00" else f"{whole}-{digits[4:]}"


def _point(digits: str, places: int) -> str:
    padded = digits.zfill(places + 1)
    whole, rest = padded[: len(padded) - places], padded[len(padded) - places :]
    return (whole.lstrip("0") or "0") + (f".{rest}" if rest else "")


def _unit(name: str) -> str:
    title = IDENTIFIERS[name].title
    if name in _HUNDREDTHS:
        return _TEMPERATURES[title[-2:]]
    if name.startswith("337"):
        return "kg/m²"
    if name.startswith("394"):
        return "%"
    found = _UNIT.search(title) if name.startswith("3") else None
    return found[1].rstrip(".") if found else ""
