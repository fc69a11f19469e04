"""Places in a list as opaque texts: what a page ends with, the next one begins after."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from uuid import UUID

from activities.rules.errors import CursorInvalid
from activities.rules.paging import Cursor

_SIZE = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_cursor(cursor: Cursor | None) -> str | None:
    """The text for clients; None at the end of a list."""
    if cursor is None:
        return None
    microseconds = (cursor.created_at - _EPOCH) // timedelta(microseconds=1)
    packed = microseconds.to_bytes(8, "big", signed=True) + cursor.id.bytes
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """The place behind a text. Raises `CursorInvalid` for one that we never gave."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if len(packed) != _SIZE:
            raise CursorInvalid
        microseconds = int.from_bytes(packed[:8], "big", signed=True)
        return Cursor(_EPOCH + timedelta(microseconds=microseconds), UUID(bytes=packed[8:]))
    except (binascii.Error, ValueError, OverflowError):
        raise CursorInvalid from None
