"""Which links are looked at next: those that are monitored and due, one of each host at a time.

What a worker has picked is its own for a while: if it dies, somebody else picks it then. Links that
were switched to monitoring, lead elsewhere or have another interval are found by each pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.links.drafts import USUAL_INTERVAL
from activities.outside import outside
from activities.rules.plans import ALIASES, PLANS, plan_of
from schema.assets import MONITORED
from schema.db import transaction

HELD_FOR = timedelta(seconds=75)
"""Longer than a look and its waits for turns can take."""

PUT_OFF_FOR = timedelta(seconds=20)
"""How long a link whose host is too busy is left alone."""

MOST_ENROLLED = 5000

# All statements are made of constants; only values come from outside.
_HOST = "lower(substring(l.destination_url from '^[^:]*://(?:[^/?#]*@)?([^/?#:]*|\\[[^]]*\\])'))"
_MINUTES = (
    "greatest(CAST(coalesce(l.health_check ->> 'intervalMinutes', :usual) AS integer), p.minutes)"
)
_WATCHED = (
    (f"{MONITORED} AND l.is_active AND l.ended_at IS NULL AND l.destination_url IS NOT NULL")
    .replace("(health_check", "(l.health_check")
    .replace("deleted_at IS", "l.deleted_at IS", 1)
)

_ENROL = f"""
INSERT INTO link_health (link_id, organization_id, url, host, every_minutes, state, failures,
  next_check_at)
SELECT l.id, l.organization_id, l.destination_url, coalesce({_HOST}, ''), {_MINUTES}, 'unknown', 0,
  CAST(:now AS timestamptz)
FROM link AS l JOIN organization AS o ON o.id = l.organization_id
JOIN unnest(CAST(:plans AS text[]), CAST(:minutes AS integer[])) AS p (plan, minutes)
  ON p.plan = o.plan
LEFT JOIN link_health AS h ON h.link_id = l.id
WHERE {_WATCHED} AND (h.link_id IS NULL OR h.next_check_at IS NULL OR h.url <> l.destination_url
  OR h.every_minutes <> {_MINUTES})
ORDER BY l.id LIMIT :most
ON CONFLICT (link_id) DO UPDATE SET url = excluded.url, host = excluded.host,
  every_minutes = excluded.every_minutes,
  state = CASE WHEN link_health.url = excluded.url THEN link_health.state ELSE 'unknown' END,
  failures = CASE WHEN link_health.url = excluded.url THEN link_health.failures ELSE 0 END,
  claim = CASE WHEN link_health.url = excluded.url THEN link_health.claim END,
  next_check_at = CASE WHEN link_health.url = excluded.url THEN coalesce(
    date_trunc('minute', link_health.checked_at)
      + excluded.every_minutes * interval '1 minute', excluded.next_check_at)
    ELSE excluded.next_check_at END
"""  # noqa: S608

_BEGIN = f"""
INSERT INTO link_health (link_id, organization_id, url, host, every_minutes, state, failures)
SELECT l.id, l.organization_id, coalesce(l.destination_url, ''), coalesce({_HOST}, ''), :minutes,
  'unknown', 0
FROM link AS l WHERE l.id = :link
ON CONFLICT (link_id) DO UPDATE SET url = excluded.url, host = excluded.host, state = 'unknown',
  failures = 0, claim = NULL, claimed_until = NULL WHERE link_health.url <> excluded.url
