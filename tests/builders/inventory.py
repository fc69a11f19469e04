"""Items of inventory, their movements and barcodes, in one line each, and what is kept of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from activities.barcodes.creating import CreateBarcode, create_barcode
from activities.barcodes.views import BarcodeView
from activities.inventory.items import CreateItem, create_item
from activities.inventory.movements import MoveStock, move_stock
from activities.inventory.views import ItemView, MovementView
from activities.rules.actors import Actor
from activities.rules.stock import Movement
from schema.db import transaction
from schema.tables import (
    EventRow,
    InventoryItemRow,
    InventoryLevelRow,
    InventoryMovementRow,
)


async def an_item(by: Actor, stock: int = 0, name: str = "Oat milk", **more: Any) -> ItemView:
    """An item with so many at `main`."""
    opening = {"opening_stock": {"main": stock}} if stock else {}
    return await create_item(CreateItem(by, name, **{**opening, **more}))


async def move(
    by: Actor,
    item: ItemView,
    kind: Movement,
    quantity: int,
    source: str | None = None,
    goal: str | None = None,
) -> MovementView:
    """Move its stock from `source` to `goal`."""
    return await move_stock(MoveStock(by, item.id, kind, quantity, source, goal))


async def a_barcode(by: Actor, **more: Any) -> BarcodeView:
    return await create_barcode(CreateBarcode(by, "EAN13", "4006381333931", **more))


async def announced(*kinds: str) -> list[dict[str, Any]]:
    """The payloads of the facts of these kinds, in the order in which they were told."""
    query = select(EventRow.payload).where(col(EventRow.kind).in_(kinds))
    async with transaction() as session:
        return list((await session.execute(query.order_by(col(EventRow.sequence)))).scalars())


async def kept(item_id: UUID) -> tuple[dict[str, int], int, int]:
    """What the tables hold of an item: its levels, its quantity, the balance of the last move."""
    levels = select(InventoryLevelRow.location, InventoryLevelRow.quantity).where(
        InventoryLevelRow.item_id == item_id
    )
    quantity = select(InventoryItemRow.quantity).where(InventoryItemRow.id == item_id)
    balance = (
        select(InventoryMovementRow.balance)
        .where(InventoryMovementRow.item_id == item_id)
        .order_by(col(InventoryMovementRow.sequence).desc())
        .limit(1)
    )
    async with transaction() as session:
        return (
            dict((await session.execute(levels)).all()),
            (await session.execute(quantity)).scalar_one(),
            await session.scalar(balance) or 0,
        )
