"""How ids and times are written outside, where a dialect has no spelling of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


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


def read_stamp(text: str) -> datetime:
    """The moment behind a date-time of RFC 3339; `ValueError` with a sentence for other text."""
    found = _MOMENT.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        day, time, fraction, zone = found.groups()
        moment = datetime.fromisoformat(f"{day}T{time}{(fraction or '')[:7]}{zone.upper()}")
        # At the ends of the calendar a moment may have no UTC, in which all are kept and told.
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("Give a time with its zone, such as 2026-12-31T23:59:59Z.") from None
    return moment
