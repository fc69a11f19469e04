"""`/api/org/{orgId}/team-invites`: invitations that are on their way."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path
from pydantic import Field

from activities.rules.permissions import Role
from activities.rules.spelling import prefixed
from activities.team_invites import (
    InviteMember,
    InviteView,
    ListInvites,
    WithdrawInvite,
    invite_member,
    list_invites,
    withdraw_invite,
)
from api.browser import documented, read_member
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.listing import path_id
from api.workspace.org import OrgId
from api.workspace.paging import Asked

ALL = "/api/org/{orgId}/team-invites"

InviteId = Annotated[str, Path(alias="inviteId")]

router = make_router(read_member, dependencies=[documented], tags=["members"])

to_id = partial(path_id, "inv", "invitation")


class InviteIn(In):
    """Whom to invite, and as what."""

    email: Text = Field(max_length=320, examples=["grace@example.com"])
    role: Role = "viewer"


class InviteOut(Out):
    """An open invitation; the link is in the mail only."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: Moment
    expires_at: Moment


class InvitePageOut(Out):
    """One page of open invitations."""

    items: list[InviteOut]
    total: int
    page: int
    page_size: int


@router.get(ALL, summary="List open invitations")
async def list_all(org_id: OrgId, by: By, asked: Asked) -> InvitePageOut:
    page = await list_invites(ListInvites(by, asked))
    items = [present_invite(invite) for invite in page.items]
    return InvitePageOut(items=items, total=page.total, page=asked.number, page_size=asked.size)


@router.post(ALL, status_code=201, summary="Invite somebody by mail")
async def invite(org_id: OrgId, body: InviteIn, by: By) -> InviteOut:
    return present_invite(await invite_member(InviteMember(by, body.email, body.role)))


@router.delete(f"{ALL}/{{inviteId}}", status_code=204, summary="Withdraw an invitation")
async def withdraw(org_id: OrgId, invite_id: InviteId, by: By) -> None:
    await withdraw_invite(WithdrawInvite(by, to_id(invite_id)))


def present_invite(invite: InviteView) -> InviteOut:
    """The invitation in this dialect's words."""
    return InviteOut(
        id=prefixed("inv", invite.id),
        email=invite.email,
        role=invite.role,
        invited_by=invite.invited_by,
        created_at=invite.created_at,
        expires_at=invite.expires_at,
    )
