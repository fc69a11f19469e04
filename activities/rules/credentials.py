"""Keys and session tokens: how they look and what of them is stored."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from activities.rules.errors import CredentialExpired, CredentialRevoked

KEY_PREFIXES = {"studio": "qrs_", "workspace": "ses_"}
"""What a credential of each dialect starts with, so that a leaked one can be recognised."""

SHOWN = 8
"""Signs after the prefix that a list may show."""


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
