"""Check digits of article numbers, and the long form of a short one.

Source: GS1 General Specifications, 7.9.1 (check digit) and 7.10.1 (expansion of UPC-E).
"""

from __future__ import annotations


def check_digit(body: str) -> str:
    """The digit that belongs after these digits: weights 3 and 1 from the right, modulo 10."""
    weighted = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(body[::-1]))
    return str(-weighted % 10)


def has_check_digit(number: str) -> bool:
    """Whether the last digit is the one that belongs there."""
    return check_digit(number[:-1]) == number[-1]


def expanded(body: str) -> str | None:
    """The 11 digits of UPC-A behind a number system and 6 digits of UPC-E.

    None where UPC-E has no such number: its long form is written by another short one.
    """
    system, one, two, three, four, five, last = tuple(body)
    if last in "012":
        return f"{system}{one}{two}{last}0000{three}{four}{five}"
    if last == "3":
        return None if three in "012" else f"{system}{one}{two}{three}00000{four}{five}"
    if last == "4":
        return None if four == "0" else f"{system}{one}{two}{three}{four}00000{five}"
    return None if five == "0" else f"{system}{one}{two}{three}{four}{five}0000{last}"
