"""Inventory read: items with their levels, their totals, and every movement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.inventory.views import (
    ItemView,
    LevelView,
    MovementView,
    item_view,
    movement_view,
)
from activities.inventory.visible import visible_items
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import CursorInvalid, NotFound
from activities.rules.paging import Cursor, Page, PageRequest
from activities.rules.searching import pattern
from schema.db import transaction
from schema.pages import behind, count_rows, newest_first
from schema.tables import InventoryItemRow, InventoryLevelRow, InventoryMovementRow


@dataclass(frozen=True)
class ReadItem:
    """One item of the actor's organization."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ListItems:
    """Items of the actor's organization, newest first. `search` looks into name and SKU."""

    by: Actor
    page: PageRequest
    search: str = ""
    workspace_id: UUID | None = None
    low_only: bool = False


@dataclass(frozen=True)
class SummarizeItems:
    """Totals over the items of the actor's organization."""

    by: Actor


@dataclass(frozen=True)
class ItemSummary:
    """How many items there are, how many of them are low, and the stock of all together."""

    total: int
    low: int
    quantity: int


@dataclass(frozen=True)
class ListMovements:
    """Movements of one item or of all, newest first. Those of deleted items stay among all."""

    by: Actor
    page: PageRequest
    item_id: UUID | None = None


@dataclass(frozen=True)
class ReadLevels:
    """How many of these items are where. That they are the actor's is the caller's to know."""

    item_ids: frozenset[UUID]


@dataclass(frozen=True)
class Levels:
    """The levels of each item, by name of the location."""

    by_item: Mapping[UUID, tuple[LevelView, ...]] = field(default_factory=dict)

    def of(self, row: InventoryItemRow) -> tuple[LevelView, ...]:
        """Those of one item."""
        return self.by_item.get(row.id, ())


@needs("assets.read")
async def read_item(command: ReadItem) -> ItemView:
    """One item; `NotFound` when there is none, it is deleted, or it is another tenant's."""
    async with transaction() as session:
        row = await _find(session, command.by, command.id)
        return item_view(row, (await read_levels(ReadLevels(frozenset({row.id})))).of(row))


@needs("assets.read")
async def list_items(command: ListItems) -> Page[ItemView]:
    """One page of them."""
    asked = command.page
    query = visible_items(command.by)
    if command.workspace_id is not None:
        query = query.where(InventoryItemRow.workspace_id == command.workspace_id)
    if command.low_only:
        query = query.where(col(InventoryItemRow.is_low).is_(True))
    if command.search.strip():
        query = query.where(
            col(InventoryItemRow.search_text).like(pattern(command.search), escape="\\")
        )
    async with transaction() as session:
        total = await count_rows(session, query) if asked.counts else 0
        if asked.after is not None:
            query = query.where(behind(InventoryItemRow, asked.after.created_at, asked.after.id))
        page = query.order_by(*newest_first(InventoryItemRow))
        rows = (await session.execute(_part(page, asked))).scalars().all()
        items = rows[: asked.size]
        levels = await read_levels(ReadLevels(frozenset(row.id for row in items)))
    views = [item_view(row, levels.of(row)) for row in items]
    more = len(rows) > asked.size
    return Page(views, total, asked, Cursor(items[-1].created_at, items[-1].id) if more else None)


@needs("assets.read")
async def summarize_items(command: SummarizeItems) -> ItemSummary:
    """The totals, deleted items left out."""
    items = visible_items(command.by).subquery()
    query = select(
        func.count(),
        func.count().filter(items.c.is_low),
        func.coalesce(func.sum(items.c.quantity), 0),
    ).select_from(items)
    async with transaction() as session:
        total, low, quantity = (await session.execute(query)).one()
    return ItemSummary(total=total, low=low, quantity=int(quantity))


@needs("assets.read")
async def list_movements(command: ListMovements) -> Page[MovementView]:
    """One page, in the order in which they happened. Raises `NotFound`, `CursorInvalid`."""
    asked, by = command.page, command.by
    query = (
        select(InventoryMovementRow, InventoryItemRow)
        .join(InventoryItemRow, col(InventoryItemRow.id) == InventoryMovementRow.item_id)
        .where(InventoryMovementRow.organization_id == by.organization_id)
    )
    if by.workspace_id:
        query = query.where(InventoryItemRow.workspace_id == by.workspace_id)
    async with transaction() as session:
        if command.item_id is not None:
            await _find(session, by, command.item_id)
            query = query.where(InventoryMovementRow.item_id == command.item_id)
        total = await count_rows(session, _numbers(query)) if asked.counts else 0
        sequence = col(InventoryMovementRow.sequence)
        if asked.after is not None:
            query = query.where(sequence < await _sequence_of(session, by, asked.after))
        page = _part(query.order_by(sequence.desc()), asked)
        rows = (await session.execute(page)).all()
    views = [movement_view(row, item) for row, item in rows[: asked.size]]
    more = len(rows) > asked.size
    return Page(views, total, asked, Cursor(views[-1].moved_at, views[-1].id) if more else None)


async def read_levels(command: ReadLevels) -> Levels:
    """The levels of all of them, in one statement."""
    found: dict[UUID, list[LevelView]] = defaultdict(list)
    if not command.item_ids:
        return Levels()
    query = (
        select(InventoryLevelRow)
        .where(col(InventoryLevelRow.item_id).in_(command.item_ids))
        .order_by(col(InventoryLevelRow.location))
        .execution_options(populate_existing=True)
    )
    async with transaction() as session:
        for row in (await session.execute(query)).scalars():
            found[row.item_id].append(LevelView(row.location, row.quantity))
    return Levels({item_id: tuple(levels) for item_id, levels in found.items()})


async def _find(session: AsyncSession, by: Actor, id: UUID) -> InventoryItemRow:
    query = visible_items(by).where(InventoryItemRow.id == id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("item")
    return row


async def _sequence_of(session: AsyncSession, by: Actor, place: Cursor) -> int:
    """Where in the order the last movement of a page is."""
    query = select(InventoryMovementRow.sequence).where(
        InventoryMovementRow.organization_id == by.organization_id,
        InventoryMovementRow.id == place.id,
    )
    sequence: int | None = await session.scalar(query)
    if sequence is None:
        raise CursorInvalid
    return sequence


def _numbers(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The same rows as one column, for a count: two tables have columns of one name."""
    return query.with_only_columns(col(InventoryMovementRow.sequence))


def _part(query: Any, asked: PageRequest) -> Any:
    """A page of the query, and one row more to see whether another page follows."""
    return query.limit(asked.size + 1).offset(asked.offset)
