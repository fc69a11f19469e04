"""`/api/org/{orgId}/workspaces`: the containers of assets."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path

from activities.rules.spelling import prefixed
from activities.workspaces import (
    CreateWorkspace,
    DeleteWorkspace,
    ListWorkspaces,
    RenameWorkspace,
    WorkspaceView,
    create_workspace,
    delete_workspace,
    list_workspaces,
    rename_workspace,
)
from api.browser import documented, read_member
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.listing import path_id
from api.workspace.org import Name, OrgId
from api.workspace.paging import Asked

ALL = "/api/org/{orgId}/workspaces"
ONE = "/api/org/{orgId}/workspaces/{workspaceId}"

WorkspaceId = Annotated[str, Path(alias="workspaceId")]

router = make_router(read_member, dependencies=[documented], tags=["workspaces"])

to_id = partial(path_id, "wsp", "workspace")


class WorkspaceIn(In):
    """A workspace by its name."""

    name: Name


class WorkspaceOut(Out):
    """A workspace; `assetCount` leaves deleted assets out."""

    id: str
    name: str
    asset_count: int
    created_at: Moment


class WorkspacePageOut(Out):
    """One page of workspaces."""

    items: list[WorkspaceOut]
    total: int
    page: int
    page_size: int


@router.get(ALL, summary="List workspaces")
async def list_all(org_id: OrgId, by: By, asked: Asked) -> WorkspacePageOut:
    page = await list_workspaces(ListWorkspaces(by, asked))
    items = [present_workspace(workspace) for workspace in page.items]
    return WorkspacePageOut(items=items, total=page.total, page=asked.number, page_size=asked.size)


@router.post(ALL, status_code=201, summary="Make a workspace")
async def create(org_id: OrgId, body: WorkspaceIn, by: By) -> WorkspaceOut:
    return present_workspace(await create_workspace(CreateWorkspace(by, body.name)))


@router.patch(ONE, summary="Rename a workspace")
async def rename(
    org_id: OrgId, workspace_id: WorkspaceId, body: WorkspaceIn, by: By
) -> WorkspaceOut:
    command = RenameWorkspace(by, to_id(workspace_id), body.name)
    return present_workspace(await rename_workspace(command))


@router.delete(ONE, status_code=204, summary="Delete an empty workspace")
async def delete(org_id: OrgId, workspace_id: WorkspaceId, by: By) -> None:
    await delete_workspace(DeleteWorkspace(by, to_id(workspace_id)))


def present_workspace(workspace: WorkspaceView) -> WorkspaceOut:
    """The workspace in this dialect's words."""
    return WorkspaceOut(
        id=prefixed("wsp", workspace.id),
        name=workspace.name,
        asset_count=workspace.asset_count,
        created_at=workspace.created_at,
    )
