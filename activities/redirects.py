"""A visit to a short code: where it leads, and that it is counted exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outbox import emit
from activities.outside import outside
from activities.rules import slugs
from activities.rules.errors import NotFound
from activities.rules.facts.codes import QrScanned
from activities.visitors import Visitor
from schema.db import transaction
from schema.tables import QrCodeRow, ScanRow


@dataclass(frozen=True)
class FollowCode:
    """A visit to `short_code`. HEAD and prefetches are answered alike and not recorded."""

    short_code: str
    visitor: Visitor


@dataclass(frozen=True)
class Destination:
    """Where the visit is sent."""

    url: str


async def follow_code(command: FollowCode) -> Destination:
    """The live destination; the scan, its count and its event are committed when this answers.

    A bot's visit is recorded as such, but neither counted nor announced. Raises `NotFound` for a
    code that is unknown, deleted or inactive.
    """
    visitor = command.visitor
    if not slugs.could_exist(command.short_code):
        raise NotFound("short code")
    query = select(QrCodeRow).where(
        QrCodeRow.short_code == command.short_code,
        QrCodeRow.is_active,
        col(QrCodeRow.deleted_at).is_(None),
    )
    async with transaction() as session:
        code = (await session.execute(query)).scalar_one_or_none()
        if code is None:
            raise NotFound("short code")
        if visitor.counts or visitor.is_bot:
            scan_id = await _record(session, code, visitor)
        if visitor.counts:
            await _count_and_announce(session, code, visitor, scan_id)
        return Destination(code.destination_url or "")


async def _record(session: AsyncSession, code: QrCodeRow, visitor: Visitor) -> UUID:
    scan = ScanRow(
        created_at=outside().clock.now(),
        organization_id=code.organization_id,
        asset_id=code.id,
        asset_kind="qr",
        country=visitor.country,
        device=visitor.device,
        os=visitor.os,
        browser=visitor.browser,
        language=visitor.language,
        referrer_domain=visitor.referrer_domain,
        is_bot=visitor.is_bot,
    )
    session.add(scan)
    await session.flush()
    return scan.id


async def _count_and_announce(
    session: AsyncSession, code: QrCodeRow, visitor: Visitor, scan_id: UUID
) -> None:
    now = outside().clock.now()
    await emit(
        QrScanned(
            organization_id=code.organization_id,
            asset_id=code.id,
            occurred_at=now,
            scan_id=scan_id,
            short_code=code.short_code or "",
            destination_url=code.destination_url or "",
            country=visitor.country,
            device=visitor.device,
            os=visitor.os,
            browser=visitor.browser,
            language=visitor.language,
            referrer_domain=visitor.referrer_domain,
        )
    )
    # Last, because it locks the row of the code: visits to a hot code wait here for each other.
    count = (
        update(QrCodeRow)
        .where(col(QrCodeRow.id) == code.id)
        .values(scan_count=QrCodeRow.scan_count + 1, last_scanned_at=now)
    )
    await session.execute(count, execution_options={"synchronize_session": False})
