"""The outlines of modules and eyes.

A module that runs together with its neighbours is drawn with the corners that stand free; which of
them do is one number of four bits: top left 1, top right 2, bottom right 4, bottom left 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from activities.render.scene import Outline, box, circle, joined, moved, polygon, rounded
from activities.rules.looks import EyeBallShape, EyeFrameShape, ModuleShape

Stamp = tuple[float, float, Outline]

EYE, BALL = 7, 3
"""Modules across an eye and the ball in its middle (ISO/IEC 18004 6.3.3)."""

_DOT = 0.92
_BAR = 0.86
_SHARP = 0.5
_SOFT = 0.3
_CLASSY = 0b0101

Grid = Sequence[Sequence[bool]]


def module_stamps(grid: Grid, shape: ModuleShape) -> Iterator[Stamp]:
    """Where which outline is drawn for the dark modules of the grid."""
    return _WAYS[shape](grid)


def eye_frame(shape: EyeFrameShape, corner: int) -> Outline:
    """The ring of an eye, one module thick.

    `corner` is the bit of the symbol's corner in which the eye is: a leaf points there.
    """
    return joined(_eye(shape, EYE, corner), moved(_eye(shape, EYE - 2, corner), 1, 1))


def eye_ball(shape: EyeBallShape, corner: int) -> Outline:
    """The middle of an eye."""
    if shape == "diamond":
        half, over = BALL / 2, 0.35
        return polygon(((half, -over), (BALL + over, half), (half, BALL + over), (-over, half)))
    return _eye(shape, BALL, corner)


@lru_cache(maxsize=256)
def _eye(shape: str, size: float, corner: int) -> Outline:
    match shape:
        case "rounded":
            return rounded(size, size, (size * 0.25,) * 4)
        case "cushion":
            return rounded(size, size, (size * 0.4,) * 4)
        case "circle":
            return circle(size)
        case "leaf":
            radius = size * 0.4
            at = [corner == bit for bit in (1, 2, 4, 8)]
            a, b, c, d = (0.0 if pointed else radius for pointed in at)
            return rounded(size, size, (a, b, c, d))
        case "bevel":
            cut = size * 0.22
            rest = size - cut
            return polygon(
                ((cut, 0), (rest, 0), (size, cut), (size, rest))
                + ((rest, size), (cut, size), (0, rest), (0, cut))
            )
    return box(size, size)


def _runs(grid: Grid) -> Iterator[Stamp]:
    for y, x, length in _runs_of(grid):
        yield x, y, _box(length)


def _runs_of(grid: Grid) -> Iterator[tuple[int, int, int]]:
    for y, row in enumerate(grid):
        start = None
        for x, dark in enumerate((*row, False)):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                yield y, start, x - start
                start = None


def _horizontal(grid: Grid) -> Iterator[Stamp]:
    for y, x, length in _runs_of(grid):
        yield x, y + (1 - _BAR) / 2, _bar(length, flat=True)


def _vertical(grid: Grid) -> Iterator[Stamp]:
    turned = list(zip(*grid, strict=True))
    for x, y, length in _runs_of(turned):
        yield x + (1 - _BAR) / 2, y, _bar(length, flat=False)


def _alone(outline: Outline) -> Callable[[Grid], Iterator[Stamp]]:
    def stamps(grid: Grid) -> Iterator[Stamp]:
        for y, row in enumerate(grid):
            for x, dark in enumerate(row):
                if dark:
                    yield x, y, outline

    return stamps


def _joining(radius: float, corners: int) -> Callable[[Grid], Iterator[Stamp]]:
    def stamps(grid: Grid) -> Iterator[Stamp]:
        for x, y, free in _free_corners(grid):
            yield x, y, _cornered(radius, free & corners)

    return stamps


def _free_corners(grid: Grid) -> Iterator[tuple[int, int, int]]:
    """For each dark module the corners both of whose sides are open."""
    columns = len(grid[0])
    blank = [False] * (columns + 2)
    wide = [blank, *([False, *row, False] for row in grid), blank]
    for y in range(1, len(grid) + 1):
        above, row, below = wide[y - 1], wide[y], wide[y + 1]
        for x in range(1, columns + 1):
            if row[x]:
                up, down, left, right = above[x], below[x], row[x - 1], row[x + 1]
                free = (not (up or left)) + 2 * (not (up or right))
                yield x - 1, y - 1, free + 4 * (not (down or right)) + 8 * (not (down or left))


@lru_cache(maxsize=64)
def _cornered(radius: float, corners: int) -> Outline:
    if not corners:
        return box(1, 1)
    a, b, c, d = (radius if corners & bit else 0.0 for bit in (1, 2, 4, 8))
    return rounded(1, 1, (a, b, c, d))


@lru_cache(maxsize=256)
def _box(length: int) -> Outline:
    return box(length, 1)


@lru_cache(maxsize=512)
def _bar(length: int, *, flat: bool) -> Outline:
    ends = (_BAR / 2,) * 4
    return rounded(length, _BAR, ends) if flat else rounded(_BAR, length, ends)


def _dot() -> Outline:
    edge = (1 - _DOT) / 2
    return moved(circle(_DOT), edge, edge)


_WAYS: Mapping[ModuleShape, Callable[[Grid], Iterator[Stamp]]] = {
    "square": _runs,
    "dot": _alone(_dot()),
    "rounded": _joining(_SOFT, 0b1111),
    "extra_rounded": _joining(_SHARP, 0b1111),
    "classy": _joining(_SHARP, _CLASSY),
    "diamond": _alone(polygon(((0.5, -0.08), (1.08, 0.5), (0.5, 1.08), (-0.08, 0.5)))),
    "vertical_bars": _vertical,
    "horizontal_bars": _horizontal,
}
