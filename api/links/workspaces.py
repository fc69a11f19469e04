"""`/api/v1/workspaces`: what this language calls a workspace is our organization."""

from __future__ import annotations

from pydantic import Field

from activities.organizations import (
    FoundByKey,
    ListOrganizationsOfKey,
    OwnOrganization,
    found_by_key,
    list_organizations_of_key,
)
from activities.rules.naming import LONGEST_NAME, SLUG
from activities.rules.permissions import Role
from activities.rules.spelling import prefixed
from api.dialect import Text
from api.links.auth import authenticate, documented
from api.links.paging import Asked
from api.routers import By, make_router
from api.scalars import In, Moment, Out

router = make_router(authenticate, dependencies=[documented], tags=["workspaces"])


class WorkspaceIn(In):
    """A workspace to make; without a slug one is made from its name."""

    name: Text = Field(min_length=1, max_length=LONGEST_NAME, examples=["Acme Print"])
    slug: Text | None = Field(None, json_schema_extra={"pattern": SLUG})


class WorkspaceOut(Out):
    """A workspace; `role` is that of the person who made the key, null when there is none."""

    id: str
    name: str
    slug: str
    plan: str
    role: Role | None
    created_at: Moment


@router.get("/api/v1/workspaces", summary="List my workspaces")
async def list_all(by: By, asked: Asked) -> list[WorkspaceOut]:
    page = await list_organizations_of_key(ListOrganizationsOfKey(by, asked))
    return [present_workspace(organization) for organization in page.items]


@router.post("/api/v1/workspaces", status_code=201, summary="Create a workspace")
async def create(body: WorkspaceIn, by: By) -> WorkspaceOut:
    return present_workspace(await found_by_key(FoundByKey(by, body.name, body.slug)))


def present_workspace(organization: OwnOrganization) -> WorkspaceOut:
    """The organization in this dialect's words."""
    return WorkspaceOut(
        id=prefixed("org", organization.id),
        name=organization.name,
        slug=organization.slug,
        plan=organization.plan,
        role=organization.role,
        created_at=organization.created_at,
    )
