"""Where the cron dialect carries its credential, which is CRON_SECRET (seed 000).

`Authorization: Bearer`, `x-cron-secret` or `?secret=`; of several any that is right will do.
"""

from __future__ import annotations

import hashlib
import hmac

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBearer

from activities.rules.errors import CredentialMissing, CredentialUnknown
from api.bearer import bearer_of
from api.faults import SwitchedOff

HEADER, PARAMETER = "x-cron-secret", "secret"

documented = (
    Security(HTTPBearer(auto_error=False)),
    Security(APIKeyHeader(name=HEADER, auto_error=False)),
    Security(APIKeyQuery(name=PARAMETER, auto_error=False)),
)


async def let_in(request: Request) -> None:
    """Let who knows the secret pass.

    Raises `SwitchedOff` where none is set, `CredentialMissing` and `CredentialUnknown`.
    """
    secret: str = request.app.state.cron_secret
    if not secret:
        raise SwitchedOff("CRON_SECRET is not set, so jobs cannot be started from outside.")
    shown = [
        bearer_of(request),
        request.headers.get(HEADER, ""),
        request.query_params.get(PARAMETER, ""),
    ]
    if not any(shown):
        raise CredentialMissing("CRON_SECRET, as Authorization: Bearer, x-cron-secret or ?secret=")
    if not any(_is_same(secret, one) for one in shown):
        raise CredentialUnknown


def _is_same(secret: str, shown: str) -> bool:
    """In constant time; digests, so that lengths do not show either."""
    wanted, given = (
        hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (secret, shown)
    )
    return hmac.compare_digest(wanted, given)
