"""`/api/auth/grants`: what the person who is signed in allowed to applications of others."""

from __future__ import annotations

from functools import partial

from activities.oauth.grants import GrantView, ListGrants, RevokeGrant, list_grants, revoke_grant
from activities.rules.spelling import prefixed
from api.browser import documented, read_person
from api.routers import ByPerson, make_person_router
from api.scalars import Moment, Out
from api.workspace.listing import path_id

ALL = "/api/auth/grants"

router = make_person_router(read_person, dependencies=[documented], tags=["account"])

to_id = partial(path_id, "grt", "grant")


class GrantOut(Out):
    """What an application may do in an organization; `workspaceId` null stands for all of it."""

    id: str
    client_id: str
    client_name: str
    organization_id: str
    organization_name: str
    workspace_id: str | None
    scopes: list[str]
    created_at: Moment


class GrantsOut(Out):
    """All that applications can still use, newest first."""

    items: list[GrantOut]
    total: int


@router.get(ALL, summary="List what applications may do in your name")
async def list_all(by: ByPerson) -> GrantsOut:
    items = [present_grant(grant) for grant in await list_grants(ListGrants(by))]
    return GrantsOut(items=items, total=len(items))


@router.delete(f"{ALL}/{{id}}", status_code=204, summary="Take it back")
async def revoke(id: str, by: ByPerson) -> None:
    await revoke_grant(RevokeGrant(by, to_id(id)))


def present_grant(grant: GrantView) -> GrantOut:
    """The grant in this dialect's words."""
    return GrantOut(
        id=prefixed("grt", grant.id),
        client_id=grant.client_id,
        client_name=grant.client_name,
        organization_id=prefixed("org", grant.organization_id),
        organization_name=grant.organization_name,
        workspace_id=prefixed("wsp", grant.workspace_id) if grant.workspace_id else None,
        scopes=list(grant.scopes),
        created_at=grant.created_at,
    )
