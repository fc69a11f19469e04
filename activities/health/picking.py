"""Which destinations are looked at next: those that are monitored and due, one of a host at a time.

What a worker has picked is its own for a while: if it dies, somebody else picks it then. Links and
codes that were switched to monitoring, lead elsewhere or have another interval are found by each
pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.health.showing import ShowHealth, show_health
from activities.health.watched import OF_ASSETS, WATCHED
from activities.outside import outside
from activities.rules.health import USUAL_INTERVAL
from activities.rules.plans import ALIASES, PLANS, plan_of
from schema.db import transaction

HELD_FOR = timedelta(seconds=75)
"""Longer than a look and its waits for turns can take."""

PUT_OFF_FOR = timedelta(seconds=20)
"""How long a destination whose host is too busy is left alone."""

MOST_ENROLLED = 5000

# All statements are made of constants; only values come from outside.
_HOST = "lower(substring(d.url from '^[^:]*://(?:[^/?#]*@)?([^/?#:]*|\\[[^]]*\\])'))"
_MINUTES = (
    "greatest(CAST(coalesce(d.health_check ->> 'intervalMinutes', :usual) AS integer), p.minutes)"
)
_COLUMNS = "asset_kind, asset_id, url_hash, organization_id, url, host, every_minutes"
_VALUES = f"d.kind, d.id, md5(d.url)::uuid, d.organization_id, d.url, coalesce({_HOST}, '')"

_ENROL = f"""
INSERT INTO link_health ({_COLUMNS}, state, failures, next_check_at)
SELECT {_VALUES}, {_MINUTES}, 'unknown', 0, CAST(:now AS timestamptz)
FROM {WATCHED} AS d JOIN organization AS o ON o.id = d.organization_id
JOIN unnest(CAST(:plans AS text[]), CAST(:minutes AS integer[])) AS p (plan, minutes)
  ON p.plan = o.plan
LEFT JOIN link_health AS h ON h.asset_id = d.id AND h.url_hash = md5(d.url)::uuid
WHERE h.asset_id IS NULL OR h.next_check_at IS NULL OR h.every_minutes <> {_MINUTES}
ORDER BY d.id, 3 LIMIT :most
ON CONFLICT (asset_id, url_hash) DO UPDATE SET every_minutes = excluded.every_minutes,
  next_check_at = coalesce(date_trunc('minute', link_health.checked_at)
    + excluded.every_minutes * interval '1 minute', excluded.next_check_at)
