"""Where the links dialect carries its credential: the `x-api-key` header."""

from __future__ import annotations

from fastapi import Request, Security
from fastapi.security import APIKeyHeader

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.errors import CredentialMissing

documented = Security(APIKeyHeader(name="x-api-key", auto_error=False))


async def authenticate(request: Request) -> Actor:
    """The actor behind the key; raises the `Credential...` refusals and `PlanWithoutApi`."""
    secret = request.headers.get("x-api-key", "").strip()
    if not secret:
        raise CredentialMissing("an API key in the x-api-key header")
    return await authenticate_key(AuthenticateKey(dialect="links", secret=secret))
