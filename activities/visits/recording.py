"""Visits written down: the scan, the count of the asset, and the event, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Update, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from activities.outbox import emit
from activities.outside import outside
from activities.rules.facts.codes import QrScanLimitReached, QrScanned
from activities.rules.facts.links import LinkClicked
from activities.visitors import Visitor
from activities.visits.targets import Asset
from schema.db import transaction
from schema.tables import LinkRow, QrCodeRow, ScanRow


@dataclass(frozen=True)
class RecordVisit:
    """A visit that found `asset` live, and where it is led by which variant or rule.

    `destination_url` is as the owner wrote it: nothing of the visitor's query string is kept.
    """

    asset: Asset
    visitor: Visitor
    destination_url: str
    variant: str | None = None
    rule: str | None = None


async def record_visit(command: RecordVisit) -> bool:
    """Write it down; whether the limit let it through. Nothing is written when it did not.

    Of many at once exactly as many as the limit has left pass. A bot's visit is recorded as such,
    but neither counted nor announced; HEAD and prefetches leave no trace. A scan of a code that is
    tied to a link counts for the code alone: one visit, one asset.
    """
    asset, visitor = command.asset, command.visitor
    if not visitor.counts and not visitor.is_bot:
        return True
    now = outside().clock.now()
    is_limited = asset.lifecycle.limit is not None
    async with transaction() as session:
        used_up = False
        if visitor.counts and is_limited:
            counted = (await session.execute(_within_limit(asset, now))).first()
            if counted is None:
                return False
            used_up = counted[0] == counted[1]
        scan_id = await _write(session, command, now)
        if visitor.counts:
            await _announce(command, scan_id, now, used_up=used_up)
        if visitor.counts and not is_limited:
            # Last, as it locks the row: visits to a hot code wait here for each other.
            await session.execute(_one_more(asset, now))
    return True


async def _write(session: AsyncSession, command: RecordVisit, now: datetime) -> UUID:
    asset, visitor = command.asset, command.visitor
    scan = ScanRow(
        created_at=now,
        organization_id=asset.organization_id,
        asset_id=asset.id,
        asset_kind=asset.kind,
        variant=command.variant,
        rule=command.rule,
        region=visitor.region,
        is_bot=visitor.is_bot,
        **visitor.told,
    )
    session.add(scan)
    await session.flush()
    return scan.id


async def _announce(command: RecordVisit, scan_id: UUID, now: datetime, *, used_up: bool) -> None:
    asset, limit = command.asset, command.asset.lifecycle.limit
    told: dict[str, Any] = {
        "organization_id": asset.organization_id,
        "asset_id": asset.id,
        "occurred_at": now,
        "destination_url": command.destination_url,
        "variant": command.variant,
        "rule": command.rule,
        **command.visitor.told,
    }
    if asset.kind == "link":
        clicked = LinkClicked(**told, click_id=scan_id, slug=asset.slug, domain=asset.hostname)
        await emit(clicked)
        return
    await emit(QrScanned(**told, scan_id=scan_id, short_code=asset.slug))
    if used_up and limit is not None:
        reached = QrScanLimitReached(
            asset.organization_id, asset.id, now, short_code=asset.slug, scan_limit=limit
        )
        await emit(reached)


def _one_more(asset: Asset, now: datetime) -> Update:
    if asset.kind == "qr":
        codes = update(QrCodeRow).where(col(QrCodeRow.id) == asset.id)
        counted = codes.values(scan_count=QrCodeRow.scan_count + 1, last_scanned_at=now)
    else:
        links = update(LinkRow).where(col(LinkRow.id) == asset.id)
        counted = links.values(click_count=LinkRow.click_count + 1, last_clicked_at=now)
    return counted.execution_options(synchronize_session=False)


def _within_limit(asset: Asset, now: datetime) -> Any:
    """One more, unless that is one too many; answers the new count and the limit."""
    table = QrCodeRow if asset.kind == "qr" else LinkRow
    count = col(QrCodeRow.scan_count) if asset.kind == "qr" else col(LinkRow.click_count)
    limit = col(table.visit_limit)
    has_room = limit.is_(None) | (count < limit)
    return _one_more(asset, now).where(has_room).returning(count, limit)
