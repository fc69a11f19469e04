"""`/api/org/{orgId}`: one organization of who is signed in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from activities.organizations import (
    OrganizationDetails,
    ReadOrganization,
    UpdateOrganization,
    read_organization,
    update_organization,
)
from activities.rules.naming import LONGEST_NAME, SLUG
from activities.rules.permissions import Role
from activities.rules.plans import Plan
from activities.rules.spelling import prefixed
from api.browser import documented, read_member
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Moment, Out

router = make_router(read_member, dependencies=[documented], tags=["organizations"])

OrgId = Annotated[str, Path(alias="orgId", description="such as org_ and 32 hex digits")]

Name = Annotated[Text, Field(min_length=1, max_length=LONGEST_NAME, examples=["Acme Print"])]
Slug = Annotated[Text, Field(json_schema_extra={"pattern": SLUG})]


class OrgChangesIn(In):
    """What is left out or null stays as it is."""

    name: Name | None = None
    slug: Slug | None = None
    expiry_warning_days: list[Literal[7, 1]] | None = Field(
        None,
        max_length=10,
        description="how many days before a code or link ends it is warned of, a code with "
        "qr.expiry_warning: 7, 1, both or none",
        examples=[[7, 1]],
    )


class OrgOut(Out):
    """An organization, and the role in it of who asks."""

    id: str
    name: str
    slug: str
    plan: str
    role: Role | None
    created_at: Moment


class LimitsOut(Out):
    """What the plan allows; null is without limit."""

    members: int | None
    assets: int | None
    keys: int | None
    contacts: int | None
    renders_per_month: int | None
    sends_per_month: int | None
    largest_inches: int
    retention_days: int
    calls_per_minute: int
    calls_at_once: int
    apis: list[str]


class OrgDetailsOut(OrgOut):
    """An organization with its figures."""

    limits: LimitsOut
    member_count: int
    asset_count: int
    expiry_warning_days: list[int] = Field(
        description="how many days before a code or link ends it is warned of", examples=[[7, 1]]
    )


@router.get("/api/org/{orgId}", summary="Fetch an organization, its limits and its figures")
async def fetch(org_id: OrgId, by: By) -> OrgDetailsOut:
    return present_details(await read_organization(ReadOrganization(by)), by.role)


@router.patch("/api/org/{orgId}", summary="Change name, slug or settings")
async def change(org_id: OrgId, body: OrgChangesIn, by: By) -> OrgDetailsOut:
    days = None if body.expiry_warning_days is None else tuple(body.expiry_warning_days)
    changed = await update_organization(UpdateOrganization(by, body.name, body.slug, days))
    return present_details(changed, by.role)


def present_details(organization: OrganizationDetails, role: Role | None) -> OrgDetailsOut:
    """The organization and its figures in this dialect's words."""
    return OrgDetailsOut(
        id=prefixed("org", organization.id),
        name=organization.name,
        slug=organization.slug,
        plan=organization.plan,
        role=role,
        created_at=organization.created_at,
        limits=present_limits(organization.limits),
        member_count=organization.member_count,
        asset_count=organization.asset_count,
        expiry_warning_days=list(organization.expiry_warning_days),
    )


def present_limits(plan: Plan) -> LimitsOut:
    """What a plan allows in this dialect's words."""
    return LimitsOut(
        members=plan.members,
        assets=plan.assets,
        keys=plan.keys,
        contacts=plan.contacts,
        renders_per_month=plan.renders_a_month,
        sends_per_month=plan.sends_a_month,
        largest_inches=plan.largest_inches,
        retention_days=plan.retention_days,
        calls_per_minute=plan.per_minute,
        calls_at_once=plan.burst,
        apis=sorted(plan.apis),
    )
