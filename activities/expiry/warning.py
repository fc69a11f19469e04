"""Warnings that a code ends soon: those that its organization wants, each once for each date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.expiry.walking import SLICE, Telling, Walk
from activities.rules.expiry import DAY, WARNING_DAYS, days_left
from activities.rules.facts.codes import QrExpiryWarning

# As `activities.rules.expiry.warning_due`, where it can be asked of all of them at once.
_WARN = f"""
WITH due AS (
  SELECT c.id, c.organization_id, c.short_code, e.expires_at, w.days
  FROM asset_end AS e JOIN qr_code AS c ON c.id = e.asset_id
  JOIN organization AS o ON o.id = c.organization_id
  CROSS JOIN LATERAL (
    SELECT min(days) AS days FROM unnest(o.expiry_warning_days) AS wanted (days)
    WHERE e.expires_at <= CAST(:now AS timestamptz) + days * interval '24 hours'
  ) AS w
  WHERE e.asset_kind = 'qr' AND e.expires_at > :now AND e.expires_at <= :latest
  AND (e.expires_at, e.asset_id) > (:after_at, :after_id)
  AND w.days IS NOT NULL AND NOT EXISTS (
    SELECT FROM expiry_notice AS n
    WHERE n.asset_id = e.asset_id AND n.expires_at = e.expires_at AND n.days = w.days
  )
  ORDER BY e.expires_at, e.asset_id LIMIT {SLICE} FOR UPDATE OF e SKIP LOCKED
), noted AS (
  INSERT INTO expiry_notice (asset_id, expires_at, days, noted_at)
  SELECT id, expires_at, days, :now FROM due ON CONFLICT DO NOTHING RETURNING asset_id
)
SELECT due.*, id IN (SELECT asset_id FROM noted) AS is_new FROM due ORDER BY expires_at, id
"""  # noqa: S608 - made of constants


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

    now = command.now
    values = {"now": now, "latest": now + max(WARNING_DAYS) * DAY}
    telling = Telling(_WARN, values, _warning, "codes_ending", "code", now)
    return EndsWarnedOf(*await Walk(command.seconds).along(telling))


def _warning(row: Any, now: datetime) -> QrExpiryWarning:
    return QrExpiryWarning(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        short_code=row.short_code or "",
        expires_at=row.expires_at,
        days_left=days_left(row.expires_at, now),
    )
