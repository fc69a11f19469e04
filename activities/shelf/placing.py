"""Where an asset is put: its workspace, its folder and its tags, and whether there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.plans import must_have_room, plan_of
from activities.rules.tagging import normalised_tags, tag_key
from activities.shelf.workspaces import FindWorkspace, find_workspace
from schema.db import transaction
from schema.locks import count_assets, lock_organization
from schema.tables import FolderRow, TagRow


@dataclass(frozen=True)
class PlaceAsset:
    """A new asset wants a place: in this workspace, or the organization's first."""

    by: Actor
    workspace_id: UUID | None = None
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class HaveRoom:
    """The actor's organization wants `more` assets."""

    by: Actor
    more: int = 1


@dataclass(frozen=True)
class Place:
    """Where it goes."""

    workspace_id: UUID
    folder_id: UUID | None
    tag_ids: tuple[UUID, ...]

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of an asset that say so."""
        return {
            "workspace_id": self.workspace_id,
            "folder_id": self.folder_id,
            "tag_ids": list(self.tag_ids),
        }


@dataclass(frozen=True)
class FindFolder:
    """A folder of this workspace, to put an asset into."""

    by: Actor
    folder_id: UUID
    workspace_id: UUID


@dataclass(frozen=True)
class NameTags:
    """Tags by their names; those that are missing are made."""

    by: Actor
    names: tuple[str, ...]


@dataclass(frozen=True)
class Tags:
    """Their ids, in the order of the names."""

    ids: tuple[UUID, ...]


@needs("assets.write")
async def place_asset(command: PlaceAsset) -> Place:
    """The place, held until the open transaction ends; creates of a limited plan take turns.

    Raises `PlanLimitReached`, `NoWorkspace`, `InvalidFields` for tags, and `NotFound` for a
    workspace or folder that is not the actor's.
    """
    by = command.by
    async with transaction():
        await have_room(HaveRoom(by))
        workspace_id = (await find_workspace(FindWorkspace(by, command.workspace_id))).id
        if command.folder_id is not None:
            await find_folder(FindFolder(by, command.folder_id, workspace_id))
        tags = await name_tags(NameTags(by, command.tags))
    return Place(workspace_id, command.folder_id, tags.ids)


@needs("assets.write")
async def have_room(command: HaveRoom) -> None:
    """Raise `PlanLimitReached` for what the plan has no room for.

    Creates of a limited plan take turns until their transactions end.
    """
    by = command.by
    if plan_of(by.plan).assets is None:
        return
    async with transaction() as session:
        plan = await lock_organization(session, by.organization_id)
        present = await count_assets(session, by.organization_id)
    must_have_room(plan, "assets", plan_of(plan).assets, present + command.more - 1)


@needs("assets.write")
async def find_folder(command: FindFolder) -> None:
    """Hold the folder against its deletion. `NotFound` when the workspace has no such folder."""
    query = (
        select(FolderRow.id)
        .where(
            FolderRow.id == command.folder_id,
            FolderRow.organization_id == command.by.organization_id,
            FolderRow.workspace_id == command.workspace_id,
        )
        .with_for_update(read=True, key_share=True)
    )
    async with transaction() as session:
        if (await session.execute(query)).first() is None:
            raise NotFound("folder")


@needs("assets.write")
async def name_tags(command: NameTags) -> Tags:
    """The ids of the tags; case is ignored. Raises `InvalidFields` (`tags`)."""
    names = normalised_tags(command.names)
    if not names:
        return Tags(())
    home = command.by.organization_id
    async with transaction() as session:
        found = await _tag_ids(session, home, names)
        # One that somebody else made may be gone again before it is looked at.
        while missing := [name for name in names if tag_key(name) not in found]:
            await _make_tags(session, home, missing, outside().clock.now())
            found = await _tag_ids(session, home, names)
    return Tags(tuple(found[tag_key(name)] for name in names))


async def _tag_ids(
    session: AsyncSession, organization_id: UUID, names: Sequence[str]
) -> dict[str, UUID]:
    query = (
        select(TagRow.name_key, TagRow.id)
        .where(
            TagRow.organization_id == organization_id,
            col(TagRow.name_key).in_([tag_key(name) for name in names]),
        )
        # Held against their end: an asset never has a tag that is gone.
        .with_for_update(read=True, key_share=True)
    )
    return dict((await session.execute(query)).all())


async def _make_tags(
    session: AsyncSession, organization_id: UUID, names: Sequence[str], now: datetime
) -> None:
    rows = [
        TagRow(
            created_at=now, organization_id=organization_id, name=name, name_key=tag_key(name)
        ).model_dump()
        # In one order for all, so that two who make the same tags do not wait for each other.
        for name in sorted(names, key=tag_key)
    ]
    await session.execute(insert(TagRow).values(rows).on_conflict_do_nothing())
