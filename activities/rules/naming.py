"""What organizations, workspaces and people are called, and the slug of an organization."""

from __future__ import annotations

import re
import unicodedata

from activities.rules.slugs import RESERVED

LONGEST_NAME = 200
LONGEST_SLUG = 40
SLUG = r"^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$"
"""How a slug is spelled, as documents show it too."""

TAKEN = "This slug is taken; choose another."

_COPIED = " (copy)"
_SLUG = re.compile(SLUG)
_OTHER_SIGNS = re.compile(r"[^a-z0-9]+")
_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Signs that turn the direction of what follows them (Unicode TR 9), as in a disguised address."""


def name_refusal(name: str) -> str | None:
    """Why nothing may be called this; None when it may. Names go into the subjects of mails."""
    if not name.strip():
        return "Give a name."
    if len(name) > LONGEST_NAME:
        return f"Ensure this name has no more than {LONGEST_NAME} characters."
    if any(unicodedata.category(sign) in _CATEGORIES or sign in _TURNS for sign in name):
        return "Write the name in one line, without control characters."
    return None


def copied(name: str) -> str:
    """What a copy of an asset is called, when nobody says; it is never longer than a name may be.

    A copy of what has no name has none.
    """
    return name[: LONGEST_NAME - len(_COPIED)] + _COPIED if name else ""


def slug_refusal(slug: str) -> str | None:
    """Why an organization may not choose this slug; None when it may, if it is free."""
    if not _SLUG.fullmatch(slug):
        return f"Use 3 to {LONGEST_SLUG} small letters, digits or hyphens, no hyphen at the ends."
    if slug in RESERVED:
        return f"'{slug}' is reserved; choose another."
    return None


def slug_of(name: str, dice: bytes = b"") -> str:
    """A slug that may be chosen, made from a name; `dice` end it when the plain one is taken.

    Letters with accents lose them; a name in another script becomes `team`.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = _OTHER_SIGNS.sub("-", plain).strip("-")[:24].strip("-")
    if slug_refusal(stem):
        stem = f"team-{stem}".strip("-")
    return f"{stem}-{dice[:4].hex()}" if dice else stem
