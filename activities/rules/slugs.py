"""Short codes: how they are made from dice, and which a client may choose."""

from __future__ import annotations

import re

from activities.rules.look_alikes import looked_like, skeletons

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ"
"""54 signs without look-alikes (no 0 O 1 l I i o L)."""

LENGTH = 7

RESERVED = frozenset(
    {
        # First segments of what is served: pages, dialects, scans, link pages, GS1, operations.
        *("01", "api", "dev", "docs", "health", "invite", "metrics", "oauth", "openapi", "p", "q"),
        *("sign-in", "static", "status", "v1", "well-known"),
        # Of what is meant to be served.
        *("account", "accounts", "admin", "administrator", "app", "assets", "auth", "billing"),
        *("change-password", "dashboard", "forgot-password", "graphql", "help", "inkloom"),
        *("legal", "log-in", "log-out", "login", "logout", "mcp", "oauth2", "password", "pricing"),
        *("privacy", "redoc", "reset-password", "scim", "security", "settings"),
        *("sign-out", "sign-up", "signin", "signout", "signup", "sso", "support", "swagger"),
        *("terms", "unsubscribe", "v2", "v3", "webhook", "webhooks", "www"),
        # Of files that others look for at the root of a host, and of one that a CDN answers.
        *("apple-app-site-association", "apple-touch-icon", "assetlinks", "browserconfig"),
        *("cdn-cgi", "crossdomain", "favicon", "robots", "service-worker", "sitemap"),
    }
)
"""First segments of paths that are the platform's own, in small letters."""

SPELLING = r"^[A-Za-z0-9_-]{3,64}$"
"""How every code is spelled, as documents show it too."""

_SPELLING = re.compile(SPELLING)
_OWN_PAGES = skeletons(RESERVED)


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
    """Why a client may not choose this code; None when it may.

    Refused beside other spellings are the platform's own paths in any case, and what would be taken
    for one of them ('s1gn_1n'), so that no tenant's link passes for a page of ours.
    """
    if not _SPELLING.fullmatch(custom):
        return "Use 3 to 64 letters, digits, hyphens or underscores."
    if custom.lower() in RESERVED:
        return f"'{custom}' is reserved; choose another."
    if page := looked_like(custom, _OWN_PAGES):
        return f"'{custom}' looks like our own page '{page}'; choose another."
    return None
