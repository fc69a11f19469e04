"""Warnings that a code or link ends soon: those that its organization wants, each once for each
date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.expiry.walking import SLICE, Telling, Walk
from activities.rules.expiry import DAY, WARNING_DAYS, days_left
from activities.rules.facts.codes import QrExpiryWarning

# As `activities.rules.expiry.warning_due`, where it can be asked of all of them at once.
_WARN = """
WITH due AS (
  SELECT c.id, c.organization_id, c.{short}, e.expires_at, w.days
  FROM asset_end AS e JOIN {table} AS c ON c.id = e.asset_id
  JOIN organization AS o ON o.id = c.organization_id
  CROSS JOIN LATERAL (
    SELECT min(days) AS days FROM unnest(o.expiry_warning_days) AS wanted (days)
    WHERE e.expires_at <= CAST(:now AS timestamptz) + days * interval '24 hours'
  ) AS w
  WHERE e.asset_kind = '{kind}' AND e.expires_at > :now AND e.expires_at <= :latest
  AND (e.expires_at, e.asset_id) > (:after_at, :after_id)
  AND w.days IS NOT NULL AND NOT EXISTS (
    SELECT FROM expiry_notice AS n
    WHERE n.asset_id = e.asset_id AND n.expires_at = e.expires_at AND n.days = w.days
  )
  ORDER BY e.expires_at, e.asset_id LIMIT {most} FOR UPDATE OF e SKIP LOCKED
), noted AS (
  INSERT INTO expiry_notice (asset_id, expires_at, days, noted_at)
  SELECT id, expires_at, days, :now FROM due ON CONFLICT DO NOTHING RETURNING asset_id
)
SELECT due.*, id IN (SELECT asset_id FROM noted) AS is_new FROM due ORDER BY expires_at, id
"""

_WARN_OF_CODES = _WARN.format(most=SLICE, kind="qr", table="qr_code", short="short_code")
_WARN_OF_LINKS = _WARN.format(most=SLICE, kind="link", table="link", short="slug")


@dataclass(frozen=True)
class WarnOfEnds:
    """Warn of what ends soon, as it is at `now`; for `seconds` at most."""

    now: datetime
    seconds: float = 60.0


@dataclass(frozen=True)
class EndsWarnedOf:
    """How many warnings were given of each; `is_done` when none is left."""

    codes: int
    is_done: bool
    links: int = 0


@activity.defn
async def warn_of_ends(command: WarnOfEnds) -> EndsWarnedOf:
    """Warn of each code and link for which it is due and was not done.

    Of codes there is `qr.expiry_warning` too; of links only their people hear.
    """

    now, walk = command.now, Walk(command.seconds)
    values = {"now": now, "latest": now + max(WARNING_DAYS) * DAY}
    of_codes = Telling(_WARN_OF_CODES, values, _warning, "codes_ending", "code", now)
    of_links = Telling(_WARN_OF_LINKS, values, None, "links_ending", "link", now)
    codes, no_code = await walk.along(of_codes)
    links, no_link = await walk.along(of_links)
    return EndsWarnedOf(codes, no_code and no_link, links)


def _warning(row: Any, now: datetime) -> QrExpiryWarning:
    return QrExpiryWarning(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        short_code=row.short_code or "",
        expires_at=row.expires_at,
        days_left=days_left(row.expires_at, now),
    )
