"""Tokens that say: this browser knew the password of this asset.

A token is the second of its end and an HMAC-SHA256 over that, the asset and its password's hash, so
it is nothing for another asset, nothing later, and nothing once the password is another.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

LASTS = timedelta(hours=12)

_SPELLING = re.compile(r"([0-9]{1,12})\.([0-9a-f]{64})", re.ASCII)


def spell(key: bytes, asset: UUID, password_hash: str, expires_at: datetime) -> str:
    """The token; its end is cut to whole seconds."""
    seconds = int(expires_at.timestamp())
    return f"{seconds}.{_signature(key, asset, password_hash, seconds)}"


def admits(key: bytes, token: str, asset: UUID, password_hash: str, now: datetime) -> bool:
    """Whether a token opens the asset now; compared in constant time."""
    found = _SPELLING.fullmatch(token)
    if found is None or now.timestamp() >= int(found[1]):
        return False
    expected = _signature(key, asset, password_hash, int(found[1]))
    return hmac.compare_digest(found[2], expected)


def _signature(key: bytes, asset: UUID, password_hash: str, seconds: int) -> str:
    signed = asset.bytes + seconds.to_bytes(8, "big") + sha256(password_hash.encode()).digest()
    return hmac.new(key, signed, sha256).hexdigest()
