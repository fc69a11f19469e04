"""`/api/auth`: the account of who is signed in, and the browsers that it is signed in on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Depends, Request, Response

from activities.browsers import (
    CloseSession,
    ListSessions,
    RevokeOtherSessions,
    RevokeSession,
    SessionView,
    close_session,
    list_sessions,
    revoke_other_sessions,
    revoke_session,
)
from activities.organizations import ListOrganizations, OwnOrganization, list_organizations
from activities.rules.errors import NotFound
from activities.rules.paging import PageRequest
from activities.rules.spelling import prefixed, unprefixed
from api.browser import clear_session, documented, read_person
from api.routers import ByPerson, make_person_router
from api.scalars import Moment, Out


def _not_stored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = make_person_router(
    read_person, dependencies=[documented, Depends(_not_stored)], tags=["account"]
)


class UserOut(Out):
    """The person."""

    id: str
    name: str
    email: str


class OrganizationOut(Out):
    """An organization of the person, and the role in it."""

    id: str
    name: str
    slug: str
    role: str | None
    plan: str


class AccountOut(Out):
    """Who is signed in; the organization joined last comes first, 100 at most."""

    user: UserOut
    organizations: list[OrganizationOut]


class SessionOut(Out):
    """A browser; `current` is the one that asks."""

    id: str
    agent: str
    current: bool
    created_at: Moment
    seen_at: Moment


class SessionsOut(Out):
    """The browsers that are signed in, the last used first."""

    items: list[SessionOut]
    total: int


class RevokedOut(Out):
    """How many browsers were signed out."""

    revoked: int


@router.get("/api/auth/session", summary="Who is signed in")
async def account(by: ByPerson) -> AccountOut:
    mine = await list_organizations(ListOrganizations(by, PageRequest(1, 100)))
    return AccountOut(
        user=UserOut(id=prefixed("usr", by.user_id), name=by.name, email=by.email),
        organizations=[present_organization(one) for one in mine.items],
    )


@router.post("/api/auth/logout", status_code=204, summary="Sign out on this browser")
async def sign_out(by: ByPerson, request: Request, response: Response) -> None:
    await close_session(CloseSession(by))
    clear_session(response, request)


@router.get("/api/auth/sessions", summary="List the browsers that are signed in")
async def sessions(by: ByPerson) -> SessionsOut:
    items = [present_session(one) for one in await list_sessions(ListSessions(by))]
    return SessionsOut(items=items, total=len(items))


@router.delete("/api/auth/sessions/{id}", status_code=204, summary="Sign one browser out")
async def revoke(id: str, by: ByPerson) -> None:
    await revoke_session(RevokeSession(by, to_session_id(id)))


@router.delete("/api/auth/sessions", summary="Sign all other browsers out")
async def revoke_others(by: ByPerson) -> RevokedOut:
    return RevokedOut(revoked=(await revoke_other_sessions(RevokeOtherSessions(by))).count)


def to_session_id(text: str) -> UUID:
    """The id in a path; `NotFound` for any other spelling."""
    found = unprefixed("sid", text)
    if found is None:
        raise NotFound("session")
    return found


def present_session(one: SessionView) -> SessionOut:
    """The browser in this dialect's words."""
    return SessionOut(
        id=prefixed("sid", one.id),
        agent=one.agent,
        current=one.current,
        created_at=one.created_at,
        seen_at=one.seen_at,
    )


def present_organization(one: OwnOrganization) -> OrganizationOut:
    """The organization in this dialect's words."""
    told: dict[str, Any] = {"name": one.name, "slug": one.slug, "role": one.role, "plan": one.plan}
    return OrganizationOut(id=prefixed("org", one.id), **told)
