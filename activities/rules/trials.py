"""When the end of a trial is recalled: some days before, the nearest only."""

from __future__ import annotations

from datetime import datetime

from activities.rules.expiry import warning_due

REMINDED_BEFORE_DAYS = (7, 3, 1)


def reminder_due(ends_at: datetime, now: datetime) -> int | None:
    """Which reminder is due now, by its days; None before the first one and from the end on."""
    return warning_due(ends_at, now, REMINDED_BEFORE_DAYS)


def reminder_key(ends_at: datetime, days: int) -> str:
    """Names the reminder: an end that is moved to another day is recalled anew."""
    return f"trial/{ends_at:%Y-%m-%d}/{days}"
