"""A barcode scanned by somebody who is signed in, and the stock that this moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from activities.inventory.drafts import must_be_sound, note_refusal, place_refusal
from activities.inventory.movements import MoveStock, move_stock
from activities.inventory.views import MovementView
from activities.inventory.visible import visible_items
from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, NotNow
from activities.rules.facts.barcodes import BarcodeScanned
from activities.rules.facts.stock import InventoryScanned
from activities.rules.visible import one_line
from activities.shelf.visible import visible
from activities.visits.ledger import new_batch
from schema.db import transaction
from schema.tables import BarcodeRow, InventoryItemRow, ScanRow

ScanKind = Literal["in", "out", "adjust"]

FIELDS = {"from_location": "location", "to_location": "location"}
"""What a movement calls a field -> what a scan does."""


@dataclass(frozen=True)
class ScanMovement:
    """What the scan does to the stock of the item that the barcode stands for.

    `item_id` says which, when the barcode stands for several. `location` is `main` when none is
    given.
    """

    kind: ScanKind
    quantity: int
    location: str | None = None
    item_id: UUID | None = None


@dataclass(frozen=True)
class RecordBarcodeScan:
    """A barcode was scanned at `place`, as the actor calls it."""

    by: Actor
    barcode_id: UUID
    place: str | None = None
    note: str = ""
    movement: ScanMovement | None = None


@dataclass(frozen=True)
class ScannedItem:
    """An item that the barcode stands for, and how many there are after the scan."""

    id: UUID
    name: str
    sku: str | None
    quantity: int


@dataclass(frozen=True)
class BarcodeScanView:
    """One scan; `scan_count` are all of the barcode."""

    id: UUID
    barcode_id: UUID
    place: str | None
    note: str
    scan_count: int
    items: tuple[ScannedItem, ...]
    movement: MovementView | None
    scanned_at: datetime


@needs("assets.write")
async def record_barcode_scan(command: RecordBarcodeScan) -> BarcodeScanView:
    """Count and announce the scan and move the stock, all of it or nothing.

    Raises `NotFound` for a barcode that is deleted or not the actor's, `NotNow` for an inactive
    one, `InvalidFields` for a movement of no item or of several, `StockTooLow`.
    """
    by, now = command.by, outside().clock.now()
    place = None if command.place is None else one_line(command.place)
    must_be_sound({"place": place_refusal(place), "note": note_refusal(command.note)})
    async with transaction() as session:
        barcode = await _count(session, command, now)
        scan_id = await _record(session, barcode, now)
        tied = visible_items(by).where(InventoryItemRow.barcode_id == barcode.id)
        ordered = tied.order_by(col(InventoryItemRow.created_at), col(InventoryItemRow.id))
        items = (await session.execute(ordered)).scalars().all()
        movement = await _move(command, command.movement, items) if command.movement else None
        await emit(
            BarcodeScanned(
                organization_id=barcode.organization_id,
                asset_id=barcode.id,
                occurred_at=now,
                scan_id=scan_id,
                type=barcode.symbology,
                normalized_value=barcode.normalized_value,
                place=place,
                note=command.note,
            )
        )
        for item in items:
            await emit(_fact_of(item, barcode.id, scan_id, place, now))
        scanned = tuple(ScannedItem(item.id, item.name, item.sku, item.quantity) for item in items)
        count, note = barcode.scan_count, command.note
    return BarcodeScanView(scan_id, command.barcode_id, place, note, count, scanned, movement, now)


async def _count(session: AsyncSession, command: RecordBarcodeScan, now: datetime) -> BarcodeRow:
    """The barcode, one scan further; it is locked, so that scans take turns."""
    query = visible(BarcodeRow, command.by).where(BarcodeRow.id == command.barcode_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    barcode = await session.scalar(locked)
    if barcode is None:
        raise NotFound("barcode")
    if not barcode.is_active:
        raise NotNow("This barcode is switched off; switch it on first.")
    barcode.scan_count += 1
    barcode.last_scanned_at = now
    await session.flush()
    return barcode


async def _record(session: AsyncSession, barcode: BarcodeRow, now: datetime) -> UUID:
    scan = ScanRow(
        id=new_batch(),
        created_at=now,
        organization_id=barcode.organization_id,
        asset_id=barcode.id,
        asset_kind="barcode",
        device="other",
        is_bot=False,
        is_counted=True,
    )
    session.add(scan)
    await session.flush()
    return scan.id


async def _move(
    command: RecordBarcodeScan, wish: ScanMovement, items: Sequence[InventoryItemRow]
) -> MovementView:
    """Move the stock of the item that is meant; its row among `items` follows."""
    takes = wish.kind == "out"
    try:
        return await move_stock(
            MoveStock(
                by=command.by,
                item_id=_meant(wish, items),
                kind=wish.kind,
                quantity=wish.quantity,
                from_location=wish.location if takes else None,
                to_location=None if takes else wish.location,
                note=command.note,
            )
        )
    except InvalidFields as refused:
        told = {f"movement.{FIELDS.get(n, n)}": said for n, said in refused.fields.items()}
        raise InvalidFields(told) from None


def _meant(wish: ScanMovement, items: Sequence[InventoryItemRow]) -> UUID:
    ids = [item.id for item in items]
    if not ids:
        raise InvalidFields({"item_id": ["No item has this barcode; give it to one first."]})
    if wish.item_id is None and len(ids) > 1:
        raise InvalidFields({"item_id": ["Several items have this barcode; say which is meant."]})
    if wish.item_id is not None and wish.item_id not in ids:
        raise InvalidFields({"item_id": ["This item does not have this barcode."]})
    return wish.item_id or ids[0]


def _fact_of(
    item: InventoryItemRow, barcode_id: UUID, scan_id: UUID, place: str | None, now: datetime
) -> InventoryScanned:
    return InventoryScanned(
        organization_id=item.organization_id,
        asset_id=item.id,
        occurred_at=now,
        scan_id=scan_id,
        barcode_id=barcode_id,
        sku=item.sku,
        quantity=item.quantity,
        place=place,
    )
