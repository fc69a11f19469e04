"""Who asks how often: token buckets in PostgreSQL, shared by all processes.

A check is one statement and no transaction. When the table cannot be reached, calls are let through
and that is logged: a limit protects the platform, it must not take it down.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import structlog

from activities.gateways.clock import Clock
from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.errors import RateLimited
from activities.rules.throttles import Standing, Throttle, refusal, standing
from schema.db import DatabaseAway, at_once

PAUSE = timedelta(seconds=1)
"""After a failed check none is tried for this long, so that no request waits for it."""

_TAKE = """
WITH taken AS (
  INSERT INTO rate_bucket AS bucket (name, full_at) VALUES (%(name)s, %(now)s + %(step)s)
  ON CONFLICT (name) DO UPDATE SET full_at = greatest(bucket.full_at, %(now)s) + %(step)s
  WHERE greatest(bucket.full_at, %(now)s) + %(step)s <= %(now)s + %(span)s
  RETURNING full_at
)
SELECT (SELECT full_at FROM taken), (SELECT full_at FROM rate_bucket WHERE name = %(name)s)
"""

_TAKE_AND_COUNT = """
WITH taken AS (
  INSERT INTO rate_bucket AS bucket (name, full_at) VALUES (%(name)s, %(now)s + %(step)s)
  ON CONFLICT (name) DO UPDATE SET full_at = greatest(bucket.full_at, %(now)s) + %(step)s
  WHERE greatest(bucket.full_at, %(now)s) + %(step)s <= %(now)s + %(span)s
  RETURNING full_at
), counted AS (
  INSERT INTO api_key_usage AS usage (key_id, day, calls)
  SELECT %(key)s, %(day)s, 1 FROM taken WHERE %(cap)s::int IS NULL OR %(cap)s::int > 0
  ON CONFLICT (key_id, day) DO UPDATE SET calls = usage.calls + 1
  WHERE %(cap)s::int IS NULL OR usage.calls < %(cap)s::int
  RETURNING calls
)
SELECT (SELECT full_at FROM taken), (SELECT full_at FROM rate_bucket WHERE name = %(name)s),
  (SELECT calls FROM counted)
"""

log = structlog.get_logger("inkloom.meters")


@dataclass(frozen=True)
class Take:
    """One call against a named throttle by `who`: a network or mail address, which is hashed."""

    throttle: Throttle
    who: str


@dataclass(frozen=True)
class Meter:
    """One call of an actor against its own limits; a key's call is counted for its day.

    A person has one bucket, however many sign-ins.
    """

    actor: Actor


async def take(command: Take) -> Standing | None:
    """Where the caller stands now. Raises `RateLimited`; None when the table cannot be reached."""
    key = outside().vault.derive("rate buckets")
    who = hmac.new(key, command.who.encode(), hashlib.sha256).hexdigest()[:32]
    name = f"{command.throttle.name}:{who}"
    now = outside().clock.now().timestamp()
    rows = await _ask(_TAKE, _bucket(name, command.throttle, now))
    return _judge(command.throttle, now, *rows[:2]) if rows else None


async def meter(command: Meter) -> Standing | None:
    """Take one call from the actor's bucket and day. Raises `RateLimited`; None as above."""
    actor, moment = command.actor, outside().clock.now()
    now = moment.timestamp()
    if actor.kind != "key":
        return await take(Take(actor.throttle, str(actor.user_id or actor.credential_id)))
    values = _bucket(f"key:{actor.credential_id.hex}", actor.throttle, now)
    day = moment.astimezone(UTC).date()
    values |= {"key": actor.credential_id, "day": day, "cap": actor.daily_cap}
    rows = await _ask(_TAKE_AND_COUNT, values)
    if not rows:
        return None
    taken, before, calls = rows
    now_standing = _judge(actor.throttle, now, taken, before)
    return _judge_day(now_standing, actor.daily_cap, calls, moment)


def _bucket(name: str, throttle: Throttle, now: float) -> dict[str, Any]:
    return {"name": name, "now": now, "step": throttle.step, "span": throttle.span}


def _judge(throttle: Throttle, now: float, taken: float | None, before: float | None) -> Standing:
    if taken is not None:
        return standing(throttle, taken, now)
    # A bucket that another call made at this moment is not seen yet, and it is not known how full.
    raise RateLimited(refusal(throttle, before if before is not None else now, now))


def _judge_day(now: Standing, cap: int | None, calls: int | None, moment: datetime) -> Standing:
    if cap is None:
        return now
    if calls is not None:
        return replace(now, daily_limit=cap, daily_remaining=max(0, cap - calls))
    today = moment.astimezone(UTC)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    wait = max(1, ceil((midnight - today).total_seconds()))
    raise RateLimited(replace(now, retry_after=wait, daily_limit=cap, daily_remaining=0))


class _Breaker:
    """Remembers that the table could not be reached, so that not every call finds out again."""

    open_until: datetime | None = None
    by: Clock | None = None


async def _ask(statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    """The one row of the answer; empty while the table cannot be reached."""
    clock = outside().clock
    if _Breaker.by is not clock:
        _Breaker.by, _Breaker.open_until = clock, None
    now = clock.now()
    if _Breaker.open_until is not None and now < _Breaker.open_until:
        return ()
    try:
        (row,) = await at_once(statement, values)
    except DatabaseAway as fault:
        if _Breaker.open_until is None:
            log.warning("rate limits are off: the table cannot be reached", reason=str(fault))
        _Breaker.open_until = now + PAUSE
        return ()
    if _Breaker.open_until is not None:
        log.info("rate limits are on again")
        _Breaker.open_until = None
    return row
