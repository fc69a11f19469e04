"""Where the workspace dialect carries its credential: the `ink_session` cookie.

A browser sends the cookie by itself, so a write must come from our own pages: its Origin is that of
the public address or of the host asked (OWASP, CSRF Prevention Cheat Sheet, verifying origin).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request, Security
from fastapi.security import APIKeyCookie

from activities.rules.actors import Actor
from activities.rules.errors import CredentialMissing, NotFound
from activities.rules.spelling import unprefixed
from activities.sessions import AuthenticateSession, authenticate_session
from api.faults import OriginRefused

COOKIE = "ink_session"

documented = Security(APIKeyCookie(name=COOKIE, auto_error=False))


async def authenticate(request: Request) -> Actor:
    """The actor behind the cookie, for the organization that `?orgId=` names.

    Raises the `Credential...` refusals, `OriginRefused`, and `NotFound` for an organization that is
    not the person's.
    """
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise CredentialMissing(f"sign in, so that the {COOKIE} cookie is set")
    if request.method not in ("GET", "HEAD") and not _same_site(request):
        raise OriginRefused
    named = request.query_params.get("orgId")
    organization = unprefixed("org", named) if named else None
    if named and organization is None:
        raise NotFound("organization")
    return await authenticate_session(AuthenticateSession(token, organization))


def _same_site(request: Request) -> bool:
    """Whether a browser's write comes from us; a client that is no browser sends no Origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") in (None, "same-origin", "none")
    ours = urlsplit(request.app.state.public_url)
    return origin in (f"{ours.scheme}://{ours.netloc}", str(request.base_url).rstrip("/"))
