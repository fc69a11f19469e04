"""Where the tracking dialect carries its credential: `Authorization: Bearer qrt_...`."""

from __future__ import annotations

from fastapi import Request, Security
from fastapi.security import HTTPBearer

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.errors import CredentialMissing

documented = Security(HTTPBearer(auto_error=False))


async def authenticate(request: Request) -> Actor:
    """The actor behind the key; raises the `Credential...` refusals and `PlanWithoutApi`."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    secret = secret.strip() if scheme.lower() == "bearer" else ""
    if not secret:
        raise CredentialMissing("Authorization: Bearer qrt_...")
    return await authenticate_key(AuthenticateKey(dialect="tracking", secret=secret))
