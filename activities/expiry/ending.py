"""Codes and links past their end: deactivated until their date is changed, each announced once.

Where a visit goes is decided by its own moment (`activities.rules.lifecycle`): it does not wait for
this, and nothing that visits are led by is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from temporalio import activity

from activities.expiry.walking import AT_ONCE, Place, Step, Walk, place_behind
from activities.notices.ends import TellOfEnds, tell_of_ends
from activities.outbox import EmitAll, emit_all
from activities.outside import outside
from activities.rules.events import Event
from activities.rules.expiry import THE_END
from activities.rules.facts.codes import QrExpired
from activities.rules.facts.links import LinkUpdated
from schema.db import transaction

_END = """
WITH due AS (
  SELECT id FROM {table} WHERE expires_at <= :now AND (expires_at, id) > (:after_at, :after_id)
  AND expires_at IS NOT NULL AND ended_at IS NULL AND is_active AND deleted_at IS NULL
  ORDER BY expires_at, id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
), ended AS (
  UPDATE {table} AS a SET ended_at = :now FROM due WHERE a.id = due.id RETURNING a.*
), noted AS (
  INSERT INTO expiry_notice (asset_id, expires_at, days, noted_at)
  SELECT id, expires_at, :the_end, :now FROM ended ON CONFLICT DO NOTHING RETURNING asset_id
)
SELECT a.id, a.organization_id, a.expires_at, a.id IN (SELECT asset_id FROM noted) AS is_new, {told}
FROM ended AS a {more} ORDER BY a.expires_at, a.id
"""

_END_CODES = _END.format(table="qr_code", told="a.short_code", more="")
_END_LINKS = _END.format(
    table="link",
    told="a.workspace_id, a.slug, a.name, a.destination_url, d.hostname",
    more="LEFT JOIN domain AS d ON d.id = a.domain_id",
)


@dataclass(frozen=True)
class EndAssets:
    """Deactivate what is over at `now`, for `seconds` at most."""

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

    async def end_codes(place: Place) -> Step:
        return await _end(_Ends(_END_CODES, "code", _code_ended), place, command.now)

    async def end_links(place: Place) -> Step:
        return await _end(_Ends(_END_LINKS, "link", _link_ended), place, command.now)

    walk = Walk(command.seconds)
    codes, no_code = await walk.along(end_codes)
    links, no_link = await walk.along(end_links)
    return AssetsEnded(codes, links, no_code and no_link)


@dataclass(frozen=True)
class _Ends:
    """How one sort of assets ends: by which statement, and how each is told of."""

    statement: str
    noun: Literal["code", "link"]
    event: Callable[[Any, datetime], Event]


async def _end(ends: _Ends, place: Place, now: datetime) -> Step:
    values = {**place.values, "now": now, "most": AT_ONCE, "the_end": THE_END}
    async with transaction() as session:
        rows: Sequence[Any] = (await session.execute(text(ends.statement), values)).all()
        events = tuple(ends.event(row, now) for row in rows if row.is_new)
        await emit_all(EmitAll(events))
        whose = tuple(event.organization_id for event in events)
        await tell_of_ends(TellOfEnds("assets_ended", ends.noun, now, whose))
    return Step(len(events), place_behind(rows))


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
