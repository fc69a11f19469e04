"""Items, movements and scans as they are answered."""

from __future__ import annotations

from pydantic import Field

from activities.inventory.reading import ItemSummary
from activities.inventory.scanning import BarcodeScanView
from activities.inventory.views import ItemView, MovementView
from activities.rules.paging import Page
from activities.rules.spelling import prefixed
from activities.rules.stock import Movement
from api.cursors import write_cursor
from api.scalars import Moment, Out

_AN_ID = "5b7f2a900c3d4e1f8a6b9c0d1e2f3a4b"
_A_MOMENT = "2026-05-07T18:42:30.123Z"


class LevelOut(Out):
    """How many are at one location."""

    location: str = Field(description="where", examples=["main"])
    quantity: int = Field(description="how many", examples=[24])


class ItemOut(Out):
    """A thing that is counted."""

    id: str = Field(description="its id", examples=[f"inv_{_AN_ID}"])
    name: str = Field(description="what you call it", examples=["Oat milk 1 l"])
    sku: str | None = Field(description="its number with you", examples=["OAT-1"])
    unit: str = Field(description="what is counted", examples=["carton"])
    quantity: int = Field(description="how many there are at all locations", examples=[24])
    levels: list[LevelOut] = Field(
        description="how many are where; locations that have none are left out",
        examples=[[{"location": "main", "quantity": 24}]],
    )
    threshold: int | None = Field(description="it is low from here down", examples=[6])
    is_low: bool = Field(description="whether it is", examples=[False])
    allows_negative: bool = Field(
        description="whether more may go out than there is", examples=[False]
    )
    barcode_id: str | None = Field(description="the barcode that stands for it", examples=[None])
    workspace_id: str = Field(description="the workspace it is in", examples=[f"wsp_{_AN_ID}"])
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(
        description="when it was changed last, movements apart", examples=[_A_MOMENT]
    )


class ItemSummaryOut(Out):
    """Totals over all items of the organization, whatever the page shows."""

    total: int = Field(description="how many items there are", examples=[1])
    low: int = Field(description="how many of them are low", examples=[0])
    quantity: int = Field(description="the stock of all of them together", examples=[24])


class MovementOut(Out):
    """One change of stock; it is never changed itself."""

    id: str = Field(description="its id", examples=[f"mov_{_AN_ID}"])
    item_id: str = Field(description="the item", examples=[f"inv_{_AN_ID}"])
    item_name: str = Field(description="what that is called", examples=["Oat milk 1 l"])
    sku: str | None = Field(description="its number with you", examples=["OAT-1"])
    type: Movement = Field(description="what happened", examples=["in"])
    quantity: int = Field(description="how many, or how many were counted", examples=[12])
    from_location: str | None = Field(description="where they were taken", examples=[None])
    to_location: str | None = Field(description="where they came, or were", examples=["main"])
    balance: int = Field(description="how many there were everywhere after it", examples=[36])
    note: str = Field(description="a note to yourselves", examples=["Delivery 17"])
    moved_by: str = Field(description="who did it: a person or a key", examples=["Ada"])
    moved_at: Moment = Field(description="when", examples=[_A_MOMENT])


class MovementPageOut(Out):
    """One page of movements, newest first."""

    items: list[MovementOut] = Field(description="the page")
    total: int = Field(description="how many there are on all pages", examples=[1])
    page: int = Field(description="the number of this page, from 1", examples=[1])
    page_size: int = Field(description="how many items a page has at most", examples=[25])
    next_cursor: str | None = Field(
        description="where the next page begins; null at the end", examples=[None]
    )


class ScannedItemOut(Out):
    """An item that the barcode stands for, after the scan."""

    id: str = Field(description="its id", examples=[f"inv_{_AN_ID}"])
    name: str = Field(description="what you call it", examples=["Oat milk 1 l"])
    sku: str | None = Field(description="its number with you", examples=["OAT-1"])
    quantity: int = Field(description="how many there are", examples=[23])


class ScanOut(Out):
    """A scan that was recorded."""

    id: str = Field(description="its id", examples=[f"scn_{_AN_ID}"])
    barcode_id: str = Field(description="the barcode", examples=[f"bc_{_AN_ID}"])
    place: str | None = Field(description="where, as you call it", examples=["Dock 3"])
    note: str = Field(description="a note to yourselves", examples=["Delivery 17"])
    scan_count: int = Field(description="how often it was scanned by now", examples=[1])
    items: list[ScannedItemOut] = Field(description="what the barcode stands for", examples=[[]])
    movement: MovementOut | None = Field(description="what it moved", examples=[None])
    scanned_at: Moment = Field(description="when", examples=[_A_MOMENT])


def present_item(item: ItemView) -> ItemOut:
    """The item in this dialect's words."""
    return ItemOut(
        id=prefixed("inv", item.id),
        name=item.name,
        sku=item.sku,
        unit=item.unit,
        quantity=item.quantity,
        levels=[LevelOut(location=at.location, quantity=at.quantity) for at in item.levels],
        threshold=item.threshold,
        is_low=item.is_low,
        allows_negative=item.allows_negative,
        barcode_id=prefixed("bc", item.barcode_id) if item.barcode_id else None,
        workspace_id=prefixed("wsp", item.workspace_id),
        version=item.version,
        created_at=item.created_at,
        updated_at=item.updated_at,
    )


def present_summary(summary: ItemSummary) -> ItemSummaryOut:
    """The totals in this dialect's words."""
    return ItemSummaryOut(total=summary.total, low=summary.low, quantity=summary.quantity)


def present_movement(movement: MovementView) -> MovementOut:
    """The movement in this dialect's words."""
    return MovementOut(
        id=prefixed("mov", movement.id),
        item_id=prefixed("inv", movement.item_id),
        item_name=movement.item_name,
        sku=movement.sku,
        type=movement.kind,
        quantity=movement.quantity,
        from_location=movement.from_location,
        to_location=movement.to_location,
        balance=movement.balance,
        note=movement.note,
        moved_by=movement.moved_by,
        moved_at=movement.moved_at,
    )


def present_movements(page: Page[MovementView]) -> MovementPageOut:
    """A page of them."""
    return MovementPageOut(
        items=[present_movement(movement) for movement in page.items],
        total=page.total,
        page=page.request.number,
        page_size=page.request.size,
        next_cursor=write_cursor(page.next),
    )


def present_scan(scan: BarcodeScanView) -> ScanOut:
    """The scan in this dialect's words."""
    return ScanOut(
        id=prefixed("scn", scan.id),
        barcode_id=prefixed("bc", scan.barcode_id),
        place=scan.place,
        note=scan.note,
        scan_count=scan.scan_count,
        items=[
            ScannedItemOut(
                id=prefixed("inv", item.id), name=item.name, sku=item.sku, quantity=item.quantity
            )
            for item in scan.items
        ],
        movement=present_movement(scan.movement) if scan.movement else None,
        scanned_at=scan.scanned_at,
    )
