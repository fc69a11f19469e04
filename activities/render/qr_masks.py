"""Which of the eight masks a QR symbol gets: that with the lowest penalty, all scored side by side.

Source: ISO/IEC 18004:2015, 7.8.3, read as segno reads it: format and version are left out, of
patterns that overlap the first counts, beyond the edge it is light. The eight symbols stand one
below the other in one integer (`activities.render.qr_layout` says how), so one shift looks at a
neighbour of every module of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from activities.render.qr_layout import MASKS, Layout, layout_of

_N1, _N2, _N3, _N4 = 3, 3, 40, 10


@dataclass(frozen=True)
class _Field:
    """Integers over all eight symbols of a version.

    `copies` times a symbol is that symbol eight times; `across`, `down` and `squares` are the
    modules that have a neighbour to the right, below, and both.
    """

    copies: int
    masks: int
    across: int
    down: int
    squares: int


def best_mask(version: int, symbol: int) -> tuple[int, int]:
    """The number of the mask, and the symbol with it; `symbol` has patterns and data, unmasked."""
    layout, field = layout_of(version), _field_of(version)
    masked = symbol * field.copies ^ field.masks
    scores = penalties(version, masked)
    number = scores.index(min(scores))
    return number, symbol ^ layout.masks[number]


def penalties(version: int, symbols: int) -> list[int]:
    """The penalty of each of eight symbols, the first being the highest in the integer."""
    layout, field = layout_of(version), _field_of(version)
    stride = layout.stride
    beside = (symbols ^ symbols << 1) & field.across ^ field.across
    below = (symbols ^ symbols << stride) & field.down ^ field.down
    rows, row_starts = _runs(beside, 1)
    columns, column_starts = _runs(below, stride)
    squares = beside & beside << stride & below & field.squares
    finders = (_finders(symbols, 1), _finders(symbols, stride))
    parts = [
        _counts(layout, counted)
        for counted in (rows, columns, row_starts, column_starts, squares, *finders, symbols)
    ]
    scores = []
    for row, column, row_start, column_start, square, across, down, dark in zip(
        *parts, strict=True
    ):
        share = float(dark) / layout.size**2
        scores.append(
            row
            + column
            + (_N1 - 1) * (row_start + column_start)
            + _N2 * square
            + _N3 * (across + down)
            + _N4 * int(abs(share * 100 - 50) / 5)
        )
    return scores


def _runs(same: int, step: int) -> tuple[int, int]:
    """Of modules that are like the next one: where five alike begin, and where such runs end."""
    two = same & same << step
    four = two & two << 2 * step
    return four, four & ~(four >> step)


def _finders(symbols: int, step: int) -> int:
    """Where something looks like a finder (1:1:3:1:1) with four light modules on a side."""
    light = ~symbols
    found = (
        symbols
        & light << step
        & symbols << 2 * step
        & symbols << 3 * step
        & symbols << 4 * step
        & light << 5 * step
        & symbols << 6 * step
    )
    if not found:
        return 0
    pair = symbols | symbols << step
    four = pair | pair << 2 * step
    # `four` is dark where one of a module and the three after it is.
    found &= ~(four << 7 * step) | ~(four >> 4 * step)
    if found & (found >> 4 * step | found >> 6 * step):
        return _first_of_overlapping(found, step)
    return found


def _first_of_overlapping(found: int, step: int) -> int:
    kept = 0
    while found:
        here = 1 << (found.bit_length() - 1)
        kept |= here
        found &= ~(here | here >> 4 * step | here >> 6 * step)
    return kept


def _counts(layout: Layout, modules: int) -> Sequence[int]:
    """How many there are in each of the symbols."""
    octets = layout.length // 8
    spelled = modules.to_bytes(MASKS * octets, "big")
    return [
        int.from_bytes(spelled[at : at + octets], "big").bit_count()
        for at in range(0, len(spelled), octets)
    ]


@lru_cache(maxsize=40)
def _field_of(version: int) -> _Field:
    layout = layout_of(version)
    size, stride = layout.size, layout.stride
    copies = sum(1 << number * layout.length for number in range(MASKS))
    line = (1 << size) - 1
    all_but_last = line << stride - size & ~(1 << stride - size)

    def repeated(row: int, rows: int) -> int:
        one = sum(row << (layout.length - (number + 1) * stride) for number in range(rows))
        return one * copies

    masks = 0
    for mask in layout.masks:
        masks = masks << layout.length | mask
    return _Field(
        copies=copies,
        masks=masks,
        across=repeated(all_but_last, size),
        down=repeated(line << stride - size, size - 1),
        squares=repeated(all_but_last, size - 1),
    )
