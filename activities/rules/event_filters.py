"""Which events an endpoint wants by what they tell: conditions on the payload, in JSON.

A condition looks at one place of the message `{"type", "timestamp", "data"}`, whatever the scheme
of the endpoint calls its parts:

    {"path": "$.data.country", "equals": "DE"}
    {"path": "$.data.device", "in": ["mobile", "tablet"]}
    {"path": "$.data.variantId", "exists": true}

and `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}` combine conditions. A path begins with `$`
and goes on with `.name`, `['any name']` and `[0]`. What is not there equals nothing, not even null.
Numbers are compared by value; `true` is no number, and no text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

DEEPEST = 5
MOST_CONDITIONS = 50
MOST_VALUES = 100
MOST_STEPS = 10
LONGEST_PATH = 200
LONGEST_TEXT = 256
LONGEST_FILTER = 8192
"""Characters of the filter as compact JSON."""

LARGEST_NUMBER = 2**53
"""Up to here a number is the same number in every JSON reader (RFC 8259 6)."""

_STEP = re.compile(
    r"\.([A-Za-z_][A-Za-z0-9_]*)|\['([^'\\\[\]\x00-\x1f]+)'\]|\[(0|[1-9][0-9]{0,3})\]"
)
_TESTS = ("equals", "in", "exists")
_GROUPS = ("all", "any")
_PARTS = ("type", "timestamp", "data")
_BEGINNING = "Begin the path with $.data, whatever the scheme of the endpoint calls it."
_MISSING = object()

Step = str | int
Reader = Callable[[Mapping[str, Any]], bool]
"""Whether a message meets a filter."""


def filter_refusal(wanted: object) -> str | None:
    """What is wrong with a filter, as a sentence; None when it can be kept."""
    try:
        if _judge(wanted, 1) > MOST_CONDITIONS:
            return f"Give at most {MOST_CONDITIONS} conditions."
    except ValueError as fault:
        return str(fault)
    if len(json.dumps(wanted, separators=(",", ":"))) > LONGEST_FILTER:
        return f"Shorten the filter to {LONGEST_FILTER} characters of JSON or fewer."
    return None


def passes(wanted: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """Whether the message meets a filter that `filter_refusal` let through."""
    return reader(wanted)(message)


def reader(wanted: Mapping[str, Any]) -> Reader:
    """The same for many messages: what is made of the filter once."""
    ((name, inner),) = ((n, v) for n, v in wanted.items() if n != "path")
    match name:
        case "all":
            every = [reader(part) for part in inner]
            return lambda message: all(part(message) for part in every)
        case "any":
            some = [reader(part) for part in inner]
            return lambda message: any(part(message) for part in some)
        case "not":
            one = reader(inner)
            return lambda message: not one(message)
    steps = steps_of(wanted["path"])
    if name == "exists":
        return lambda message: (_at(message, steps) is not _MISSING) is inner
    given = inner if name == "in" else [inner]
    flags = [value for value in given if isinstance(value, bool)]
    values = frozenset(value for value in given if not isinstance(value, bool))
    return lambda message: _is_among(_at(message, steps), flags, values)


@lru_cache(maxsize=1024)
def steps_of(path: str) -> tuple[Step, ...]:
    """The names and places that a path goes through; `ValueError` with a sentence."""
    if not path.startswith("$") or len(path) > LONGEST_PATH:
        raise ValueError(f"Begin a path with $. and end it within {LONGEST_PATH} characters.")
    steps: list[Step] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise ValueError(
                f"Correct the path at sign {at + 1}: go on with .name, ['name'] or [0]."
            )
        name, quoted, place = found.groups()
        steps.append(int(place) if place is not None else name or quoted)
        at = found.end()
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"Give a path of 1 to {MOST_STEPS} steps, such as $.data.country.")
    return tuple(steps)


def _judge(wanted: object, depth: int) -> int:
    """How many conditions there are; ValueError with a sentence."""
    if depth > DEEPEST:
        raise ValueError(f"Nest conditions at most {DEEPEST} deep.")
    if not isinstance(wanted, Mapping):
        raise ValueError("Write every condition as an object.")
    names = set(wanted)
    if "path" in names:
        _judge_test(wanted, names - {"path"})
        return 1
    if names == {"not"}:
        return _judge(wanted["not"], depth + 1)
    if len(names) != 1 or not names <= set(_GROUPS):
        raise ValueError("Give a condition a path and a test, or all, any or not alone.")
    parts = wanted[names.pop()]
    if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
        raise ValueError("Give all and any a list of one or more conditions.")
    if len(parts) > MOST_CONDITIONS:
        raise ValueError(f"Give at most {MOST_CONDITIONS} conditions.")
    return sum(_judge(part, depth + 1) for part in parts)


def _judge_test(wanted: Mapping[str, Any], tests: set[str]) -> None:
    if len(tests) != 1 or not tests <= set(_TESTS):
        raise ValueError(f"Give each path exactly one test: {', '.join(_TESTS)}.")
    if not isinstance(wanted["path"], str):
        raise ValueError("Write a path as text, such as $.data.country.")
    if steps_of(wanted["path"])[0] not in _PARTS:
        raise ValueError(
            "Begin the path with $.data, whatever the scheme of the endpoint calls it."
        )
    value = wanted[next(iter(tests))]
    if "exists" in tests and not isinstance(value, bool):
        raise ValueError("Write exists with true or false.")
    if "in" in tests:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ValueError("Write in with a list of values.")
        if not 1 <= len(value) <= MOST_VALUES:
            raise ValueError(f"Write in with 1 to {MOST_VALUES} values.")
    for one in value if "in" in tests else (value,):
        _judge_value(one)


def _judge_value(value: object) -> None:
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT or not _is_storable(value):
            raise ValueError(f"Compare with plain text of at most {LONGEST_TEXT} characters.")
    elif isinstance(value, int | float):
        # Written so that what is not a number is refused too.
        if not abs(value) <= LARGEST_NUMBER:
            raise ValueError("Compare with numbers up to 9007199254740992.")
    elif value is not None:
        raise ValueError("Compare with a text, a number, true, false or null.")


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL's JSON can hold it: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _at(message: object, steps: Sequence[Step]) -> object:
    found = message
    for step in steps:
        if isinstance(step, str):
            found = found.get(step, _MISSING) if isinstance(found, Mapping) else _MISSING
        elif isinstance(found, Sequence) and not isinstance(found, str) and step < len(found):
            found = found[step]
        else:
            return _MISSING
    return found


def _is_among(found: object, flags: Sequence[bool], values: frozenset[object]) -> bool:
    """Equality as JSON knows it: 1 is 1.0, neither is true, and no list or object is asked for."""
    if isinstance(found, bool):
        return found in flags
    return not isinstance(found, dict | list) and found in values
