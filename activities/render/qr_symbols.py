"""QR symbols: what segno makes of a payload, to the module, and many times as quick.

A message is laid on the symbol by one permutation, and all masks are scored at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from activities.render.qr_layout import layout_of
from activities.render.qr_masks import best_mask
from activities.render.qr_message import message_of


@dataclass(frozen=True)
class Matrix:
    """A symbol without its quiet zone.

    `modules` is one integer a row, top row first; the leftmost module is bit `size - 1` and 1 is
    dark. `size` is the modules on a side, `version` the QR version, 1 to 40.
    """

    modules: tuple[int, ...]
    size: int
    version: int


def make_symbol(payload: str, level: str) -> Matrix | None:
    """The smallest symbol for the payload at this level (L, M, Q or H); None when none is large
    enough. Raises UnicodeEncodeError for half a character.
    """
    message = message_of(payload, level)
    if message is None:
        return None
    version, bits = message
    layout = layout_of(version)
    # The bits that are left over, and one for all modules that have none, are light.
    data = int("".join(layout.pick(bits.ljust(layout.bits + 1, "0"))), 2)
    mask, symbol = best_mask(version, data | layout.patterns)
    rows = layout.rows(symbol | layout.formats[level][mask] | layout.version)
    return Matrix(modules=rows, size=layout.size, version=version)
