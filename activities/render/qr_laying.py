"""Data laid on a symbol: error correction is added, and every bit goes to its module.

All of that is linear over bits (ISO/IEC 18004:2015, 7.5 to 7.7): the symbol of a message is the
exclusive or of those of its parts. For small symbols, of which there are many, the symbols of every
half octet at every place are found out once, from the long way.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache, reduce
from operator import getitem, xor

from activities.render.qr_layout import layout_of
from activities.render.qr_message import message_of

_LARGEST = 6
"""The largest version with a table: half a megabyte."""

_OFTEN = 100
"""Symbols of a kind after which its table pays."""

_SIGNS = "0123456789abcdef"

_Table = list[dict[str, int]]

_seen: Counter[tuple[int, str]] = Counter()


def lay(data: bytes, version: int, level: str) -> int:
    """The dark modules of data and error correction, without a mask."""
    if version > _LARGEST:
        return _laid(data, version, level)
    kind = (version, level)
    if _seen[kind] < _OFTEN:
        _seen[kind] += 1
        return _laid(data, version, level)
    return reduce(xor, map(getitem, _table_of(version, level, len(data)), data.hex()))


def _laid(data: bytes, version: int, level: str) -> int:
    """The long way: one permutation of the bits of the message."""
    layout = layout_of(version)
    bits = message_of(data, version, level)
    # The bits that are left over, and one for all modules that have none, are light.
    return int("".join(layout.pick(bits.ljust(layout.bits + 1, "0"))), 2)


@lru_cache(maxsize=4 * _LARGEST)
def _table_of(version: int, level: str, octets: int) -> _Table:
    """For each half octet of the data the symbol of every value."""
    table = []
    for place in range(2 * octets):
        last = 8 * octets - 4 - 4 * place
        ones = [
            _laid((1 << last + bit).to_bytes(octets, "big"), version, level) for bit in range(4)
        ]
        table.append(
            {
                sign: reduce(xor, (one for bit, one in enumerate(ones) if value >> bit & 1), 0)
                for value, sign in enumerate(_SIGNS)
            }
        )
    return table
