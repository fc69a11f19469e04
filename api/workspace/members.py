"""`/api/org/{orgId}/members`: who belongs to an organization, and leaving it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path

from activities.members import (
    ChangeRole,
    LeaveOrganization,
    ListMembers,
    MemberView,
    RemoveMember,
    change_role,
    leave_organization,
    list_members,
    remove_member,
)
from activities.rules.permissions import Role
from activities.rules.spelling import prefixed
from api.browser import documented, read_member
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.listing import path_id
from api.workspace.org import OrgId
from api.workspace.paging import Asked

ONE = "/api/org/{orgId}/members/{memberId}"

MemberId = Annotated[str, Path(alias="memberId")]

router = make_router(read_member, dependencies=[documented], tags=["members"])

to_id = partial(path_id, "mem", "member")


class RoleIn(In):
    """The role that a member is to have."""

    role: Role


class MemberOut(Out):
    """A member; `id` is that of the membership, `userId` that of the person."""

    id: str
    user_id: str
    name: str
    email: str
    role: Role
    joined_at: Moment


class MemberPageOut(Out):
    """One page of members."""

    items: list[MemberOut]
    total: int
    page: int
    page_size: int


@router.get("/api/org/{orgId}/members", summary="List members")
async def list_all(org_id: OrgId, by: By, asked: Asked) -> MemberPageOut:
    page = await list_members(ListMembers(by, asked))
    items = [present_member(member) for member in page.items]
    return MemberPageOut(items=items, total=page.total, page=asked.number, page_size=asked.size)


@router.patch(ONE, summary="Give a member another role")
async def change(org_id: OrgId, member_id: MemberId, body: RoleIn, by: By) -> MemberOut:
    return present_member(await change_role(ChangeRole(by, to_id(member_id), body.role)))


@router.delete(ONE, status_code=204, summary="Remove a member")
async def remove(org_id: OrgId, member_id: MemberId, by: By) -> None:
    await remove_member(RemoveMember(by, to_id(member_id)))


@router.post("/api/org/{orgId}/leave", status_code=204, summary="Leave the organization")
async def leave(org_id: OrgId, by: By) -> None:
    await leave_organization(LeaveOrganization(by))


def present_member(member: MemberView) -> MemberOut:
    """The member in this dialect's words."""
    return MemberOut(
        id=prefixed("mem", member.id),
        user_id=prefixed("usr", member.user_id),
        name=member.name,
        email=member.email,
        role=member.role,
        joined_at=member.joined_at,
    )
