"""Where a browser carries its credential: the `ink_session` cookie, or a session token of Clerk.

A browser sends cookies by itself, so a write must come from our own pages: its Origin is that of
the public address or of the host asked (OWASP, CSRF Prevention Cheat Sheet, verifying origin).
A token in the `Authorization` header is sent by nobody but the page that holds it.
"""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request, Response, Security
from fastapi.security import APIKeyCookie

from activities.clerk import AuthenticateClerk, ClerkAway, authenticate_clerk, clerk_is_on
from activities.rules.actors import Actor, Person
from activities.rules.errors import CredentialMissing, NotFound
from activities.rules.spelling import unprefixed
from activities.sessions import (
    AuthenticatePerson,
    AuthenticateSession,
    ChooseOrganization,
    authenticate_person,
    authenticate_session,
    choose_organization,
)
from activities.visitors import LONGEST_AGENT, read_agent
from api.bearer import bearer_of
from api.faults import OriginRefused, ServiceAway

COOKIE = "ink_session"
CLERK_COOKIE = "__session"

COOKIE_SECONDS = 400 * 24 * 60 * 60
"""As long as browsers keep any cookie; when a session ends is decided by its row."""

documented = Security(APIKeyCookie(name=COOKIE, auto_error=False))


async def read_person(request: Request) -> Person:
    """Who is signed in.

    Raises the `Credential...` refusals, `OriginRefused`, and `ServiceAway` while the keys of Clerk
    cannot be had.
    """
    token = _cookie(request)
    if token is not None:
        return await authenticate_person(AuthenticatePerson(token))
    return await _of_clerk(request)


async def read_member(request: Request) -> Actor:
    """Who is signed in, acting for the organization that the path or `?orgId=` names.

    Raises what `read_person` does, and `NotFound` for an organization that is not the person's.
    """
    token = _cookie(request)
    if token is not None:
        organization = _organization(request)
        return await authenticate_session(AuthenticateSession(token, organization))
    person = await _of_clerk(request)
    return await choose_organization(ChooseOrganization(person, _organization(request)))


def set_session(response: Response, request: Request, token: str) -> None:
    """Hand the browser its session: no script reads it, no other site's page sends it along."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, request: Request) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        COOKIE, path="/", secure=_is_secure(request), httponly=True, samesite="lax"
    )


def agent_of(request: Request) -> str:
    """The browser and its system in words, as `Firefox on Windows`."""
    agent = read_agent(request.headers.get("user-agent", "")[:LONGEST_AGENT])
    return " on ".join(filter(None, (agent.browser, agent.os))) or "Unknown browser"


def _cookie(request: Request) -> str | None:
    """Our own cookie; None where the request carries a credential of Clerk instead."""
    token = request.cookies.get(COOKIE)
    if clerk_is_on() and (bearer_of(request) or (not token and request.cookies.get(CLERK_COOKIE))):
        return None
    if not token:
        raise CredentialMissing(f"sign in, so that the {COOKIE} cookie is set")
    _must_be_ours(request)
    return token


async def _of_clerk(request: Request) -> Person:
    token = bearer_of(request)
    if not token:
        _must_be_ours(request)
        token = request.cookies[CLERK_COOKIE]
    try:
        return await authenticate_clerk(AuthenticateClerk(token))
    except ClerkAway:
        raise ServiceAway("The sign-in service") from None


def _organization(request: Request) -> UUID | None:
    named = request.path_params.get("orgId") or request.query_params.get("orgId")
    organization = unprefixed("org", named) if named else None
    if named and organization is None:
        raise NotFound("organization")
    return organization


def _must_be_ours(request: Request) -> None:
    """Refuse a write that another site made the browser send."""
    if request.method not in ("GET", "HEAD") and not _same_site(request):
        raise OriginRefused


def _same_site(request: Request) -> bool:
    """Whether a browser's write comes from us; a client that is no browser sends no Origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") in (None, "same-origin", "none")
    ours = urlsplit(request.app.state.public_url)
    return origin in (f"{ours.scheme}://{ours.netloc}", str(request.base_url).rstrip("/"))


def _is_secure(request: Request) -> bool:
    """Whether the cookie may go over TLS only; a proxy may have taken that off on the way here."""
    public = urlsplit(request.app.state.public_url)
    return "https" in (request.url.scheme, public.scheme)
