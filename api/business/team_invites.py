"""`/api/team-invites`: following an invitation, which signs in who was invited."""

from __future__ import annotations

from fastapi import Request, Response
from pydantic import BaseModel, Field

from activities.rules.naming import LONGEST_NAME
from activities.rules.permissions import Role
from activities.rules.throttles import AUTH
from activities.sessions import OpenSession, open_session
from activities.team_invites import AcceptInvite, Joined, accept_invite
from api.browser import agent_of, set_session
from api.dialect import Body, Text
from api.routers import make_public_router
from api.scalars import Id

router = make_public_router(AUTH, tags=["members"])


class AcceptIn(Body):
    """The token of the link in the mail; `name` is for who has no account yet."""

    token: Text = Field(max_length=200, examples=["inv_s3cr3t-fr0m-the-mail"])
    name: Text = Field("", max_length=LONGEST_NAME)


class BusinessOut(BaseModel):
    """Where the person belongs now; `id` is that of its first workspace, null without one."""

    id: Id | None
    organization_id: Id
    name: str
    slug: str
    role: Role


class UserOut(BaseModel):
    """The person."""

    id: Id
    name: str
    email: str


class AcceptedOut(BaseModel):
    """The invitation is used up, and the session cookie is set."""

    message: str
    business: BusinessOut
    user: UserOut


@router.post("/api/team-invites/accept", summary="Accept an invitation")
async def accept(body: AcceptIn, request: Request, response: Response) -> AcceptedOut:
    joined = await accept_invite(AcceptInvite(body.token, body.name))
    session = await open_session(OpenSession(joined.person.id, agent_of(request)))
    set_session(response, request, session.token)
    return present_joined(joined)


def present_joined(joined: Joined) -> AcceptedOut:
    """Who came in where, in this dialect's words."""
    person = joined.person
    return AcceptedOut(
        message=f"You are now in {joined.name}.",
        business=BusinessOut(
            id=joined.workspace_id,
            organization_id=joined.organization_id,
            name=joined.name,
            slug=joined.slug,
            role=joined.role,
        ),
        user=UserOut(id=person.id, name=person.name, email=person.email),
    )
