"""Ids of scans: version 7 (RFC 9562 5.7), those of one batch in a row.

The first twelve bytes are of the batch: its millisecond and 42 random bits. The last four count its
scans. So a batch is a range of the primary key, and new scans are at the end of the index.
"""

from __future__ import annotations

from uuid import UUID

DICE = 6
"""How many random bytes a batch takes."""

LARGEST_BATCH = 2**32

_VERSION = 7 << 76
_VARIANT = 2 << 62
_RANDOM = 2**42 - 1


def first_id(milliseconds: int, dice: bytes) -> UUID:
    """The id of a batch's first scan. `milliseconds` are since 1970, `dice` six random bytes."""
    random = int.from_bytes(dice[:DICE], "big") & _RANDOM
    high, low = random >> 30, random & (2**30 - 1)
    number = (milliseconds & (2**48 - 1)) << 80 | _VERSION | high << 64 | _VARIANT | low << 32
    return UUID(int=number)


def nth_id(first: UUID, n: int) -> UUID:
    """The id of the scan after `n` others of the batch."""
    return UUID(int=first.int + n)


def stem_of(first: UUID) -> str:
    """What the spelling of all ids of the batch begins with; eight hex digits of `n` follow."""
    return str(first)[:-8]
