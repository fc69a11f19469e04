"""Where the studio dialect carries its credential: `X-Api-Key`, or a bearer token (RFC 6750).

A program sends an API key, a person's dashboard the access token of a sign-in. When both are sent
the key counts.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.credentials import KEY_PREFIXES
from activities.rules.errors import CredentialMissing
from activities.token_pairs import AuthenticateJwt, authenticate_jwt
from api.bearer import bearer_of

HEADER = "X-Api-Key"
DIALECT = "studio"

_key = APIKeyHeader(name=HEADER, auto_error=False)
_bearer = HTTPBearer(
    bearerFormat="JWT", description="the access token of a sign-in", auto_error=False
)


def _either(_: Annotated[Any, Security(_key)], __: Annotated[Any, Security(_bearer)]) -> None:
    """Nothing to do: the router authenticates; this names both in the document."""


documented = Depends(_either)
"""In the document: an API key or an access token."""

documented_for_people = Security(_bearer)
"""In the document: an access token."""

documented_for_keys = Security(_key)
"""In the document: an API key."""


async def authenticate(request: Request) -> Actor:
    """The actor behind a key or an access token; raises the `Credential...` refusals."""
    bearer, secret = bearer_of(request), _key_of(request)
    if secret:
        return await authenticate_key(AuthenticateKey(dialect=DIALECT, secret=secret))
    if bearer:
        return await authenticate_jwt(AuthenticateJwt(bearer))
    raise CredentialMissing(f"an API key in the {HEADER} header, or an access token as a bearer")


async def authenticate_jwt_only(request: Request) -> Actor:
    """The person behind an access token; an API key does not count here."""
    bearer = bearer_of(request)
    if not bearer:
        raise CredentialMissing("an access token of a sign-in, as Authorization: Bearer")
    return await authenticate_jwt(AuthenticateJwt(bearer))


async def authenticate_key_only(request: Request) -> Actor:
    """The actor behind a key; an access token does not count here."""
    secret = _key_of(request)
    if not secret:
        raise CredentialMissing(f"an API key in the {HEADER} header")
    return await authenticate_key(AuthenticateKey(dialect=DIALECT, secret=secret))


def _key_of(request: Request) -> str:
    secret = request.headers.get(HEADER, "").strip()
    bearer = bearer_of(request)
    return secret or (bearer if bearer.startswith(KEY_PREFIXES[DIALECT]) else "")
