"""When the end of a code or link is announced: some days before, and when its time is over."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from activities.rules.errors import InvalidFields

WARNING_DAYS = (7, 1)
"""How many days before the end there can be a warning; an organization chooses among them."""

THE_END = 0
"""Stands for the end itself where warnings are named by their days."""

DAY = timedelta(hours=24)


def warning_due(expires_at: datetime, now: datetime, wanted: Iterable[int]) -> int | None:
    """Which warning is due now, by its days; None before the first one and from the end on.

    The nearest only: what ends within a day is not warned of by the week.
    """
    if expires_at <= now:
        return None
    return min((days for days in wanted if expires_at <= now + days * DAY), default=None)


def days_left(expires_at: datetime, now: datetime) -> int:
    """Days until the end, a begun one counted as whole."""
    return max(0, math.ceil((expires_at - now) / DAY))


def normalised_warning_days(given: Iterable[int]) -> tuple[int, ...]:
    """The chosen warnings, the earliest first and each once.

    Raises `InvalidFields` (`expiry_warning_days`) for days on which there is none.
    """
    chosen = set(given)
    if not chosen <= set(WARNING_DAYS):
        told = f"Choose among {' and '.join(map(str, WARNING_DAYS))}, or none of them."
        raise InvalidFields({"expiry_warning_days": [told]})
    return tuple(sorted(chosen, reverse=True))
