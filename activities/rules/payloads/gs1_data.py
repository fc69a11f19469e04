"""Values of GS1 application identifiers: numbers, dates, signs.

Source: GS1 General Specifications 3 (application identifiers), 7.11 (the 82 signs that text may
have).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping

from activities.rules.check_digits import has_check_digit

LONGEST_VALUE = 30

_SIGNS = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
_ISO_DAY = re.compile(r"20([0-9]{2})-([0-9]{2})-([0-9]{2})")
_GS1_DAY = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")

Reader = Callable[[str], str]
"""Makes a value canonical; raises ValueError with a sentence."""


def gtin(text: str) -> str:
    """14 digits, from 8, 12, 13 or 14 with their check digit. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", text):
        raise ValueError("Give 8, 12, 13 or 14 digits.")
    if not has_check_digit(text):
        raise ValueError("The check digit is wrong; compare the number with the product.")
    return text.zfill(14)


def gln(text: str) -> str:
    """13 digits with their check digit. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{13}", text):
        raise ValueError("Give 13 digits.")
    if not has_check_digit(text):
        raise ValueError("The check digit is wrong; compare the number with its source.")
    return text


def day(text: str) -> str:
    """YYMMDD, from itself or from an ISO date of this century; DD may be 00. Raises ValueError."""
    found = _ISO_DAY.fullmatch(text) or _GS1_DAY.fullmatch(text)
    year, month, in_month = map(int, found.groups()) if found else (0, 0, 0)
    if not found or not 1 <= month <= 12 or in_month > monthrange(2000 + year, month)[1]:
        raise ValueError("Give a day, such as 2026-12-31 or 261231.")
    if "-" in text and not in_month:
        raise ValueError("Write a month without day as YYMM00, such as 261200.")
    return f"{year:02}{month:02}{in_month:02}"


def signs(longest: int) -> Reader:
    """A reader of 1 to `longest` of the 82 signs."""
    pattern = re.compile(rf"{_SIGNS}{{1,{longest}}}")

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"Use up to {longest} letters, digits or !\"%&'()*+,-./:;<=>?_.")
        return text

    return read


def digits(fewest: int, most: int) -> Reader:
    """A reader of `fewest` to `most` digits."""
    pattern = re.compile(rf"[0-9]{{{fewest},{most}}}")

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise ValueError(f"Give {count} digits.")
        return text

    return read


ATTRIBUTES: Mapping[str, Reader] = {
    **dict.fromkeys(("11", "13", "15", "16"), day),
    "20": digits(2, 2),
    **dict.fromkeys(("240", "241", "250", "400"), signs(30)),
    "242": digits(1, 6),
    "243": signs(20),
    "30": digits(1, 8),
    **{f"{measure}{point}": digits(6, 6) for measure in range(310, 317) for point in range(6)},
    **dict.fromkeys(("410", "413", "416"), gln),
    "422": digits(3, 3),
    "7003": digits(10, 10),
}
"""Data that a GTIN may be followed by: dates, part numbers, counts, measures (kilograms, metres,
litres; the last digit of 310n to 316n is the number of decimals), parties, countries."""
