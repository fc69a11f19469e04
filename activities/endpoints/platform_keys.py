"""The public half of what the platform signs with, for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from activities.endpoints.secrets import platform_key


@dataclass(frozen=True)
class PlatformKey:
    """A public key: its thumbprint, and its bytes as JWKs and as Standard Webhooks spell them."""

    key_id: str
    x: str
    whpk: str


@dataclass(frozen=True)
class PlatformKeys:
    """Every key whose signatures are good."""

    keys: tuple[PlatformKey, ...]


async def read_platform_keys() -> PlatformKeys:
    """Those of this SECRET_KEY: one."""
    key = platform_key()
    return PlatformKeys((PlatformKey(key.key_id, key.x, key.whpk),))
