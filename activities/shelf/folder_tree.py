"""The folders of a workspace as one tree, held while it is changed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.nesting import Node, Tree
from activities.shelf.workspaces import none_of, workspaces_of
from schema.db import transaction
from schema.tables import FolderRow, WorkspaceRow


@dataclass(frozen=True)
class HoldTree:
    """The tree that a folder is in, that of a workspace, or of the actor's first workspace."""

    by: Actor
    folder_id: UUID | None = None
    workspace_id: UUID | None = None


@needs("assets.write")
async def hold_tree(command: HoldTree) -> Tree:
    """All folders of the workspace; changes of its tree take turns until their transactions end.

    Assets can be put into the folders meanwhile. Raises `NotFound` for a folder or workspace that
    is not the actor's, or a folder of another workspace than the given one, and `NoWorkspace`.
    """
    async with transaction() as session:
        workspace_id = await _hold_workspace(session, command)
        parts = [col(getattr(FolderRow, field.name)) for field in fields(Node)]
        query = columns(*parts).where(col(FolderRow.workspace_id) == workspace_id)
        nodes = {row.id: Node(*row) for row in await session.execute(query)}
    if command.folder_id is not None and command.folder_id not in nodes:
        raise NotFound("folder")
    return Tree(workspace_id, nodes)


async def _hold_workspace(session: AsyncSession, command: HoldTree) -> UUID:
    query = workspaces_of(command.by, command.workspace_id)
    if command.folder_id:
        home = select(FolderRow.workspace_id).where(FolderRow.id == command.folder_id)
        query = query.where(WorkspaceRow.id == home.scalar_subquery())
    # FOR NO KEY UPDATE: rows that only refer to the workspace can still be written.
    held = query.limit(1).with_for_update(key_share=True)
    found = (await session.execute(held)).scalar_one_or_none()
    if found is None:
        raise NotFound("folder") if command.folder_id else none_of(command.by, command.workspace_id)
    return found
