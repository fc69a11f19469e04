"""What a search looks into and looks for. Case is ignored, in every alphabet."""

from __future__ import annotations

LONGEST_SEARCH = 200


def search_text(*parts: str | None) -> str:
    """What a thing is found by: its words, case-folded, with single spaces between."""
    return " ".join(" ".join(part.casefold().split()) for part in parts if part)


def pattern(search: str) -> str:
    """A LIKE pattern for what contains `search`; its own %, _ and \\ mean themselves."""
    folded = search_text(search)
    for sign in ("\\", "%", "_"):
        folded = folded.replace(sign, f"\\{sign}")
    return f"%{folded}%"
