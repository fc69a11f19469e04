"""Folders as their owner sees them: with their path, and how much is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.paging import Page, PageRequest
from schema.locks import ASSETS
from schema.pages import count_rows
from schema.tables import FolderRow, WorkspaceRow

UP: Any = literal(0).label("up")
"""How far a folder is above the one that a path leads to."""


@dataclass(frozen=True)
class FolderView:
    """A folder; `path` are the names from the top down to its own.

    `asset_count` is of assets right in it, of every kind, those in the trash left out.
    """

    id: UUID
    workspace_id: UUID
    parent_id: UUID | None
    name: str
    colour: str | None
    path: tuple[str, ...]
    asset_count: int
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True)
class Folders:
    """The folders that an actor sees: of the organization and, when restricted, workspace."""

    by: Actor

    async def one(self, session: AsyncSession, id: UUID) -> FolderView:
        """One of them. Raises `NotFound`."""
        query = _visible_to(self.by).where(col(FolderRow.id) == id)
        rows = (await session.execute(query.execution_options(populate_existing=True))).all()
        if not rows:
            raise NotFound("folder")
        (view,) = await _views(session, rows)
        return view

    async def page(
        self, session: AsyncSession, asked: PageRequest, *only: ColumnElement[bool]
    ) -> Page[FolderView]:
        """One page by name, of those that meet `only`."""
        query = _visible_to(self.by).where(*only)
        total = await count_rows(session, query) if asked.counts else 0
        page = query.order_by(col(FolderRow.name_key), col(FolderRow.id))
        rows = (await session.execute(page.limit(asked.size).offset(asked.offset))).all()
        return Page(await _views(session, rows), total, asked)


def _visible_to(by: Actor) -> Select[FolderRow, Any]:
    """The actor's folders with how many assets are in each; those of workspaces that are there."""
    query = (
        select(FolderRow, _assets())
        .join(WorkspaceRow, col(WorkspaceRow.id) == FolderRow.workspace_id)
        .where(
            FolderRow.organization_id == by.organization_id, col(WorkspaceRow.deleted_at).is_(None)
        )
    )
    if by.workspace_id:
        query = query.where(FolderRow.workspace_id == by.workspace_id)
    return query


def _assets() -> ColumnElement[Any]:
    present = [
        select(func.count())
        .where(col(row.folder_id) == FolderRow.id, col(row.deleted_at).is_(None))
        .correlate(FolderRow)
        .scalar_subquery()
        for row in ASSETS
    ]
    return sum(present[1:], present[0])


async def _views(session: AsyncSession, rows: Sequence[Any]) -> list[FolderView]:
    paths = await _paths(session, [row.id for row, _ in rows])
    return [
        FolderView(
            id=row.id,
            workspace_id=row.workspace_id,
            parent_id=row.parent_id,
            name=row.name,
            colour=row.colour,
            path=tuple(paths[row.id]),
            asset_count=assets,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            archived_at=row.archived_at,
        )
        for row, assets in rows
    ]


async def _paths(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The names from the top down to each of these folders."""
    climb: Any = (
        select(col(FolderRow.id).label("leaf"), FolderRow.parent_id, FolderRow.name, UP)
        .where(col(FolderRow.id).in_(ids))
        .cte(recursive=True)
    )
    parents = select(climb.c.leaf, FolderRow.parent_id, FolderRow.name, climb.c.up + 1).join(
        climb, climb.c.parent_id == FolderRow.id
    )
    climb = climb.union_all(parents)
    names = func.array_agg(aggregate_order_by(climb.c.name, climb.c.up.desc()))
    query = select(climb.c.leaf, names.label("path")).group_by(climb.c.leaf)
    return {row.leaf: row.path for row in await session.execute(query)}
