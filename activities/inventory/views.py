"""An item and its movements as their owner sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.rules.facts.stock import StockLow
from activities.rules.stock import Movement
from schema.tables import InventoryItemRow, InventoryMovementRow


@dataclass(frozen=True)
class LevelView:
    """How many are at one location; a location that has none is not told of."""

    location: str
    quantity: int


@dataclass(frozen=True)
class ItemView:
    """A thing that is counted; `quantity` is the sum of its levels.

    `is_low` says that it is at its threshold or below.
    """

    id: UUID
    workspace_id: UUID
    barcode_id: UUID | None
    name: str
    sku: str | None
    unit: str
    threshold: int | None
    allows_negative: bool
    quantity: int
    is_low: bool
    levels: tuple[LevelView, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class MovementView:
    """One change of stock. `balance` is the item's quantity after it, `moved_by` a name.

    `quantity` of an `adjust` is the level that was counted.
    """

    id: UUID
    item_id: UUID
    item_name: str
    sku: str | None
    kind: Movement
    quantity: int
    from_location: str | None
    to_location: str | None
    balance: int
    note: str
    moved_by: str
    moved_at: datetime


def item_view(row: InventoryItemRow, levels: tuple[LevelView, ...]) -> ItemView:
    """The view of an item whose levels were read."""
    return ItemView(
        id=row.id,
        workspace_id=row.workspace_id,
        barcode_id=row.barcode_id,
        name=row.name,
        sku=row.sku,
        unit=row.unit,
        threshold=row.threshold,
        allows_negative=row.allows_negative,
        quantity=row.quantity,
        is_low=row.is_low,
        levels=levels,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def movement_view(row: InventoryMovementRow, item: InventoryItemRow) -> MovementView:
    """The view of a movement of this item."""
    kind: Any = row.kind
    return MovementView(
        id=row.id,
        item_id=row.item_id,
        item_name=item.name,
        sku=item.sku,
        kind=kind,
        quantity=row.quantity,
        from_location=row.from_location,
        to_location=row.to_location,
        balance=row.balance,
        note=row.note,
        moved_by=row.moved_by,
        moved_at=row.created_at,
    )


def is_at_threshold(row: InventoryItemRow) -> bool:
    """Whether there are no more of it than its threshold; never without one."""
    return row.threshold is not None and row.quantity <= row.threshold


def low_fact(row: InventoryItemRow, now: datetime) -> StockLow:
    """What is told of an item that became low."""
    return StockLow(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        workspace_id=row.workspace_id,
        sku=row.sku,
        name=row.name,
        quantity=row.quantity,
        threshold=row.threshold or 0,
    )
