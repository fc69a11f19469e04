"""What a conversion may say: its step, its value in a currency, and a few details."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, get_args

from activities.rules import currencies
from activities.rules.visible import hidden_sign

SourceKind = Literal["qr", "link", "page", "barcode"]
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)

PREFIXES: Mapping[SourceKind, str] = {"qr": "qr", "link": "lnk", "page": "pg", "barcode": "bc"}
"""How the id of a source is spelled outside."""

STEP = r"^[a-z0-9_.-]{1,64}$"
"""How a step is spelled, as documents show it too."""

LARGEST_VALUE = 10**12
LONGEST_DEDUPE_KEY = 200
MOST_DETAILS = 20
LONGEST_NAME = 64
LONGEST_DETAIL = 500
LARGEST_NUMBER = 2**53
"""Beyond it a number of JSON is not exact everywhere."""

_STEP = re.compile(STEP)


def faults(
    step: str,
    value: Decimal | None,
    currency: str | None,
    dedupe_key: str | None,
    details: Mapping[str, Any],
) -> dict[str, list[str]]:
    """What is wrong, by the name of the field; empty when nothing is."""
    told = {
        "step": _step_fault(step),
        **_money_faults(value, currency),
        "dedupe_key": _dedupe_fault(dedupe_key),
        "details": _details_fault(details),
    }
    return {field: [fault] for field, fault in told.items() if fault}


def _step_fault(step: str) -> str | None:
    if _STEP.fullmatch(step):
        return None
    return "Use 1 to 64 small letters, digits, dots, hyphens or underscores, such as purchase."


def _money_faults(value: Decimal | None, currency: str | None) -> dict[str, str | None]:
    if value is None:
        told = None if currency is None else "Give a value too, or leave the currency out."
        return {"value": told}
    if currency is None:
        return {"currency": "Say in which currency the value is, for example EUR."}
    if currency not in currencies.MINOR_UNITS:
        return {"currency": "Give a currency of ISO 4217 in capitals, for example EUR."}
    if not value.is_finite() or not 0 <= value <= LARGEST_VALUE:
        return {"value": "Give a value from 0 to 1000000000000."}
    if currencies.has_too_many_decimals(value, currency):
        digits = currencies.MINOR_UNITS[currency]
        return {"value": f"An amount in {currency} has at most {digits} decimals."}
    return {}


def _dedupe_fault(key: str | None) -> str | None:
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_DEDUPE_KEY:
        return f"Use 1 to {LONGEST_DEDUPE_KEY} characters."
    return "Remove characters that cannot be seen." if hidden_sign(key) else None


def _details_fault(details: Mapping[str, Any]) -> str | None:
    if len(details) > MOST_DETAILS:
        return f"Give at most {MOST_DETAILS} details."
    for name, value in details.items():
        if not 1 <= len(name) <= LONGEST_NAME or hidden_sign(name):
            return f"Name each detail with 1 to {LONGEST_NAME} visible characters."
        if not _is_plain(value):
            return (
                f"Give '{name}' as a text of at most {LONGEST_DETAIL} characters, a number, true, "
                "false or null."
            )
    return None


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_DETAIL and not hidden_sign(value, may_break=True)
    if isinstance(value, float):
        return math.isfinite(value) and abs(value) <= LARGEST_NUMBER
    if isinstance(value, int):
        return abs(value) <= LARGEST_NUMBER
    return value is None
