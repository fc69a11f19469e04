"""Stock moved: into a location, out of it, from one to another, or counted anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.inventory.drafts import MOST_LOCATIONS, ends_of, must_be_sound, note_refusal
from activities.inventory.telling import TellLow, tell_low
from activities.inventory.views import MovementView, is_at_threshold, movement_view
from activities.inventory.visible import held_item
from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, StockTooLow
from activities.rules.facts.stock import InventoryMoved
from activities.rules.stock import Movement, applied, crossed
from schema.db import transaction
from schema.tables import InventoryItemRow, InventoryLevelRow, InventoryMovementRow

Levels = Mapping[str, int]


@dataclass(frozen=True)
class MoveStock:
    """`in` adds, `out` takes, `transfer` does both, `adjust` sets the level that was counted.

    `in` and `adjust` are at `to_location`, `out` at `from_location`, `main` unless it is given.
    """

    by: Actor
    item_id: UUID
    kind: Movement
    quantity: int
    from_location: str | None = None
    to_location: str | None = None
    note: str = ""


@needs("assets.write")
async def move_stock(command: MoveStock) -> MovementView:
    """Do it and announce it; movements of one item take turns, so that none is lost.

    That the item became low is announced too, once for each time that it comes down to its
    threshold. Raises `NotFound`, `InvalidFields`, and `StockTooLow` when there is less at the
    location, unless the item allows it.
    """
    now = outside().clock.now()
    source, goal = ends_of(command.kind, command.from_location, command.to_location)
    must_be_sound({"note": note_refusal(command.note)})
    async with transaction() as session:
        item = await session.scalar(held_item(command.by, command.item_id))
        if item is None:
            raise NotFound("item")
        before = await _levels(session, item.id)
        after = _moved(before, command, source, goal, negative_allowed=item.allows_negative)
        await _write_levels(session, item.id, before, after, now)
        quantity, item.quantity = item.quantity, sum(after.values())
        item.is_low = is_at_threshold(item)
        row = InventoryMovementRow(
            created_at=now,
            organization_id=item.organization_id,
            item_id=item.id,
            kind=command.kind,
            quantity=command.quantity,
            from_location=source,
            to_location=goal,
            balance=item.quantity,
            note=command.note,
            moved_by=command.by.name,
        )
        session.add(row)
        await session.flush()
        await emit(_fact_of(row, item))
        if crossed(quantity, item.quantity, item.threshold):
            await tell_low(TellLow(item.id))
        return movement_view(row, item)


async def _levels(session: AsyncSession, item_id: UUID) -> dict[str, int]:
    query = select(InventoryLevelRow.location, InventoryLevelRow.quantity).where(
        InventoryLevelRow.item_id == item_id
    )
    return dict((await session.execute(query)).all())


def _moved(
    before: Levels,
    command: MoveStock,
    source: str | None,
    goal: str | None,
    *,
    negative_allowed: bool,
) -> Levels:
    """The levels after it, without those that are zero."""
    counted = command.kind == "adjust"
    after = applied(
        before,
        command.kind,
        command.quantity,
        source,
        goal,
        negative_allowed=negative_allowed or not counted,
    )
    if source is not None and after[source] < 0 and not negative_allowed:
        raise StockTooLow(before.get(source, 0), command.quantity)
    there = {location: quantity for location, quantity in after.items() if quantity}
    if len(there) > MOST_LOCATIONS:
        raise InvalidFields({"to_location": [f"An item is at {MOST_LOCATIONS} locations at most."]})
    return there


async def _write_levels(
    session: AsyncSession, item_id: UUID, before: Levels, after: Levels, now: datetime
) -> None:
    """Write what differs; the item is locked."""
    for location in sorted(before.keys() - after.keys()):
        gone = delete(InventoryLevelRow).where(
            col(InventoryLevelRow.item_id) == item_id, col(InventoryLevelRow.location) == location
        )
        await session.execute(gone, execution_options={"synchronize_session": False})
    for location, quantity in after.items():
        if before.get(location) == quantity:
            continue
        row = InventoryLevelRow(
            created_at=now, item_id=item_id, location=location, quantity=quantity
        )
        written = insert(InventoryLevelRow).values(**row.model_dump())
        await session.execute(
            written.on_conflict_do_update(
                index_elements=["item_id", "location"], set_={"quantity": quantity}
            )
        )


def _fact_of(row: InventoryMovementRow, item: InventoryItemRow) -> InventoryMoved:
    return InventoryMoved(
        organization_id=row.organization_id,
        asset_id=row.item_id,
        occurred_at=row.created_at,
        movement_id=row.id,
        workspace_id=item.workspace_id,
        sku=item.sku,
        movement=row.kind,
        quantity=row.quantity,
        from_location=row.from_location,
        to_location=row.to_location,
        balance=row.balance,
    )
