"""Folders put aside and taken back, or dissolved. What is in them never stops working."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from activities.rules.nesting import Tree
from activities.shelf.folder_tree import HoldTree, hold_tree
from activities.shelf.folder_views import Folders, FolderView
from schema.assets import AssetRow
from schema.db import transaction
from schema.locks import ASSETS, hold_rows
from schema.tables import FolderRow


@dataclass(frozen=True)
class ArchiveFolder:
    """Put a folder aside with all below it, or with `archived` false take it back."""

    by: Actor
    id: UUID
    archived: bool = True


@dataclass(frozen=True)
class DeleteFolder:
    """Dissolve a folder; with `version` only if it is still that one."""

    by: Actor
    id: UUID
    version: int | None = None


@needs("assets.write")
async def archive_folder(command: ArchiveFolder) -> FolderView:
    """The folder, put aside or back; its assets stay where they are and work. Raises `NotFound`.

    What is taken back comes with those below that went with it, and with those above: a folder that
    is seen is never in one that is hidden.
    """
    now = outside().clock.now()
    async with transaction() as session:
        tree = await hold_tree(HoldTree(command.by, command.id))
        aside = now if command.archived else None
        changed = (
            _put_aside(tree, command.id) if command.archived else _taken_back(tree, command.id)
        )
        await _write(session, changed, archived_at=aside, updated_at=now)
        return await Folders(command.by).one(session, command.id)


@needs("assets.write")
async def delete_folder(command: DeleteFolder) -> None:
    """Its assets, those in the trash too, and its subfolders move up to where it was.

    Raises `NotFound`, `VersionMismatch`, and `NameTaken` when there is a folder with the name of a
    subfolder already. No event tells of each asset: what an event says of an asset has no folder in
    it.
    """
    now = outside().clock.now()
    async with transaction() as session:
        tree = await hold_tree(HoldTree(command.by, command.id))
        row = await session.get_one(FolderRow, command.id, populate_existing=True)
        must_be_version(command.version, row.version)
        parent_id, children = tree.node(command.id).parent_id, tree.inside(command.id)
        for child in children:
            tree.must_be_free(parent_id, child.name_key, child.name, command.id)
        mine = col(FolderRow.id) == command.id
        # From here on no asset can be put into it.
        await session.execute(select(FolderRow.id).where(mine).with_for_update())
        # A name cannot have a slash: a subfolder may have had the name of its parent.
        await _write(session, {command.id}, name_key=f"/{command.id}")
        await _write(session, {child.id for child in children}, parent_id=parent_id, updated_at=now)
        for table in ASSETS:
            await _move_assets(session, table, command.id, parent_id, now)
        await session.execute(delete(FolderRow).where(mine))


def _put_aside(tree: Tree, id: UUID) -> set[UUID]:
    """The folder and all below that are not aside yet."""
    return {one for one in (id, *tree.below(id)) if tree.nodes[one].archived_at is None}


def _taken_back(tree: Tree, id: UUID) -> set[UUID]:
    """The folder, those below that were put aside in the same moment, and all above."""
    moment = tree.nodes[id].archived_at
    if moment is None:
        return set()
    together = {one for one in tree.below(id) if tree.nodes[one].archived_at == moment}
    above = {one for one in tree.above(id) if tree.nodes[one].archived_at is not None}
    return {id} | together | above


async def _write(session: AsyncSession, ids: set[UUID], **values: Any) -> None:
    if ids:
        several = update(FolderRow).where(col(FolderRow.id).in_(ids))
        await session.execute(several.values(**values, version=FolderRow.version + 1))


async def _move_assets(
    session: AsyncSession,
    table: type[AssetRow],
    folder_id: UUID,
    parent_id: UUID | None,
    now: datetime,
) -> None:
    inside = col(table.folder_id) == folder_id
    await hold_rows(session, table, inside)
    await session.execute(
        update(table)
        .where(inside)
        .values(folder_id=parent_id, version=table.version + 1, updated_at=now)
    )
