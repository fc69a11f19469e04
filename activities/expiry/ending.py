"""Codes and links past their end, each announced once.

They are not active from that second on (`activities.rules.lifecycle`, `ShortAssetRow.is_on`), until
their date is changed: nothing waits for this, and nothing that visits are led by is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.expiry.walking import SLICE, Telling, Walk
from activities.outside import outside
from activities.rules.events import Event
from activities.rules.expiry import THE_END
from activities.rules.facts.codes import QrExpired
from activities.rules.facts.links import LinkUpdated

_END = """
WITH due AS (
  SELECT asset_id FROM asset_end WHERE asset_kind = '{kind}' AND expires_at <= :now
  AND (expires_at, asset_id) > (:after_at, :after_id)
  ORDER BY expires_at, asset_id LIMIT {most} FOR UPDATE SKIP LOCKED
), ended AS (
  DELETE FROM asset_end AS e USING due WHERE e.asset_id = due.asset_id
  RETURNING e.asset_id, e.expires_at
), noted AS (
  INSERT INTO expiry_notice (asset_id, expires_at, days, noted_at)
  SELECT asset_id, expires_at, :the_end, :now FROM ended ON CONFLICT DO NOTHING RETURNING asset_id
)
SELECT a.id, a.organization_id, e.expires_at, a.id IN (SELECT asset_id FROM noted) AS is_new, {told}
FROM ended AS e JOIN {table} AS a ON a.id = e.asset_id {more} ORDER BY e.expires_at, a.id
"""

_END_CODES = _END.format(most=SLICE, kind="qr", table="qr_code", told="a.short_code", more="")
_END_LINKS = _END.format(
    most=SLICE,
    kind="link",
    table="link",
    told="a.workspace_id, a.slug, a.name, a.destination_url, d.hostname",
    more="LEFT JOIN domain AS d ON d.id = a.domain_id",
)


@dataclass(frozen=True)
class EndAssets:
    """Tell of what is over at `now`, for `seconds` at most."""

    now: datetime
    seconds: float = 60.0


@dataclass(frozen=True)
class AssetsEnded:
    """How many codes and links were announced; `is_done` when none is left."""

    codes: int
    links: int
    is_done: bool


@activity.defn
async def end_assets(command: EndAssets) -> AssetsEnded:
    """Codes tell `qr.expired`, links `link.updated`; an end that was told before is told no more.

    Whoever does it again, or at the same time, tells the rest.
    """

    now, walk = command.now, Walk(command.seconds)
    values = {"now": now, "the_end": THE_END}
    of_codes = Telling(_END_CODES, values, _code_ended, "assets_ended", "code", now)
    of_links = Telling(_END_LINKS, values, _link_ended, "assets_ended", "link", now)
    codes, no_code = await walk.along(of_codes)
    links, no_link = await walk.along(of_links)
    return AssetsEnded(codes, links, no_code and no_link)


def _code_ended(row: Any, now: datetime) -> Event:
    return QrExpired(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        short_code=row.short_code or "",
        expired_at=row.expires_at,
    )


def _link_ended(row: Any, now: datetime) -> Event:
    return LinkUpdated(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        workspace_id=row.workspace_id,
        slug=row.slug,
        domain=row.hostname,
        short_url=outside().link_url(row.slug, row.hostname),
        name=row.name,
        destination_url=row.destination_url or "",
        is_active=False,
        changes=("isActive",),
    )
