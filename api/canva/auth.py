"""Where the canva dialect carries its credential: `Authorization: Bearer`, or `X-API-Key`.

A bearer is an OAuth access token or an ink_ key; `X-API-Key` is an ink_ key. When both headers are
sent the bearer counts.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from activities.keys import AuthenticateKey, authenticate_key
from activities.oauth.tokens import AuthenticateOAuth, authenticate_oauth
from activities.rules.actors import Actor
from activities.rules.errors import CredentialMissing
from activities.rules.oauth import ACCESS_PREFIX
from api.bearer import bearer_of

HEADER = "X-API-Key"

_bearer = HTTPBearer(description="an OAuth access token or an ink_ key", auto_error=False)
_key = APIKeyHeader(name=HEADER, auto_error=False)


def _either(_: Annotated[Any, Security(_bearer)], __: Annotated[Any, Security(_key)]) -> None:
    """Nothing to do: the router authenticates; this names both in the document."""


documented = Depends(_either)


async def authenticate(request: Request) -> Actor:
    """The actor behind the token or key; raises the `Credential...` refusals."""
    bearer = bearer_of(request)
    if bearer.startswith(ACCESS_PREFIX):
        return await authenticate_oauth(AuthenticateOAuth(bearer, dialect="canva"))
    secret = bearer or request.headers.get(HEADER, "").strip()
    if not secret:
        raise CredentialMissing(f"an OAuth access token as a bearer, or an ink_ key in {HEADER}")
    return await authenticate_key(AuthenticateKey(dialect="canva", secret=secret))
