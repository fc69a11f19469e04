"""When a code or link is live. Archived and deleted ones are told apart before this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from activities.rules import destinations
from activities.rules.errors import InvalidFields

LARGEST_LIMIT = 1_000_000_000

State = Literal["live", "inactive", "not_started", "expired", "used_up"]


@dataclass(frozen=True)
class Lifecycle:
    """What decides it. `limit` is of scans or clicks, `used` how many were counted.

    `expired_url` is where a visit is sent that comes too late, or past the limit.
    """

    is_active: bool = True
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    limit: int | None = None
    used: int = 0
    expired_url: str | None = None


def state_at(lifecycle: Lifecycle, now: datetime) -> State:
    """The state at that moment; of several reasons the first in the order of `State`.

    It starts at `starts_at` itself and is over at `expires_at` itself. After `limit` counted
    visits the next one finds it used up.
    """
    if not lifecycle.is_active:
        return "inactive"
    if lifecycle.starts_at is not None and now < lifecycle.starts_at:
        return "not_started"
    if lifecycle.expires_at is not None and now >= lifecycle.expires_at:
        return "expired"
    if lifecycle.limit is not None and lifecycle.used >= lifecycle.limit:
        return "used_up"
    return "live"


def must_be_sound(
    starts_at: datetime | None,
    expires_at: datetime | None,
    limit: int | None,
    expired_url: str | None,
    *,
    limit_field: str = "scan_limit",
) -> None:
    """Raise `InvalidFields` with every field that is wrong; None is always fine.

    A limit below what was counted already is fine too, and an end in the past: both end it now.
    """
    wrong = {
        "starts_at": _wrong_moment(starts_at),
        "expires_at": _wrong_moment(expires_at) or _wrong_end(starts_at, expires_at),
        limit_field: _wrong_limit(limit),
        "expired_url": None if expired_url is None else destinations.refusal(expired_url),
    }
    told = {name: [sentence] for name, sentence in wrong.items() if sentence}
    if told:
        raise InvalidFields(told)


def _wrong_moment(moment: datetime | None) -> str | None:
    if moment is None or moment.tzinfo is not None:
        return None
    return "Give the time with its offset from UTC, for example 2030-01-31T12:00:00Z."


def _wrong_end(starts_at: datetime | None, expires_at: datetime | None) -> str | None:
    if starts_at is None or expires_at is None or starts_at.tzinfo is None:
        return None
    return None if starts_at < expires_at else "Give a time after the start."


def _wrong_limit(limit: int | None) -> str | None:
    if limit is None or 1 <= limit <= LARGEST_LIMIT:
        return None
    return f"Give a number from 1 to {LARGEST_LIMIT}."
