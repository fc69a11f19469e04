"""Where the studio dialect carries its credential: the `X-Api-Key` header."""

from __future__ import annotations

from fastapi import Request, Security
from fastapi.security import APIKeyHeader

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.errors import CredentialMissing

HEADER = "X-Api-Key"

documented = Security(APIKeyHeader(name=HEADER, auto_error=False))


async def authenticate(request: Request) -> Actor:
    """The actor behind the header; raises the `Credential...` refusals."""
    secret = request.headers.get(HEADER, "").strip()
    if not secret:
        raise CredentialMissing(f"an API key in the {HEADER} header")
    return await authenticate_key(AuthenticateKey(dialect="studio", secret=secret))
