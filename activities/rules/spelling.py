"""How ids and times are written outside, where a dialect has no spelling of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID


def prefixed(prefix: str, value: UUID) -> str:
    """`qr_` plus the 32 hex digits of the id."""
    return f"{prefix}_{value.hex}"


def unprefixed(prefix: str, text: str) -> UUID | None:
    """The id behind `qr_<32 hex>` or a plain UUID; None when it is neither."""
    digits = text.removeprefix(f"{prefix}_")
    try:
        value = UUID(digits)
    except ValueError:
        return None
    spellings = (value.hex, str(value))
    return value if digits.lower() in spellings else None


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z, as `2026-05-07T18:42:30.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
