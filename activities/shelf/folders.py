"""Folders: where assets of every kind are kept, in a tree of its own in each workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col

from activities.outside import outside
from activities.permits import needs
from activities.rules import colours, tagging
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version
from activities.rules.errors import InvalidFields
from activities.rules.nesting import Tree
from activities.rules.paging import Page, PageRequest
from activities.rules.visible import bare, one_line
from activities.shelf.folder_tree import HoldTree, hold_tree
from activities.shelf.folder_views import Folders, FolderView
from schema.db import transaction
from schema.tables import FolderRow


@dataclass(frozen=True)
class ListFolders:
    """Folders of the actor's organization by name, or those of one workspace.

    Those that are put aside are left out; with `archived` the others are.
    """

    by: Actor
    page: PageRequest
    workspace_id: UUID | None = None
    archived: bool = False


@dataclass(frozen=True)
class ReadFolder:
    """One folder."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class CreateFolder:
    """A folder in another one, or at the top of a workspace: this one or the first."""

    by: Actor
    name: str
    workspace_id: UUID | None = None
    parent_id: UUID | None = None
    colour: str | None = None


@dataclass(frozen=True)
class UpdateFolder:
    """Change what is given; `parent_id` moves the folder with all in it, null to the top.

    With `version` only if it is still that one.
    """

    by: Actor
    id: UUID
    version: int | None = None
    name: str | Unset = UNSET
    colour: str | Unset | None = UNSET
    parent_id: UUID | Unset | None = UNSET


@needs("assets.read")
async def list_folders(command: ListFolders) -> Page[FolderView]:
    """One page. A workspace that is not the actor's has none."""
    aside = col(FolderRow.archived_at)
    only: list[ColumnElement[bool]] = [aside.is_not(None) if command.archived else aside.is_(None)]
    if command.workspace_id is not None:
        only.append(col(FolderRow.workspace_id) == command.workspace_id)
    async with transaction() as session:
        return await Folders(command.by).page(session, command.page, *only)


@needs("assets.read")
async def read_folder(command: ReadFolder) -> FolderView:
    """One folder; `NotFound` when there is none or it is another tenant's."""
    async with transaction() as session:
        return await Folders(command.by).one(session, command.id)


@needs("assets.write")
async def create_folder(command: CreateFolder) -> FolderView:
    """Make it, empty.

    Raises `InvalidFields`, `NameTaken` beside one of that name, `NoWorkspace`, and `NotFound` for a
    workspace or parent that is not the actor's or a parent in another workspace.
    """
    by, now = command.by, outside().clock.now()
    values = _judged({"name": command.name, "colour": command.colour})
    async with transaction() as session:
        tree = await hold_tree(HoldTree(by, command.parent_id, command.workspace_id))
        tree.must_have_room()
        tree.must_fit(command.parent_id)
        tree.must_be_free(command.parent_id, values["name_key"], values["name"])
        row = FolderRow(
            **values,
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            workspace_id=tree.workspace_id,
            parent_id=command.parent_id,
        )
        session.add(row)
        await session.flush()
        return await Folders(by).one(session, row.id)


@needs("assets.write")
async def update_folder(command: UpdateFolder) -> FolderView:
    """The folder after the change.

    Raises `NotFound` also for a parent that its workspace does not have, `VersionMismatch`,
    `NameTaken`, and `InvalidFields` for a name or colour, and where the folder cannot go: into
    itself or below.
    """
    by, values = command.by, _judged(given(command))
    async with transaction() as session:
        tree = await hold_tree(HoldTree(by, command.id))
        row = await session.get_one(FolderRow, command.id, populate_existing=True)
        must_be_version(command.version, row.version)
        _must_stand(tree, command.id, values)
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        if changes:
            now = outside().clock.now()
            row.sqlmodel_update({**changes, "updated_at": now, "version": row.version + 1})
            await session.flush()
        return await Folders(by).one(session, command.id)


def _must_stand(tree: Tree, id: UUID, values: dict[str, Any]) -> None:
    """Refuse a place or name that the folder cannot have; what stays is not judged again."""
    node = tree.node(id)
    parent_id = values.get("parent_id", node.parent_id)
    if parent_id != node.parent_id:
        tree.must_fit(parent_id, moved=id)
    tree.must_be_free(
        parent_id, values.get("name_key", node.name_key), values.get("name", node.name), id
    )


def _judged(values: dict[str, Any]) -> dict[str, Any]:
    """The columns to write. Raises `InvalidFields` for a name or colour."""
    wrong: dict[str, list[str]] = {}
    if "name" in values:
        if refusal := tagging.folder_refusal(values["name"]):
            wrong["name"] = [refusal]
        name = one_line(values["name"])
        values = {**values, "name": name, "name_key": bare(name)}
    if values.get("colour") is not None and (refusal := colours.refusal(values["colour"])):
        wrong["colour"] = [refusal]
    if wrong:
        raise InvalidFields(wrong)
    return values
