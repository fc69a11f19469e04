"""Warnings that a code ends soon: those that its organization wants, each once for each date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from temporalio import activity

from activities.expiry.walking import AT_ONCE, Place, Step, Walk, place_behind
from activities.notices.ends import TellOfEnds, tell_of_ends
from activities.outbox import EmitAll, emit_all
from activities.rules.expiry import DAY, WARNING_DAYS, days_left
from activities.rules.facts.codes import QrExpiryWarning
from schema.db import transaction

# As `activities.rules.expiry.warning_due`, where it can be asked of all of them at once.
_WARN = """
WITH due AS (
  SELECT c.id, c.organization_id, c.short_code, c.expires_at, w.days
  FROM qr_code AS c JOIN organization AS o ON o.id = c.organization_id
  CROSS JOIN LATERAL (
    SELECT min(days) AS days FROM unnest(o.expiry_warning_days) AS wanted (days)
    WHERE c.expires_at <= CAST(:now AS timestamptz) + days * interval '24 hours'
  ) AS w
  WHERE c.expires_at > :now AND c.expires_at <= :latest
  AND (c.expires_at, c.id) > (:after_at, :after_id)
  AND c.expires_at IS NOT NULL AND c.ended_at IS NULL AND c.is_active AND c.deleted_at IS NULL
  AND w.days IS NOT NULL AND NOT EXISTS (
    SELECT FROM expiry_notice AS n
    WHERE n.asset_id = c.id AND n.expires_at = c.expires_at AND n.days = w.days
  )
  ORDER BY c.expires_at, c.id LIMIT :most FOR NO KEY UPDATE OF c SKIP LOCKED
), noted AS (
  INSERT INTO expiry_notice (asset_id, expires_at, days, noted_at)
  SELECT id, expires_at, days, :now FROM due ON CONFLICT DO NOTHING RETURNING asset_id
)
SELECT due.*, id IN (SELECT asset_id FROM noted) AS is_new FROM due ORDER BY expires_at, id
"""


@dataclass(frozen=True)
class WarnOfEnds:
    """Warn of what ends soon, as it is at `now`; for `seconds` at most."""

    now: datetime
    seconds: float = 60.0


@dataclass(frozen=True)
class EndsWarnedOf:
    """How many warnings were given; `is_done` when none is left."""

    codes: int
    is_done: bool


@activity.defn
async def warn_of_ends(command: WarnOfEnds) -> EndsWarnedOf:
    """Tell `qr.expiry_warning` of each code for which one is due and was not given."""

    async def warn(place: Place) -> Step:
        return await _warn(place, command.now)

    return EndsWarnedOf(*await Walk(command.seconds).along(warn))


async def _warn(place: Place, now: datetime) -> Step:
    latest = now + max(WARNING_DAYS) * DAY
    values = {**place.values, "now": now, "latest": latest, "most": AT_ONCE}
    async with transaction() as session:
        rows: Sequence[Any] = (await session.execute(text(_WARN), values)).all()
        events = tuple(_warning(row, now) for row in rows if row.is_new)
        await emit_all(EmitAll(events))
        whose = tuple(event.organization_id for event in events)
        await tell_of_ends(TellOfEnds("codes_ending", "code", now, whose))
    return Step(len(events), place_behind(rows))


def _warning(row: Any, now: datetime) -> QrExpiryWarning:
    return QrExpiryWarning(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        short_code=row.short_code or "",
        expires_at=row.expires_at,
        days_left=days_left(row.expires_at, now),
    )
