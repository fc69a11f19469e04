"""Days, as people write them in fields: `2026-12-31` (RFC 3339, full-date)."""

from __future__ import annotations

import re
from datetime import date

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(text: str, asked: str) -> date:
    """The day; ValueError with the sentence `asked` when it is none."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(asked) from None
