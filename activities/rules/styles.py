"""The style of a symbol: JSON that whoever draws it understands. Here it is only kept in bounds."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

LARGEST = 8192
"""Bytes of a style as JSON in UTF-8."""

DEEPEST = 5
"""Objects and lists inside each other, the style itself included."""

LARGEST_NUMBER = 2**53
"""Beyond it JSON readers disagree about whole numbers (RFC 8259 6)."""

_HIDDEN = ("Cc", "Cs")


def style_refusal(style: Mapping[str, Any]) -> str | None:
    """Why this style cannot be kept, as one sentence; None when it can.

    It is an object of at most `LARGEST` bytes and `DEEPEST` levels that PostgreSQL and every reader
    of JSON hold alike: no control characters, no numbers that are none or not exact.
    """
    if refusal := next(_faults(style, 1), None):
        return refusal
    written = json.dumps(style, ensure_ascii=False, separators=(",", ":"))
    if len(written.encode()) > LARGEST:
        return f"Ensure the style has no more than {LARGEST} bytes."
    return None


def _faults(part: object, level: int) -> Iterator[str]:
    match part:
        case None | bool():
            return
        case str():
            if any(unicodedata.category(sign) in _HIDDEN for sign in part):
                yield "Remove control characters from the style."
        case int() | float():
            if not -LARGEST_NUMBER <= part <= LARGEST_NUMBER:
                yield "Ensure every number in the style is an ordinary one."
        case Mapping() | list() | tuple():
            if level > DEEPEST:
                yield f"Ensure the style is no more than {DEEPEST} levels deep."
                return
            yield from _inside(part, level + 1)
        case _:
            yield "Give the style as JSON."


def _inside(part: Mapping[Any, Any] | list[Any] | tuple[Any, ...], level: int) -> Iterator[str]:
    if isinstance(part, Mapping):
        if not all(isinstance(key, str) for key in part):
            yield "Give the style as JSON."
        for key in part:
            yield from _faults(key, level)
    for value in part.values() if isinstance(part, Mapping) else part:
        yield from _faults(value, level)
