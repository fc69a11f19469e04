"""QR symbols: what segno makes of a payload, to the module, and many times as quick.

Data is laid on the symbol by exclusive ors, and all masks are scored at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from activities.render.qr_laying import lay
from activities.render.qr_layout import layout_of
from activities.render.qr_masks import best_mask
from activities.render.qr_message import data_of


@dataclass(frozen=True)
class Matrix:
    """A symbol without its quiet zone.

    `size` is the modules on a side, `version` the QR version, 1 to 40. `octets` are the rows, top
    row first, each of `wide` octets: the leftmost module is the highest bit of the first one, 1 is
    dark, and what is beyond the last module is 0.
    """

    octets: bytes
    wide: int
    size: int
    version: int

    @property
    def rows(self) -> list[bytes]:
        """One row after the other."""
        wide = self.wide
        return [self.octets[at : at + wide] for at in range(0, self.size * wide, wide)]

    @property
    def words(self) -> list[str]:
        """The rows as `0` and `1`."""
        bits = f"{int.from_bytes(self.octets, 'big'):0{8 * len(self.octets)}b}"
        line, size = 8 * self.wide, self.size
        return [bits[at : at + size] for at in range(0, size * line, line)]


def make_symbol(payload: str, level: str) -> Matrix | None:
    """The smallest symbol for the payload at this level (L, M, Q or H); None when none is large
    enough. Raises UnicodeEncodeError for half a character.
    """
    found = data_of(payload, level)
    if found is None:
        return None
    version, octets_of_data = found
    layout = layout_of(version)
    data = lay(octets_of_data, version, level)
    mask, symbol = best_mask(version, data | layout.patterns)
    whole = symbol | layout.formats[level][mask] | layout.fixed
    octets = whole.to_bytes(layout.length // 8, "big")
    wide = layout.stride // 8
    return Matrix(octets[: layout.size * wide], wide, layout.size, version)
