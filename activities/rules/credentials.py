"""Keys and session tokens: how they look and what of them is stored."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Literal

from activities.rules.errors import CredentialExpired, CredentialRevoked

KeyKind = Literal["api", "mcp"]
KeyStatus = Literal["active", "retiring", "expired", "revoked"]

KEY_PREFIXES = {
    "studio": "qrs_",
    "tracking": "qrt_",
    "canva": "ink_",
    "links": "inn_",
    "business": "qsi_",
    "workspace": "ses_",
}
"""What a credential of each dialect starts with, so that a leaked one can be recognised."""

MCP_PREFIXES = {"business": "qsm_"}
"""What a key for assistants (MCP) starts with, in the dialects that have such keys."""

SHOWN = 8
"""Signs after the prefix that a list may show."""


def key_prefix(dialect: str, kind: KeyKind = "api") -> str:
    """What a key of the dialect starts with; `KeyError` where the dialect has no such kind."""
    return MCP_PREFIXES[dialect] if kind == "mcp" else KEY_PREFIXES[dialect]


def spell(prefix: str, dice: bytes) -> str:
    """A credential of 256 random bits behind its prefix, URL-safe."""
    return prefix + base64.urlsafe_b64encode(dice[:32]).rstrip(b"=").decode()


def fingerprint(secret: str) -> bytes:
    """What is stored and looked up: SHA-256. Enough for 256 random bits; not for passwords."""
    return hashlib.sha256(secret.encode()).digest()


def shown(secret: str, prefix: str) -> str:
    """The start of a key that may be listed."""
    return secret[: len(prefix) + SHOWN]


def must_be_alive(
    now: datetime, *, expires_at: datetime | None, revoked_at: datetime | None
) -> None:
    """Raise `CredentialRevoked` or `CredentialExpired` when the credential no longer counts."""
    if revoked_at is not None and revoked_at <= now:
        raise CredentialRevoked
    if expires_at is not None and expires_at <= now:
        raise CredentialExpired


def key_status(
    now: datetime, *, expires_at: datetime | None, revoked_at: datetime | None
) -> KeyStatus:
    """How a key stands; a retiring one was rotated and works until its grace is over."""
    if revoked_at is not None and revoked_at <= now:
        return "revoked"
    if expires_at is not None and expires_at <= now:
        return "expired"
    return "active" if revoked_at is None else "retiring"
