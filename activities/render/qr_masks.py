"""Which of the eight masks a QR symbol gets: that with the lowest penalty, all scored side by side.

Source: ISO/IEC 18004:2015, 7.8.3, read as segno reads it: format and version are left out, of
patterns that overlap the first counts, beyond the edge it is light. The eight symbols stand one
below the other in one integer (`activities.render.qr_layout` says how), so one shift looks at a
neighbour of every module of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from activities.render.qr_layout import MASKS, Layout, layout_of

_N3, _N4 = 40, 10


@dataclass(frozen=True)
class _Field:
    """Integers over all eight symbols of a version.

    `all` are the modules, `across`, `down` and `squares` those that have a neighbour to the right,
    below, and both.
    """

    masks: int
    all: int
    across: int
    down: int
    squares: int


def best_mask(version: int, symbol: int) -> tuple[int, int]:
    """The number of the mask, and the symbol with it; `symbol` has patterns and data, unmasked."""
    layout, field = layout_of(version), _field_of(version)
    masked = _eight_times(symbol, layout.length) ^ field.masks
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
    light = symbols ^ field.all
    found_across, found_down = _finders(symbols, light, 1), _finders(symbols, light, stride)
    # What is worth one, two and three points at a module is added there, digit by digit.
    ones, carried = _added(rows, columns, squares)
    twos, fours = _added(row_starts, column_starts, squares)
    twos, more = twos ^ carried, twos & carried
    fours, eights = fours ^ more, fours & more
    worth = (
        (1, ones),
        (2, twos),
        (4, fours),
        (8, eights),
        (_N3, found_across | found_down),
        (_N3, found_across & found_down),
    )
    scores = [
        _N4 * int(abs(float(dark) / layout.size**2 * 100 - 50) / 5)
        for dark in _counts(layout, symbols)
    ]
    for points, modules in worth:
        if modules:
            counted = _counts(layout, modules)
            scores = [score + points * n for score, n in zip(scores, counted, strict=True)]
    return scores


def _eight_times(symbol: int, length: int) -> int:
    symbol |= symbol << length
    symbol |= symbol << 2 * length
    return symbol | symbol << 4 * length


def _added(first: int, second: int, third: int) -> tuple[int, int]:
    """The sum of three bits at every place: its lower and its higher digit."""
    either = first ^ second
    return either ^ third, first & second | either & third


def _runs(same: int, step: int) -> tuple[int, int]:
    """Of modules that are like the next one: where five alike begin, and where such runs end."""
    two = same & same << step
    four = two & two << 2 * step
    return four, four & ~(four >> step)


def _finders(symbols: int, light: int, step: int) -> int:
    """Where something looks like a finder (1:1:3:1:1) with four light modules on a side."""
    two = symbols & symbols << 2 * step
    found = two & two << 4 * step & symbols << 3 * step & (light & light << 4 * step) << step
    if not found:
        return 0
    pair = symbols | symbols << step
    four = pair | pair << 2 * step
    # `four` is dark where one of a module and the three after it is.
    found &= ~(four << 7 * step & four >> 4 * step)
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


def _counts(layout: Layout, modules: int) -> list[int]:
    """How many there are in each of the symbols."""
    length = layout.length
    one = (1 << length) - 1
    return [(modules >> at & one).bit_count() for at in range((MASKS - 1) * length, -1, -length)]


@lru_cache(maxsize=40)
def _field_of(version: int) -> _Field:
    layout = layout_of(version)
    size, stride = layout.size, layout.stride
    line = (1 << size) - 1
    all_but_last = line << stride - size & ~(1 << stride - size)

    def repeated(row: int, rows: int) -> int:
        one = sum(row << (layout.length - (number + 1) * stride) for number in range(rows))
        return _eight_times(one, layout.length)

    masks = 0
    for mask in layout.masks:
        masks = masks << layout.length | mask
    return _Field(
        masks=masks,
        all=repeated(line << stride - size, size),
        across=repeated(all_but_last, size),
        down=repeated(line << stride - size, size - 1),
        squares=repeated(all_but_last, size - 1),
    )
