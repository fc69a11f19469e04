"""Short codes: how they are made from dice, and which a client may choose."""

from __future__ import annotations

import re

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ"
"""54 signs without look-alikes (no 0 O 1 l I i o L)."""

LENGTH = 7

RESERVED = frozenset(
    {
        "admin",
        "api",
        "app",
        "assets",
        "auth",
        "billing",
        "dashboard",
        "dev",
        "docs",
        "favicon",
        "health",
        "help",
        "login",
        "logout",
        "metrics",
        "p",
        "q",
        "robots",
        "signup",
        "sitemap",
        "static",
        "status",
        "support",
        "well-known",
        "www",
    }
)

SPELLING = r"^[A-Za-z0-9_-]{3,64}$"
"""How every code is spelled, as documents show it too."""

_SPELLING = re.compile(SPELLING)


def short_code(dice: bytes) -> str:
    """The code that these random bytes stand for; 16 bytes are needed.

    The bytes are read as one number, so the bias of the modulus is below 2**-87.
    """
    number = int.from_bytes(dice[:16], "big")
    signs = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[index])
    return "".join(signs)


def could_exist(code: str) -> bool:
    """Whether any code is spelled like this; anything else needs no look-up."""
    return _SPELLING.fullmatch(code) is not None


def refusal(custom: str) -> str | None:
    """Why a client may not choose this code; None when it may."""
    if not _SPELLING.fullmatch(custom):
        return "Use 3 to 64 letters, digits, hyphens or underscores."
    if custom.lower() in RESERVED:
        return f"'{custom}' is reserved; choose another."
    return None