"""  # noqa: S608

_RETIRE = f"""
WITH over AS (
  SELECT h.link_id FROM link_health AS h WHERE h.next_check_at <= :now
  AND NOT EXISTS (SELECT FROM link AS l WHERE l.id = h.link_id AND {_WATCHED})
  ORDER BY h.link_id FOR UPDATE SKIP LOCKED
), retired AS (
  UPDATE link_health AS h SET next_check_at = NULL, claim = NULL, state = 'unknown', failures = 0
  FROM over WHERE h.link_id = over.link_id RETURNING h.link_id
)
UPDATE link SET health = 'unknown' FROM retired
WHERE link.id = retired.link_id AND link.health <> 'unknown'
"""  # noqa: S608

_FREE = "(h.claimed_until IS NULL OR h.claimed_until <= :moment)"

_PICK = f"""
WITH due AS (
  SELECT DISTINCT ON (h.host) h.link_id FROM link_health AS h
  WHERE h.next_check_at <= :now AND {_FREE} AND NOT EXISTS (
    SELECT FROM link_health AS busy WHERE busy.host = h.host AND busy.claim IS NOT NULL
    AND busy.claimed_until > :moment
  )
  ORDER BY h.host, h.next_check_at, h.link_id
), picked AS (
  SELECT h.link_id FROM link_health AS h JOIN due ON due.link_id = h.link_id
  WHERE h.next_check_at <= :now AND {_FREE}
  ORDER BY h.next_check_at, h.link_id LIMIT :most FOR UPDATE OF h SKIP LOCKED
)
UPDATE link_health AS h SET claim = gen_random_uuid(), claimed_until = :until
FROM picked WHERE h.link_id = picked.link_id RETURNING h.link_id, h.claim, h.url
"""  # noqa: S608

_PICK_ONE = f"""
UPDATE link_health AS h SET claim = gen_random_uuid(), claimed_until = :until
WHERE h.link_id = :link AND {_FREE} RETURNING h.link_id, h.claim, h.url
"""  # noqa: S608

_PUT_OFF = """
UPDATE link_health AS h SET claim = NULL, claimed_until = :until
WHERE h.link_id = :link AND h.claim = :claim
"""


@dataclass(frozen=True)
class Enrol:
    """Have every monitored link looked at from `now` on."""

    now: datetime


@dataclass(frozen=True)
class BeginToLook:
    """Let a link be looked at that may not be monitored; if it is, `every` so often."""

    link_id: UUID
    every: timedelta


@dataclass(frozen=True)
class PickDue:
    """Take at most `most` links that are due at `now`."""

    now: datetime
    most: int


@dataclass(frozen=True)
class PickOne:
    """Take one link, due or not."""

    link_id: UUID


@dataclass(frozen=True)
class Picked:
    """A link that is ours to look at, under a claim."""

    link_id: UUID
    claim: UUID
    url: str


@dataclass(frozen=True)
class PutOff:
    """Let go of a link that was not looked at."""

    picked: Picked


async def enrol(command: Enrol) -> None:
    """New ones are due at once; those whose interval changed when it says. Others end."""
    names = (*PLANS, *ALIASES)
    values = {
        "now": command.now,
        "plans": list(names),
        "minutes": [plan_of(name).health_minutes for name in names],
        "usual": str(USUAL_INTERVAL),
        "most": MOST_ENROLLED,
    }
    async with transaction() as session:
        await session.execute(text(_ENROL), values)
        await session.execute(text(_RETIRE), {"now": command.now})


async def begin_to_look(command: BeginToLook) -> None:
    """What is known of another destination of the link is forgotten."""
    values = {"link": command.link_id, "minutes": command.every // timedelta(minutes=1)}
    async with transaction() as session:
        await session.execute(text(_BEGIN), values)


async def pick_due(command: PickDue) -> tuple[Picked, ...]:
    """The longest due first, one of a host, none of a host that somebody looks at."""
    values = {"now": command.now, "most": command.most, **_moments()}
    async with transaction() as session:
        return _picked((await session.execute(text(_PICK), values)).all())


async def pick_one(command: PickOne) -> tuple[Picked, ...]:
    """The link; nothing while somebody else looks at it."""
    values = {"link": command.link_id, **_moments()}
    async with transaction() as session:
        return _picked((await session.execute(text(_PICK_ONE), values)).all())


async def put_off(command: PutOff) -> None:
    """It is due as before, and picked again in a while."""
    picked, until = command.picked, outside().clock.now() + PUT_OFF_FOR
    values = {"link": picked.link_id, "claim": picked.claim, "until": until}
    async with transaction() as session:
        await session.execute(text(_PUT_OFF), values)


def _moments() -> dict[str, Any]:
    moment = outside().clock.now()
    return {"moment": moment, "until": moment + HELD_FOR}


def _picked(rows: Sequence[Any]) -> tuple[Picked, ...]:
    return tuple(Picked(row.link_id, row.claim, row.url) for row in rows)
