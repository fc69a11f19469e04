"""`/api/canva/folders`: where the assets of a library are kept."""

from __future__ import annotations

from pydantic import Field

from activities.rules.nesting import MOST_FOLDERS
from activities.rules.paging import PageRequest
from activities.rules.spelling import prefixed
from activities.shelf.folder_views import FolderView
from activities.shelf.folders import ListFolders, list_folders
from api.canva.auth import authenticate, documented
from api.canva.library import LibraryOut, present_library
from api.routers import By, make_router
from api.scalars import Moment, Out

router = make_router(authenticate, dependencies=[documented], tags=["folders"])

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"


class FolderOut(Out):
    """A folder that is not put aside."""

    id: str = Field(description="its id", examples=[f"fld_{_AN_ID}"])
    name: str = Field(description="what it is called", examples=["Campaigns"])
    parent_id: str | None = Field(
        description="the folder it is in; null at the top", examples=[None]
    )
    path: list[str] = Field(
        description="the names from the top down to its own", examples=[["2026", "Campaigns"]]
    )
    workspace_id: str = Field(description="the workspace it is in", examples=[f"wsp_{_AN_ID}"])
    asset_count: int = Field(description="assets of every kind right in it", examples=[3])
    updated_at: Moment = Field(
        description="when it was changed last", examples=["2026-05-07T18:42:30.123Z"]
    )


@router.get(
    "/api/canva/folders",
    summary=f"List folders by name, the first {MOST_FOLDERS:,} of them",
)
async def list_all(by: By) -> LibraryOut[FolderOut]:
    page = await list_folders(ListFolders(by, PageRequest(size=MOST_FOLDERS)))
    return present_library(page, present_folder)


def present_folder(folder: FolderView) -> FolderOut:
    """The folder in this dialect's words."""
    return FolderOut(
        id=prefixed("fld", folder.id),
        name=folder.name,
        parent_id=prefixed("fld", folder.parent_id) if folder.parent_id else None,
        path=list(folder.path),
        workspace_id=prefixed("wsp", folder.workspace_id),
        asset_count=folder.asset_count,
        updated_at=folder.updated_at,
    )
