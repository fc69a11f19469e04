"""Where an asset is after a change: another workspace, folder, or other tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from activities.permits import needs
from activities.rules.actors import Actor
from activities.shelf.placing import (
    FindFolder,
    NameTags,
    Place,
    PlaceAsset,
    find_folder,
    name_tags,
    place_asset,
)
from activities.shelf.workspaces import FindWorkspace, find_workspace
from schema.assets import AssetRow
from schema.db import transaction
from schema.tables import WorkspaceRow


@dataclass(frozen=True)
class MoveAsset:
    """The place that an asset has, and what of it shall change.

    None for `new_workspace_id` and `tags` leaves them; `moves_folder` says whether
    `new_folder_id` is meant, for none at all is a folder too.
    """

    by: Actor
    place: Place
    new_workspace_id: UUID | None = None
    moves_folder: bool = False
    new_folder_id: UUID | None = None
    tags: tuple[str, ...] | None = None

    @classmethod
    def of(cls, by: Actor, row: AssetRow, asked: Mapping[str, Any]) -> MoveAsset:
        """From what a change gives of `workspace_id`, `folder_id` and `tags`."""
        return cls(
            by,
            place_of(row),
            asked.get("workspace_id"),
            "folder_id" in asked,
            asked.get("folder_id"),
            asked.get("tags"),
        )


@dataclass(frozen=True)
class PlaceAgain:
    """An asset comes out of the trash, where it had this place."""

    by: Actor
    place: Place


@needs("assets.write")
async def place_again(command: PlaceAgain) -> Place:
    """The same place, held until the open transaction ends; or, when its workspace was deleted
    meanwhile, the organization's first one, in no folder. Raises `NoWorkspace`.

    The caller has asked for room (`have_room`) before it locked the asset: whoever ends a tag holds
    the organization and waits for assets.
    """
    place = command.place
    alive = select(WorkspaceRow.id).where(
        WorkspaceRow.id == place.workspace_id, col(WorkspaceRow.deleted_at).is_(None)
    )
    async with transaction() as session:
        locked = alive.with_for_update(read=True, key_share=True)
        if (await session.execute(locked)).first() is not None:
            return place
        found = await place_asset(PlaceAsset(command.by))
    return replace(place, workspace_id=found.workspace_id, folder_id=None)


@needs("assets.write")
async def find_new_place(command: MoveAsset) -> Place:
    """The new place, held until the open transaction ends.

    Another workspace takes the asset out of its folder, unless a folder there is given. Raises
    `NotFound` for a workspace or folder that is not the actor's, `InvalidFields` for tags.
    """
    by, place = command.by, command.place
    workspace_id, folder_id = place.workspace_id, place.folder_id
    if command.new_workspace_id not in (None, workspace_id):
        found = await find_workspace(FindWorkspace(by, command.new_workspace_id))
        workspace_id, folder_id = found.id, None
    if command.moves_folder:
        folder_id = command.new_folder_id
    stays = (workspace_id, folder_id) == (place.workspace_id, place.folder_id)
    if folder_id is not None and not stays:
        await find_folder(FindFolder(by, folder_id, workspace_id))
    tag_ids = place.tag_ids
    if command.tags is not None:
        tag_ids = (await name_tags(NameTags(by, command.tags))).ids
    return Place(workspace_id, folder_id, tag_ids)


def place_of(row: AssetRow) -> Place:
    """Where an asset is."""
    return Place(row.workspace_id, row.folder_id, tuple(row.tag_ids))
