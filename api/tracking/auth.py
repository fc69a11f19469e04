"""Where the tracking dialect carries its credential: `Authorization: Bearer qrt_...` (seed 004)."""

from __future__ import annotations

from fastapi import Request, Security
from fastapi.security import HTTPBearer

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.errors import CredentialMissing
from api.bearer import bearer_of

documented = Security(HTTPBearer(bearerFormat="qrt_...", auto_error=False))


async def authenticate(request: Request) -> Actor:
    """The actor behind the key.

    Raises `CredentialMissing` for a header that is not `Bearer` and one word, the other
    `Credential...` refusals, and `PlanWithoutApi`.
    """
    secret = bearer_of(request)
    if len(secret.split()) != 1:
        raise CredentialMissing("an API key, as Authorization: Bearer qrt_...")
    return await authenticate_key(AuthenticateKey(dialect="tracking", secret=secret))
