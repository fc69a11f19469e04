"""`/api/folders`: what assets are kept in, as a tree in each workspace."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import Field

from activities.rules.colours import COLOUR
from activities.rules.nesting import DEEPEST
from activities.rules.spelling import prefixed
from activities.rules.tagging import LONGEST_FOLDER
from activities.shelf.folder_ends import ArchiveFolder, DeleteFolder, archive_folder, delete_folder
from activities.shelf.folder_views import FolderView
from activities.shelf.folders import (
    CreateFolder,
    ListFolders,
    ReadFolder,
    UpdateFolder,
    create_folder,
    list_folders,
    read_folder,
    update_folder,
)
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, WorkspaceId, an_id, path_id, to_uuid
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["folders"])

to_id = partial(path_id, "fld", "folder")

ALL = "/api/folders"
ONE = "/api/folders/{id}"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as fld_ and 32 hex digits")]
Name = Annotated[
    Text,
    Field(
        max_length=LONGEST_FOLDER,
        description="without slashes; beside each other no two are the same, case ignored",
        examples=["Summer sale"],
    ),
]
Colour = Annotated[
    Text,
    Field(
        max_length=7,
        description="how it is marked",
        examples=["#0f766e"],
        json_schema_extra={"pattern": COLOUR},
    ),
]
ParentId = Annotated[
    Text,
    Field(
        max_length=LONGEST_ID,
        description=f"the folder that it is in, null at the top; at most {DEEPEST} deep",
        examples=[None],
        json_schema_extra=an_id("fld"),
    ),
]


class FolderIn(In):
    """A folder to make."""

    name: Name = Field(min_length=1)
    workspace_id: Text | None = Field(
        None,
        max_length=LONGEST_ID,
        description="null: that of the parent, or the first one",
        examples=[None],
        json_schema_extra=an_id("wsp"),
    )
    parent_id: ParentId | None = None
    colour: Colour | None = None


class FolderChangesIn(In):
    """What of a folder to change: what is left out stays as it is."""

    name: Name = Field(default_factory=str)
    parent_id: ParentId | None = Field(default_factory=lambda: None)
    colour: Colour | None = Field(default_factory=lambda: None)


class FolderOut(Out):
    """A folder."""

    id: str = Field(description="its id", examples=["fld_" + "0" * 32])
    workspace_id: str = Field(description="where it is", examples=["wsp_" + "0" * 32])
    parent_id: str | None = Field(
        description="the folder that it is in; null at the top", examples=[None]
    )
    name: str = Field(description="what you call it", examples=["Summer sale"])
    colour: str | None = Field(description="how it is marked", examples=["#0f766e"])
    path: list[str] = Field(
        description="the names from the top down to its own", examples=[["Print", "Summer sale"]]
    )
    asset_count: int = Field(
        description="how many codes, links, barcodes and pages are right in it", examples=[12]
    )
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(
        description="when it was made", examples=["2026-11-21T12:00:00.000Z"]
    )
    updated_at: Moment = Field(
        description="when it was changed last", examples=["2026-11-21T12:00:00.000Z"]
    )
    archived_at: Moment | None = Field(description="when it was put aside", examples=[None])


@router.get(ALL, summary="List folders by name")
async def list_all(
    by: By,
    asked: Asked,
    workspace_id: WorkspaceId = None,
    archived: Annotated[
        bool, Query(description="those that are put aside, in place of the others")
    ] = False,
    org_id: OrgId = None,
) -> PlainPageOut[FolderOut]:
    home = to_uuid("workspace_id", "wsp", workspace_id)
    return present_plain(await list_folders(ListFolders(by, asked, home, archived)), present_folder)


@router.post(ALL, status_code=201, summary="Make a folder")
async def create(body: FolderIn, by: By, response: Response, org_id: OrgId = None) -> FolderOut:
    command = CreateFolder(
        by,
        body.name,
        workspace_id=to_uuid("workspace_id", "wsp", body.workspace_id),
        parent_id=to_uuid("parent_id", "fld", body.parent_id),
        colour=body.colour,
    )
    return answer(response, await create_folder(command))


@router.get(ONE, summary="Fetch one folder")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> FolderOut:
    return answer(response, await read_folder(ReadFolder(by, to_id(id))))


@router.patch(ONE, summary="Rename, mark or move a folder; what is in it comes along")
async def change(
    id: PathId,
    body: FolderChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> FolderOut:
    command = UpdateFolder(by, to_id(id), version=expected, **to_changes(body))
    return answer(response, await update_folder(command))


@router.delete(ONE, status_code=204, summary="Dissolve a folder; what is in it moves up")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_folder(DeleteFolder(by, to_id(id), version=expected))


@router.post(f"{ONE}/archive", summary="Put a folder aside; its assets work all the same")
async def archive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> FolderOut:
    return answer(response, await archive_folder(ArchiveFolder(by, to_id(id))))


@router.post(f"{ONE}/unarchive", summary="Put a folder back among the others")
async def unarchive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> FolderOut:
    return answer(response, await archive_folder(ArchiveFolder(by, to_id(id), archived=False)))


def to_changes(body: FolderChangesIn) -> dict[str, Any]:
    """The fields that were given, as the domain takes them."""
    changes = body.model_dump(exclude_unset=True)
    if "parent_id" in changes:
        changes["parent_id"] = to_uuid("parent_id", "fld", changes["parent_id"])
    return changes


def answer(response: Response, folder: FolderView) -> FolderOut:
    """The folder in this dialect's words, under its ETag."""
    set_etag(response, folder.version)
    return present_folder(folder)


def present_folder(folder: FolderView) -> FolderOut:
    """The folder in this dialect's words."""
    return FolderOut(
        id=prefixed("fld", folder.id),
        workspace_id=prefixed("wsp", folder.workspace_id),
        parent_id=prefixed("fld", folder.parent_id) if folder.parent_id else None,
        name=folder.name,
        colour=folder.colour,
        path=list(folder.path),
        asset_count=folder.asset_count,
        version=folder.version,
        created_at=folder.created_at,
        updated_at=folder.updated_at,
        archived_at=folder.archived_at,
    )
