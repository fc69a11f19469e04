"""`/api/org`: the organizations of who is signed in."""

from __future__ import annotations

from activities.organizations import (
    FoundOrganization,
    ListOrganizations,
    OwnOrganization,
    create_organization_for,
    list_organizations,
)
from activities.rules.spelling import prefixed
from api.browser import documented, read_person
from api.routers import ByPerson, make_person_router
from api.scalars import In, Out
from api.workspace.org import Name, OrgOut, Slug
from api.workspace.paging import Asked

router = make_person_router(read_person, dependencies=[documented], tags=["organizations"])


class OrgIn(In):
    """An organization to make; without a slug one is made from its name."""

    name: Name
    slug: Slug | None = None


class OrgPageOut(Out):
    """One page of organizations."""

    items: list[OrgOut]
    total: int
    page: int
    page_size: int


@router.get("/api/org", summary="List the organizations of who is signed in")
async def list_all(by: ByPerson, asked: Asked) -> OrgPageOut:
    page = await list_organizations(ListOrganizations(by, asked))
    items = [present_org(organization) for organization in page.items]
    return OrgPageOut(items=items, total=page.total, page=asked.number, page_size=asked.size)


@router.post("/api/org", status_code=201, summary="Make an organization")
async def create(body: OrgIn, by: ByPerson) -> OrgOut:
    command = FoundOrganization(by, body.name, body.slug)
    return present_org(await create_organization_for(command))


def present_org(organization: OwnOrganization) -> OrgOut:
    """The organization in this dialect's words."""
    return OrgOut(
        id=prefixed("org", organization.id),
        name=organization.name,
        slug=organization.slug,
        plan=organization.plan,
        role=organization.role,
        created_at=organization.created_at,
    )
