"""QR codes read: one, a page of them, their totals, where one led before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as counted
from sqlmodel import col

from activities.outside import outside
from activities.permits import needs
from activities.qr_codes.finding import the_code, there
from activities.qr_codes.surroundings import around, read_surroundings
from activities.qr_codes.views import QrCodeView, view_of
from activities.rules.actors import Actor
from activities.rules.listings import Listing
from activities.rules.paging import Page, PageRequest
from activities.shelf.history import ChangeView, ListChanges, list_changes
from activities.shelf.listing import AssetList, is_going_on
from activities.shelf.visible import visible
from activities.statistics.pending import pending_visits
from schema.db import transaction
from schema.tables import QrCodeRow


@dataclass(frozen=True)
class ReadQrCode:
    """One code of the actor's organization, by `short_code` or by `id`.

    With `dynamic_only` there are no others.
    """

    by: Actor
    short_code: str | None = None
    id: UUID | None = None
    dynamic_only: bool = False


@dataclass(frozen=True)
class ListQrCodes:
    """Codes of the actor's organization. `dynamic_only` leaves out those that cannot change."""

    by: Actor
    listing: Listing
    dynamic_only: bool = False


@dataclass(frozen=True)
class SummarizeQrCodes:
    """Totals over the codes of the actor's organization."""

    by: Actor


@dataclass(frozen=True)
class QrCodeSummary:
    """How many codes there are, how many of them active, and all their scans.

    The last two are codes whose destinations are looked at, and that lead where it fails.
    """

    total: int
    active: int
    scan_count: int
    health_monitored: int
    health_failing: int


@dataclass(frozen=True)
class ListQrChanges:
    """Where one code led before."""

    by: Actor
    id: UUID
    page: PageRequest


@needs("assets.read")
async def read_qr_code(command: ReadQrCode) -> QrCodeView:
    """One code; `NotFound` when there is none, it is deleted, or it is another tenant's."""
    query = the_code(
        command.by,
        id=command.id,
        short_code=command.short_code,
        dynamic_only=command.dynamic_only,
    )
    async with transaction() as session:
        row = there((await session.execute(query)).scalar_one_or_none())
        return view_of(row, await read_surroundings(around([row])))


@needs("assets.read")
async def list_qr_codes(command: ListQrCodes) -> Page[QrCodeView]:
    """One page, newest first unless the listing says otherwise."""
    codes = AssetList(QrCodeRow, command.by, command.listing)
    only = [col(QrCodeRow.is_dynamic).is_(True)] if command.dynamic_only else []
    async with transaction() as session:
        page = await codes.page(session, *only)
        known = await read_surroundings(around(page.items))
    views = [view_of(row, known) for row in page.items]
    return Page(views, page.total, page.request, page.next)


@needs("assets.read")
async def summarize_qr_codes(command: SummarizeQrCodes) -> QrCodeSummary:
    """The totals, those in the trash left out."""
    codes = visible(QrCodeRow, command.by).subquery()
    now = outside().clock.now()
    totals: tuple[ColumnElement[Any], ...] = (
        func.count(),
        func.count().filter(codes.c.is_active, is_going_on(codes.c.expires_at, now)),
        func.coalesce(func.sum(codes.c.scan_count), 0) + pending_visits(codes),
        func.count().filter(codes.c.health_check["enabled"].as_boolean()),
        func.count().filter(codes.c.health == "failing"),
    )
    query = counted(*totals).select_from(codes)
    async with transaction() as session:
        total, active, scans, monitored, failing = (await session.execute(query)).one()
    return QrCodeSummary(total, active, int(scans), monitored, failing)


@needs("assets.read")
async def list_qr_changes(command: ListQrChanges) -> Page[ChangeView]:
    """The changes of its destination, newest first. Raises `NotFound`."""
    await read_qr_code(ReadQrCode(command.by, id=command.id))
    return await list_changes(ListChanges(command.by, command.id, command.page))
