"""Items made, changed and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.inventory.drafts import drafted, opening_of
from activities.inventory.movements import MoveStock, move_stock
from activities.inventory.reading import ReadLevels, read_levels
from activities.inventory.telling import TellLow, tell_low
from activities.inventory.views import ItemView, is_at_threshold, item_view
from activities.inventory.visible import held_item
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version
from activities.rules.errors import InvalidFields, NameTaken, NotFound
from activities.shelf.visible import visible
from activities.shelf.workspaces import FindWorkspace, find_workspace
from schema.db import attempt, transaction
from schema.tables import BarcodeRow, InventoryItemRow

MOST_TIED = 50
"""How many items one barcode may stand for; each scan of it is announced for all of them."""

TERMS = ("name", "sku", "unit", "threshold", "allows_negative", "barcode_id")


@dataclass(frozen=True)
class CreateItem:
    """A thing to count, in this workspace or the organization's first.

    `opening_stock` is by location. It is low from `threshold` down; None for never.
    """

    by: Actor
    name: str
    sku: str | None = None
    unit: str = "piece"
    barcode_id: UUID | None = None
    threshold: int | None = None
    allows_negative: bool = False
    workspace_id: UUID | None = None
    opening_stock: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class UpdateItem:
    """Change what is given of one item, never its stock; null takes a value away.

    With `version` only if it is still that one.
    """

    by: Actor
    id: UUID
    version: int | None = None
    name: str | Unset = UNSET
    sku: str | Unset | None = UNSET
    unit: str | Unset = UNSET
    barcode_id: UUID | Unset | None = UNSET
    threshold: int | Unset | None = UNSET
    allows_negative: bool | Unset = UNSET


@dataclass(frozen=True)
class DeleteItem:
    """Take an item away; with `version` only if it is still that one."""

    by: Actor
    id: UUID
    version: int | None = None


@needs("assets.write")
async def create_item(command: CreateItem) -> ItemView:
    """Make it, and announce the movements of its opening stock.

    Raises `InvalidFields`, `NameTaken` for the SKU of another item in the workspace, `NoWorkspace`,
    and `NotFound` for a workspace or barcode that is not the actor's.
    """
    by, now = command.by, outside().clock.now()
    values = drafted({name: getattr(command, name) for name in TERMS})
    opening = opening_of(command.opening_stock)
    async with transaction() as session:
        workspace_id = (await find_workspace(FindWorkspace(by, command.workspace_id))).id
        if command.barcode_id is not None:
            await _hold_barcode(session, by, command.barcode_id)
        row = InventoryItemRow(
            **values,
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            workspace_id=workspace_id,
        )
        row.is_low = is_at_threshold(row)
        await _write(session, row, {})
        for location, quantity in opening.items():
            await move_stock(
                MoveStock(by, row.id, "in", quantity, to_location=location, note="Opening stock")
            )
        return item_view(row, (await read_levels(ReadLevels(frozenset({row.id})))).of(row))


@needs("assets.write")
async def update_item(command: UpdateItem) -> ItemView:
    """The item after the change; that a new threshold makes it low is announced.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `NameTaken`.
    """
    by, asked, now = command.by, given(command), outside().clock.now()
    async with transaction() as session:
        # The barcode is locked before the item, as a scan does.
        if asked.get("barcode_id") is not None:
            await _hold_barcode(session, by, asked["barcode_id"], besides=command.id)
        row = await session.scalar(held_item(by, command.id))
        if row is None:
            raise NotFound("item")
        must_be_version(command.version, row.version)
        values = drafted({name: asked.get(name, getattr(row, name)) for name in TERMS})
        levels = (await read_levels(ReadLevels(frozenset({row.id})))).of(row)
        if not values["allows_negative"] and any(level.quantity < 0 for level in levels):
            raise InvalidFields({"allows_negative": ["Bring every location to 0 or more first."]})
        changes = {name: new for name, new in values.items() if getattr(row, name) != new}
        if changes:
            await _write(session, row, {**changes, "version": row.version + 1, "updated_at": now})
            was_low, row.is_low = row.is_low, is_at_threshold(row)
            await session.flush()
            if row.is_low and not was_low:
                await tell_low(TellLow(row.id))
        return item_view(row, levels)


@needs("assets.write")
async def delete_item(command: DeleteItem) -> None:
    """It is gone at once and its SKU free; its movements stay.

    Raises `NotFound` also when it is deleted already, and `VersionMismatch`.
    """
    async with transaction() as session:
        row = await session.scalar(held_item(command.by, command.id))
        if row is None:
            raise NotFound("item")
        must_be_version(command.version, row.version)
        row.deleted_at = row.updated_at = outside().clock.now()
        row.version += 1
        await session.flush()


async def _hold_barcode(
    session: AsyncSession, by: Actor, id: UUID, *, besides: UUID | None = None
) -> None:
    """Hold the barcode against its deletion and other ties; `besides` is the item itself."""
    query = visible(BarcodeRow, by).where(BarcodeRow.id == id)
    if await session.scalar(query.with_for_update(key_share=True)) is None:
        raise NotFound("barcode")
    tied = select(func.count()).where(
        InventoryItemRow.barcode_id == id,
        InventoryItemRow.id != besides,
        col(InventoryItemRow.deleted_at).is_(None),
    )
    if (await session.scalar(tied) or 0) >= MOST_TIED:
        raise InvalidFields({"barcode_id": [f"This barcode stands for {MOST_TIED} items already."]})


async def _write(session: AsyncSession, row: InventoryItemRow, changes: Mapping[str, Any]) -> None:
    """Insert the row, or change it. `NameTaken` when another item has its SKU."""
    sku = changes.get("sku", row.sku)
    try:
        async with attempt():
            row.sqlmodel_update(dict(changes))
            session.add(row)
            await session.flush()
    except IntegrityError as fault:
        if "uq_inventory_item_sku" not in str(fault.orig):
            raise
        raise NameTaken("item", sku or "") from None