"""  # noqa: S608

_BEGIN = f"""
INSERT INTO link_health ({_COLUMNS}, state, failures)
SELECT {_VALUES}, :minutes, 'unknown', 0 FROM {OF_ASSETS} AS d
ORDER BY d.id, 3 ON CONFLICT (asset_id, url_hash) DO NOTHING
"""  # noqa: S608

_FORGET = f"""
DELETE FROM link_health AS h WHERE h.asset_id = ANY (:assets)
AND NOT EXISTS (SELECT FROM {OF_ASSETS} AS d WHERE d.id = h.asset_id AND d.url = h.url)
"""  # noqa: S608

_RETIRE = f"""
WITH over AS (
  SELECT h.asset_id, h.url_hash FROM link_health AS h WHERE h.next_check_at <= :now
  AND NOT EXISTS (SELECT FROM {WATCHED} AS d WHERE d.id = h.asset_id AND d.url = h.url)
  ORDER BY h.asset_id, h.url_hash FOR UPDATE SKIP LOCKED
)
DELETE FROM link_health AS h USING over
WHERE h.asset_id = over.asset_id AND h.url_hash = over.url_hash RETURNING h.asset_id
"""  # noqa: S608

_STOP = """
DELETE FROM link_health AS h USING (
  SELECT asset_id, url_hash FROM link_health WHERE asset_id = :asset
  ORDER BY asset_id, url_hash FOR UPDATE SKIP LOCKED
) AS known WHERE h.asset_id = known.asset_id AND h.url_hash = known.url_hash
"""
"""Who writes a look down holds it and waits for the asset, which we hold."""

_FREE = "(h.claimed_until IS NULL OR h.claimed_until <= :moment)"
_TAKEN = "h.asset_kind, h.asset_id, h.url_hash, h.claim, h.url"

_PICK = f"""
WITH due AS (
  SELECT DISTINCT ON (h.host) h.asset_id, h.url_hash FROM link_health AS h
  WHERE h.next_check_at <= :now AND {_FREE} AND NOT EXISTS (
    SELECT FROM link_health AS busy WHERE busy.host = h.host AND busy.claim IS NOT NULL
    AND busy.claimed_until > :moment
  )
  ORDER BY h.host, h.next_check_at, h.asset_id, h.url_hash
), picked AS (
  SELECT h.asset_id, h.url_hash FROM link_health AS h
  JOIN due ON due.asset_id = h.asset_id AND due.url_hash = h.url_hash
  WHERE h.next_check_at <= :now AND {_FREE}
  ORDER BY h.next_check_at, h.asset_id, h.url_hash LIMIT :most FOR UPDATE OF h SKIP LOCKED
)
UPDATE link_health AS h SET claim = gen_random_uuid(), claimed_until = :until
FROM picked WHERE h.asset_id = picked.asset_id AND h.url_hash = picked.url_hash RETURNING {_TAKEN}
"""  # noqa: S608

_PICK_OF_ONE = f"""
UPDATE link_health AS h SET claim = gen_random_uuid(), claimed_until = :until
WHERE h.asset_id = :asset AND h.url_hash <> ALL (:besides) AND {_FREE} RETURNING {_TAKEN}
"""  # noqa: S608

_LEFT = """
SELECT count(*) FROM link_health WHERE asset_id = :asset AND url_hash <> ALL (:besides)
"""

_PUT_OFF = """
UPDATE link_health AS h SET claim = NULL, claimed_until = :until
WHERE h.asset_id = :asset AND h.url_hash = :hash AND h.claim = :claim
"""


@dataclass(frozen=True)
class Enrol:
    """Have what every monitored link and code leads to looked at from `now` on."""

    now: datetime


@dataclass(frozen=True)
class BeginToLook:
    """Let a link or code be looked at that may not be monitored; if it is, `every` so often."""

    asset_id: UUID
    every: timedelta


@dataclass(frozen=True)
class StopLooking:
    """A link or code is monitored no more."""

    asset_id: UUID


@dataclass(frozen=True)
class PickDue:
    """Take at most `most` destinations that are due at `now`."""

    now: datetime
    most: int


@dataclass(frozen=True)
class PickOfOne:
    """Take the destinations of one link or code, due or not, `besides` those that were looked at.

    These are told by their hashes.
    """

    asset_id: UUID
    besides: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Picked:
    """A destination that is ours to look at, under a claim."""

    asset_kind: str
    asset_id: UUID
    url_hash: UUID
    claim: UUID
    url: str


@dataclass(frozen=True)
class Taken:
    """What is ours now, and whether others have more of the same."""

    picked: tuple[Picked, ...]
    is_all: bool


@dataclass(frozen=True)
class PutOff:
    """Let go of a destination that was not looked at."""

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
        gone = (await session.execute(text(_RETIRE), {"now": command.now})).scalars().all()
        if gone:
            await show_health(ShowHealth(frozenset(gone)))


async def begin_to_look(command: BeginToLook) -> None:
    """What is known of other destinations of it is forgotten."""
    asset = {"assets": [command.asset_id]}
    minutes = command.every // timedelta(minutes=1)
    async with transaction() as session:
        await session.execute(text(_FORGET), asset)
        await session.execute(text(_BEGIN), {**asset, "minutes": minutes})


async def stop_looking(command: StopLooking) -> None:
    """Forget in the open transaction how its destinations are; the history of looks stays.

    What is being written down at this moment is left for the next pass.
    """
    async with transaction() as session:
        await session.execute(text(_STOP), {"asset": command.asset_id})


async def pick_due(command: PickDue) -> tuple[Picked, ...]:
    """The longest due first, one of a host, none of a host that somebody looks at."""
    values = {"now": command.now, "most": command.most, **_moments()}
    async with transaction() as session:
        return _picked((await session.execute(text(_PICK), values)).all())


async def pick_of_one(command: PickOfOne) -> Taken:
    """Its destinations, without those that somebody else looks at."""
    values = {"asset": command.asset_id, "besides": list(command.besides)}
    async with transaction() as session:
        picked = _picked((await session.execute(text(_PICK_OF_ONE), values | _moments())).all())
        left = await session.scalar(text(_LEFT), values)
    return Taken(picked, len(picked) == left)


async def put_off(command: PutOff) -> None:
    """It is due as before, and picked again in a while."""
    picked, until = command.picked, outside().clock.now() + PUT_OFF_FOR
    values = {
        "asset": picked.asset_id,
        "hash": picked.url_hash,
        "claim": picked.claim,
        "until": until,
    }
    async with transaction() as session:
        await session.execute(text(_PUT_OFF), values)


def _moments() -> dict[str, Any]:
    moment = outside().clock.now()
    return {"moment": moment, "until": moment + HELD_FOR}


def _picked(rows: Sequence[Any]) -> tuple[Picked, ...]:
    return tuple(Picked(*row) for row in rows)
