"""When a failed delivery is tried again."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

_MINUTE = 60.0
_HOUR = 60 * _MINUTE

RETRY_POLICIES: Mapping[str, tuple[float, ...]] = {
    "standard": (
        5.0,
        5 * _MINUTE,
        30 * _MINUTE,
        2 * _HOUR,
        5 * _HOUR,
        10 * _HOUR,
        14 * _HOUR,
        20 * _HOUR,
        24 * _HOUR,
    ),
    "inkode": (5.0, 25.0),
}
"""Seconds before attempt 2, 3, ...: `standard` is 10 attempts over 75 h 35 min 5 s."""

MAX_STEPS = 20
MIN_STEP_SECONDS = 1.0
MAX_STEP_SECONDS = 3 * 24 * _HOUR
MAX_RETRY_AFTER_SECONDS = 24 * _HOUR
JITTER = 0.1
WISH_JITTER_SECONDS = 2.0
"""A receiver that names a moment means it: those that wait for it come in the two seconds after."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_DATE_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"(mon|tue|wed|thu|fri|sat|sun), (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT",
        rf"(mon|tues|wednes|thurs|fri|satur|sun)day, "
        rf"(?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT",
        rf"(mon|tue|wed|thu|fri|sat|sun) {_MONTH} (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
    )
)


def steps(policy: str | Sequence[float]) -> tuple[float, ...]:
    """The delays of a named policy, or an endpoint's own 1 to 20 delays of 1 s to 3 days each.

    ValueError with a sentence for anything else.
    """
    if isinstance(policy, str):
        if policy not in RETRY_POLICIES:
            raise ValueError(f"a retry policy is one of {', '.join(RETRY_POLICIES)}, or own steps")
        return RETRY_POLICIES[policy]
    if not 1 <= len(policy) <= MAX_STEPS:
        raise ValueError(f"a retry policy has 1 to {MAX_STEPS} steps")
    for step in policy:
        if isinstance(step, bool) or not isinstance(step, int | float):
            raise ValueError("a step of a retry policy is a number of seconds")
        if not MIN_STEP_SECONDS <= step <= MAX_STEP_SECONDS:
            raise ValueError("a step of a retry policy takes 1 second to 3 days (259200)")
    return tuple(float(step) for step in policy)


def wait_before(
    attempt: int, steps: Sequence[float], roll: float, retry_after: float | None
) -> float | None:
    """Seconds to wait before the attempt of that number (from 1); None when there is none left.

    The first attempt does not wait. `roll` in [0, 1) lengthens the wait by up to 10 %; it never
    shortens it. A wish of the receiver (`parse_retry_after`) that is no shorter than the policy's
    wait wins: it is kept, at most `WISH_JITTER_SECONDS` late, and 24 h are the most it gets.
    """
    if attempt < 1:
        raise ValueError("attempts count from 1")
    if attempt == 1:
        return 0.0
    if attempt - 2 >= len(steps):
        return None
    step, roll = steps[attempt - 2], min(max(roll, 0.0), 1.0)
    if retry_after is not None and min(retry_after, MAX_RETRY_AFTER_SECONDS) >= step:
        return min(retry_after + WISH_JITTER_SECONDS * roll, MAX_RETRY_AFTER_SECONDS)
    return step * (1 + JITTER * roll)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `now` that a Retry-After header asks for (RFC 9110, 10.2.3).

    Whole seconds or any of the three forms of an HTTP date (5.6.7). A date that has passed
    gives 0; anything else gives None.
    """
    text = (value or "").strip(" \t")
    if text.isascii() and text.isdigit():
        return float(text[:300])
    for form in _DATE_FORMS:
        if found := form.fullmatch(text):
            moment = _moment(found, now)
            return None if moment is None else max(0.0, (moment - now).total_seconds())
    return None


def _moment(found: re.Match[str], now: datetime) -> datetime | None:
    second = int(found["second"])
    # A leap second is written :60, which datetime does not know.
    leap = timedelta(seconds=1 if second == 60 else 0)
    try:
        moment = datetime(
            _year(found["year"], now),
            _MONTHS.index(found["month"].lower()) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            second - leap.seconds,
            tzinfo=UTC,
        )
        return moment + leap
    except (ValueError, OverflowError):
        return None


def _year(text: str, now: datetime) -> int:
    """Two digits mean a year at most 50 years ahead (RFC 9110, 5.6.7)."""
    if len(text) == 4:
        return int(text)
    return now.year + 50 - (now.year + 50 - int(text)) % 100
