"""Workspaces: the containers of assets in an organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.audit import done_by, record_act
from activities.outside import outside
from activities.permits import needs
from activities.rules import naming
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, InvalidFields, NotFound
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.locks import ASSETS, lock_organization
from schema.pages import read_page
from schema.tables import InventoryItemRow, WorkspaceRow


@dataclass(frozen=True)
class ListWorkspaces:
    """The workspaces of the actor's organization, newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class CreateWorkspace:
    """One more container of assets."""

    by: Actor
    name: str


@dataclass(frozen=True)
class RenameWorkspace:
    """The same workspace under another name."""

    by: Actor
    id: UUID
    name: str


@dataclass(frozen=True)
class DeleteWorkspace:
    """Take an empty workspace away."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class WorkspaceView:
    """A workspace; `asset_count` leaves deleted assets out."""

    id: UUID
    name: str
    asset_count: int
    created_at: datetime


@needs("organization.read")
async def list_workspaces(command: ListWorkspaces) -> Page[WorkspaceView]:
    """One page; an actor that is restricted to one workspace sees only that."""
    async with transaction() as session:
        rows, total = await read_page(
            session,
            _visible_to(command.by),
            WorkspaceRow,
            offset=command.page.offset,
            size=command.page.size,
        )
    return Page([_view(*row) for row in rows], total, command.page)


@needs("workspaces.write")
async def create_workspace(command: CreateWorkspace) -> WorkspaceView:
    """Make it, empty. Raises `InvalidFields`; `Forbidden` for an actor of one workspace only."""
    by = command.by
    _must_be_sound(command.name)
    if by.workspace_id is not None:
        raise Forbidden("workspaces.write")
    row = WorkspaceRow(
        created_at=outside().clock.now(), organization_id=by.organization_id, name=command.name
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        await record_act(done_by(by, "workspace.created", f"workspace {row.id}", name=command.name))
    return _view(row, 0)


@needs("workspaces.write")
async def rename_workspace(command: RenameWorkspace) -> WorkspaceView:
    """Give it another name. Raises `InvalidFields`, `NotFound`."""
    by = command.by
    _must_be_sound(command.name)
    async with transaction() as session:
        row, assets = await _find(session, by, command.id)
        old, row.name = row.name, command.name
        if old != command.name:
            await session.flush()
            target = f"workspace {row.id}"
            await record_act(done_by(by, "workspace.updated", target, old=old, new=command.name))
    return _view(row, assets)


@needs("workspaces.write")
async def delete_workspace(command: DeleteWorkspace) -> None:
    """Take it away; keys that are restricted to it then see nothing any more.

    Raises `NotFound`, and `InvalidFields` on `workspace` while it is the last one or holds assets.
    """
    by = command.by
    others = select(func.count()).where(
        WorkspaceRow.organization_id == by.organization_id,
        WorkspaceRow.id != command.id,
        col(WorkspaceRow.deleted_at).is_(None),
    )
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        row, assets = await _find(session, by, command.id)
        if assets or await session.scalar(_items(command.id)):
            raise InvalidFields({"workspace": ["Move or delete its assets first."]})
        if not await session.scalar(others):
            raise InvalidFields({"workspace": ["This is the last one; make another first."]})
        row.deleted_at = outside().clock.now()
        await session.flush()
        target = f"workspace {row.id}"
        await record_act(done_by(by, "workspace.deleted", target, name=row.name))


def _visible_to(by: Actor) -> Select[WorkspaceRow, Any]:
    query = select(WorkspaceRow, _assets()).where(
        WorkspaceRow.organization_id == by.organization_id, col(WorkspaceRow.deleted_at).is_(None)
    )
    if by.workspace_id:
        query = query.where(WorkspaceRow.id == by.workspace_id)
    return query


def _assets() -> ColumnElement[Any]:
    """How many assets that are not deleted the workspace of the row holds."""
    present = [
        select(func.count())
        .where(col(row.workspace_id) == WorkspaceRow.id, col(row.deleted_at).is_(None))
        .correlate(WorkspaceRow)
        .scalar_subquery()
        for row in ASSETS
    ]
    return sum(present[1:], present[0])


def _items(workspace_id: UUID) -> SelectOfScalar[int]:
    """How many inventory items the workspace holds; no plan counts them."""
    return select(func.count()).where(
        InventoryItemRow.workspace_id == workspace_id, col(InventoryItemRow.deleted_at).is_(None)
    )


async def _find(session: AsyncSession, by: Actor, id: UUID) -> tuple[WorkspaceRow, int]:
    """The workspace, locked against new assets in it, and how many it holds; or `NotFound`."""
    query = _visible_to(by).where(col(WorkspaceRow.id) == id)
    held = select(WorkspaceRow.id).where(WorkspaceRow.id == id).with_for_update()
    await session.execute(held.where(WorkspaceRow.organization_id == by.organization_id))
    found = (await session.execute(query.execution_options(populate_existing=True))).first()
    if found is None:
        raise NotFound("workspace")
    return found[0], found[1]


def _must_be_sound(name: str) -> None:
    if refusal := naming.name_refusal(name):
        raise InvalidFields({"name": [refusal]})


def _view(row: WorkspaceRow, assets: int) -> WorkspaceView:
    return WorkspaceView(row.id, row.name, assets, row.created_at)
