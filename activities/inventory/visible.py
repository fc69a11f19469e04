"""Which items an actor sees."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.rules.actors import Actor
from schema.tables import InventoryItemRow


def visible_items(by: Actor) -> SelectOfScalar[InventoryItemRow]:
    """The items of the actor's organization and, when restricted, workspace; not the deleted."""
    query = select(InventoryItemRow).where(
        InventoryItemRow.organization_id == by.organization_id,
        col(InventoryItemRow.deleted_at).is_(None),
    )
    if by.workspace_id:
        query = query.where(InventoryItemRow.workspace_id == by.workspace_id)
    return query


def held_item(by: Actor, id: UUID) -> SelectOfScalar[InventoryItemRow]:
    """One of them as it is now, locked against every other change of it and of its levels."""
    query = visible_items(by).where(InventoryItemRow.id == id)
    return query.with_for_update().execution_options(populate_existing=True)
