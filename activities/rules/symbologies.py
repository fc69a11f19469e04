"""Which barcodes there are, what each can say, and how a value is kept.

Source: GS1 General Specifications (EAN, UPC, ITF-14, GS1-128, GS1 DataMatrix), ISO/IEC 16388
(Code 39), 15417 (Code 128), 16022 (Data Matrix), 15438 (PDF417), 24778 (Aztec).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from activities.rules.check_digits import check_digit, expanded
from activities.rules.element_strings import bracketed, joined, read_elements
from activities.rules.errors import InvalidFields

Symbology = Literal[
    "CODE128",
    "CODE39",
    "EAN13",
    "EAN8",
    "UPCA",
    "UPCE",
    "ITF14",
    "GS1_128",
    "DATAMATRIX",
    "GS1_DATAMATRIX",
    "PDF417",
    "AZTEC",
]

SYMBOLOGIES: tuple[Symbology, ...] = get_args(Symbology)

LINEAR = frozenset[Symbology](
    {"CODE128", "CODE39", "EAN13", "EAN8", "UPCA", "UPCE", "ITF14", "GS1_128"}
)
"""Those made of bars; the others are made of modules in two directions."""

EXAMPLES: Mapping[Symbology, str] = {
    "CODE128": "INV-2026-0042",
    "CODE39": "ASSET-0042",
    "EAN13": "4006381333931",
    "EAN8": "96385074",
    "UPCA": "036000291452",
    "UPCE": "04252614",
    "ITF14": "09506000134352",
    "GS1_128": "(01)09506000134352(17)271231(10)ABC123",
    "DATAMATRIX": "SN-7F3A-0042",
    "GS1_DATAMATRIX": "(01)09506000134352(21)S0042",
    "PDF417": "Ticket 0042, row 7, seat 12",
    "AZTEC": "https://example.com/t/0042",
}
"""A value for each that is right, as documents show it."""

LONGEST_LINE = 80
"""Characters of CODE128 and CODE39 that still fit a label."""

LONGEST_GS1_128 = 48
LONGEST_GS1_DATAMATRIX = 2335
CAPACITY: Mapping[Symbology, int] = {"DATAMATRIX": 1556, "PDF417": 1108, "AZTEC": 1914}
"""Bytes that the largest symbol carries, whatever they are."""

_BY_SPELLING = {name.replace("_", ""): name for name in SYMBOLOGIES}
_CODE39 = re.compile(r"[0-9A-Za-z .$/+%-]*")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Normalised:
    """A value that was found right.

    `value` is kept and compared, `encoded` is what the drawer gets, `text` is for people to read.
    """

    value: str
    encoded: str
    text: str


def read_symbology(text: str) -> Symbology:
    """The symbology of this name; case, spaces, hyphens and underscores do not matter.

    Raises InvalidFields for `type`, with the names there are.
    """
    found = _BY_SPELLING.get(re.sub(r"[ _-]", "", text).upper())
    if found is None:
        raise InvalidFields({"type": [f"Choose one of {', '.join(SYMBOLOGIES)}."]})
    return found


def normalise(symbology: Symbology, value: str) -> Normalised:
    """The value with its check digit, in the one spelling it has; InvalidFields for `value`.

    Where a number came without its check digit it is added, otherwise it is verified. Spaces and
    hyphens in numbers, and spaces around a line of bars, are left out. Normalising what was
    normalised changes nothing.
    """
    try:
        if not value.strip():
            raise ValueError("Give a value.")
        return _READERS[symbology](symbology, value)
    except ValueError as wrong:
        raise InvalidFields({"value": [str(wrong)]}) from None


def _number(symbology: Symbology, value: str) -> Normalised:
    length, groups = _NUMBERS[symbology]
    digits = _digits(value)
    if len(digits) not in (length - 1, length):
        raise ValueError(
            f"{symbology} takes {length - 1} digits, or {length} with the check digit; "
            f"these are {len(digits)}."
        )
    number = _checked(digits, digits[: length - 1])
    return Normalised(number, number, _grouped(number, groups))


def _upce(_: Symbology, value: str) -> Normalised:
    digits = _digits(value)
    if len(digits) not in (6, 7, 8):
        raise ValueError(
            "UPCE takes 6 digits, 7 with the number system, or 8 with the check digit too; "
            f"these are {len(digits)}."
        )
    whole = digits if len(digits) > 6 else f"0{digits}"
    if whole[0] not in "01":
        raise ValueError("The number system, the first digit of UPCE, is 0 or 1.")
    long = expanded(whole[:7])
    if long is None:
        raise ValueError(f"There is no UPCE number {whole[:7]}: another one stands for the same.")
    number = _checked(whole, whole[:7], check_digit(long))
    return Normalised(number, number, _grouped(number, (1, 6, 1)))


def _code39(symbology: Symbology, value: str) -> Normalised:
    line = value.strip(" ")
    if not _CODE39.fullmatch(line):
        raise ValueError("CODE39 takes letters A to Z, digits, spaces and - . $ / + % only.")
    return _line(symbology, line.upper())


def _code128(symbology: Symbology, value: str) -> Normalised:
    line = value.strip(" ")
    if not _PRINTABLE.fullmatch(line):
        raise ValueError("CODE128 takes letters, digits and signs of ASCII only.")
    return _line(symbology, line)


def _elements(symbology: Symbology, value: str) -> Normalised:
    elements = read_elements(value.strip())
    longest = LONGEST_GS1_128 if symbology == "GS1_128" else LONGEST_GS1_DATAMATRIX
    size = len(joined(elements))
    if size > longest:
        raise ValueError(f"{symbology} carries at most {longest} characters; these are {size}.")
    text = bracketed(elements)
    return Normalised(text, bracketed(elements, "[", "]"), text)


def _any_text(symbology: Symbology, value: str) -> Normalised:
    if _CONTROL.search(value):
        raise ValueError("Leave out control characters other than tab and newline.")
    size, most = len(value.encode()), CAPACITY[symbology]
    if size > most:
        raise ValueError(f"{symbology} carries at most {most} bytes; these are {size}.")
    return Normalised(value, value, value)


def _digits(value: str) -> str:
    digits = re.sub(r"[ -]", "", value)
    if not re.fullmatch(r"[0-9]+", digits):
        raise ValueError("Give digits only; spaces and hyphens between them are left out.")
    return digits


def _checked(digits: str, body: str, right: str | None = None) -> str:
    """The body with its check digit; ValueError where another one was given."""
    right = right or check_digit(body)
    if digits not in (body, body + right):
        raise ValueError(f"The check digit of {body} is {right}, not {digits[-1]}.")
    return body + right


def _grouped(number: str, groups: tuple[int, ...]) -> str:
    signs = iter(number)
    return " ".join("".join(next(signs) for _ in range(size)) for size in groups)


def _line(symbology: Symbology, line: str) -> Normalised:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"{symbology} takes at most {LONGEST_LINE} characters.")
    return Normalised(line, line, line)


_NUMBERS: Mapping[Symbology, tuple[int, tuple[int, ...]]] = {
    "EAN13": (13, (1, 6, 6)),
    "EAN8": (8, (4, 4)),
    "UPCA": (12, (1, 5, 5, 1)),
    "ITF14": (14, (14,)),
}
"""Digits with the check digit, and how they stand under the bars."""

_READERS: Mapping[Symbology, Callable[[Symbology, str], Normalised]] = {
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(CAPACITY, _any_text),
    "UPCE": _upce,
    "CODE39": _code39,
    "CODE128": _code128,
    "GS1_128": _elements,
    "GS1_DATAMATRIX": _elements,
}
