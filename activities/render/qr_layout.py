"""Where the modules of a QR symbol are: patterns, masks and the way of the bits, by version.

Source: ISO/IEC 18004:2015, 6.3, 7.7 to 7.10. A symbol is one integer: rows from the top, each of
`stride` bits of which the highest are its modules, the leftmost first; then `GUARD` empty rows. So
a module's neighbour to the right is one bit lower, the one below `stride` bits lower, and beyond
every edge it is light for at least four modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter

import segno
from segno import consts

GUARD = 4
MASKS = 8

LEVELS = {"L": 0b01, "M": 0b00, "Q": 0b11, "H": 0b10}
"""As the format tells them (Table 12), and segno in its tables."""
_DATA = (consts.TYPE_DATA_DARK, consts.TYPE_DATA_LIGHT)
_VERSION = (consts.TYPE_VERSION_DARK, consts.TYPE_VERSION_LIGHT)
_FORMAT = (consts.TYPE_FORMAT_DARK, consts.TYPE_FORMAT_LIGHT, consts.TYPE_DARKMODULE)
_CONDITIONS: tuple[Callable[[int, int], bool], ...] = (
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
)
"""Table 10; every one repeats after twelve rows."""
_PERIOD = 12


@dataclass(frozen=True)
class Layout:
    """One version.

    `pick` takes the bits of the message as characters, followed by one `0`, and answers those of
    the symbol in its order; `bits` are all of the message. `patterns` are finder, timing and
    alignment; `fixed` is what version 7 and larger say of themselves, with the module that is
    always dark. `masks` are those of the data, `formats` by level and mask.
    """

    size: int
    stride: int
    bits: int
    pick: Callable[[str], Sequence[str]]
    patterns: int
    fixed: int
    masks: tuple[int, ...]
    formats: dict[str, tuple[int, ...]]

    @property
    def length(self) -> int:
        """Bits of a symbol with its guard."""
        return (self.size + GUARD) * self.stride

    def bit(self, row: int, column: int) -> int:
        """The integer of which only this module is dark."""
        return 1 << (self.length - 1 - row * self.stride - column)


@lru_cache(maxsize=40)
def layout_of(version: int) -> Layout:
    """The layout of a version, 1 to 40."""
    kinds = _kinds(version)
    size = len(kinds)
    stride = -(-(size + GUARD) // 8) * 8
    way = list(_way(kinds))
    places = {place: number for number, place in enumerate(way)}
    order = [
        places.get((row, column), len(way))
        for row in range(size + GUARD)
        for column in range(stride)
    ]

    def painted(is_dark: Callable[[int, int], bool]) -> int:
        rows = (
            "".join("01"[is_dark(row, column)] for column in range(size)).ljust(stride, "0")
            for row in range(size)
        )
        return int("".join(rows) + "0" * GUARD * stride, 2)

    data = painted(lambda row, column: kinds[row][column] in _DATA)
    told = (*_DATA, *_VERSION, *_FORMAT)
    bare = Layout(size, stride, len(way), itemgetter(*order), 0, 0, (), {})
    return replace(
        bare,
        patterns=painted(lambda r, c: kinds[r][c] not in told and kinds[r][c] >> 8 > 0),
        fixed=painted(
            lambda r, c: kinds[r][c] in (consts.TYPE_VERSION_DARK, consts.TYPE_DARKMODULE)
        ),
        masks=tuple(_mask(number, bare) & data for number in range(MASKS)),
        formats={
            level: tuple(_format(bare, code << 3 | mask) for mask in range(MASKS))
            for level, code in LEVELS.items()
        },
    )


def _kinds(version: int) -> list[list[int]]:
    """What each module is for, as segno tells it; dark ones are above 255."""
    symbol = segno.make("0", version=version, error="L", mask=0, micro=False, boost_error=False)
    kinds = [list(row) for row in symbol.matrix_iter(border=0, verbose=True)]
    # segno counts one module too many to the format there.
    kinds[8][len(kinds) - 9] = consts.TYPE_DATA_LIGHT
    return kinds


def _way(kinds: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """The modules of the data in the order of its bits (7.7.3)."""
    size = len(kinds)
    upwards = True
    for right in range(size - 1, 0, -2):
        # Left of the vertical timing pattern the pairs are one to the left.
        column = right if right > 6 else right - 1
        for row in range(size - 1, -1, -1) if upwards else range(size):
            for here in (column, column - 1):
                if kinds[row][here] in _DATA:
                    yield row, here
        upwards = not upwards


def _mask(number: int, layout: Layout) -> int:
    condition = _CONDITIONS[number]
    rows = [
        "".join("01"[condition(row, column)] for column in range(layout.size))
        for row in range(_PERIOD)
    ]
    spelled = (rows[row % _PERIOD].ljust(layout.stride, "0") for row in range(layout.size))
    return int("".join(spelled) + "0" * GUARD * layout.stride, 2)


def _format(layout: Layout, told: int) -> int:
    """Level and mask, twice (7.9.1): a BCH code (15, 5)."""
    rest = told << 10
    for bit in range(14, 9, -1):
        if rest >> bit & 1:
            rest ^= 0b10100110111 << (bit - 10)
    word = (told << 10 | rest) ^ 0b101010000010010
    size, symbol = layout.size, 0
    for number in range(8):
        low, high = word >> number & 1, word >> (14 - number) & 1
        # The timing patterns are left out.
        near = number + (number > 5)
        symbol |= low * (layout.bit(near, 8) | layout.bit(8, size - 1 - number))
        symbol |= high * layout.bit(8, near)
        if number < 7:
            symbol |= high * layout.bit(size - 1 - number, 8)
    return symbol
