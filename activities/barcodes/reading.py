"""Barcodes read: one, a page of them, their totals."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select

from activities.barcodes.finding import the_barcode, there
from activities.barcodes.surroundings import around, read_surroundings
from activities.barcodes.views import BarcodeView, view_of
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.listings import Listing
from activities.rules.paging import Page
from activities.shelf.listing import AssetList
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import BarcodeRow


@dataclass(frozen=True)
class ReadBarcode:
    """One barcode of the actor's organization."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ListBarcodes:
    """Barcodes of the actor's organization."""

    by: Actor
    listing: Listing


@dataclass(frozen=True)
class SummarizeBarcodes:
    """Totals over the barcodes of the actor's organization."""

    by: Actor


@dataclass(frozen=True)
class BarcodeSummary:
    """How many barcodes there are, how many of them active, and all their scans."""

    total: int
    active: int
    scan_count: int


@needs("assets.read")
async def read_barcode(command: ReadBarcode) -> BarcodeView:
    """One barcode; `NotFound` when there is none, it is deleted, or it is another tenant's."""
    query = the_barcode(command.by, command.id)
    async with transaction() as session:
        row = there((await session.execute(query)).scalar_one_or_none())
        return view_of(row, await read_surroundings(around([row])))


@needs("assets.read")
async def list_barcodes(command: ListBarcodes) -> Page[BarcodeView]:
    """One page, newest first unless the listing says otherwise."""
    barcodes = AssetList(BarcodeRow, command.by, command.listing)
    async with transaction() as session:
        page = await barcodes.page(session)
        known = await read_surroundings(around(page.items))
    views = [view_of(row, known) for row in page.items]
    return Page(views, page.total, page.request, page.next)


@needs("assets.read")
async def summarize_barcodes(command: SummarizeBarcodes) -> BarcodeSummary:
    """The totals, those in the trash left out."""
    barcodes = visible(BarcodeRow, command.by).subquery()
    query = select(
        func.count(),
        func.count().filter(barcodes.c.is_active),
        func.coalesce(func.sum(barcodes.c.scan_count), 0),
    ).select_from(barcodes)
    async with transaction() as session:
        total, active, scans = (await session.execute(query)).one()
    return BarcodeSummary(total=total, active=active, scan_count=int(scans))
