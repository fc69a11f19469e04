"""Words that many people are told, such as the password of a protected link."""

from __future__ import annotations

import unicodedata

SHORTEST, LONGEST = 4, 128
"""Characters; it may be short, for who sets it decides how well it keeps."""


def one_spelling(password: str) -> str:
    """One spelling for what keyboards send differently (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def shared_refusal(password: str) -> str | None:
    """Why this word cannot be kept; None when it can."""
    if SHORTEST <= len(one_spelling(password)) <= LONGEST:
        return None
    return f"Use {SHORTEST} to {LONGEST} characters."
