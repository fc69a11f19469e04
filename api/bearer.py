"""The `Authorization: Bearer` header (RFC 6750 2.1), which several languages carry theirs in."""

from __future__ import annotations

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param


def bearer_of(request: Request) -> str:
    """What the header carries; empty without one, and for every other scheme."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    return token.strip() if scheme.lower() == "bearer" else ""
