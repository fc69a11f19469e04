"""Rows of quarters of an hour, cut into what totals keep: days, hours, and quarters of an hour.

All are of UTC and counted since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass

from activities.rules.totals import QUARTERS_A_DAY, QUARTERS_AN_HOUR

_HOURS_A_DAY = QUARTERS_A_DAY // QUARTERS_AN_HOUR


@dataclass(frozen=True)
class Pieces:
    """A span without gaps and nothing twice: `days`, rows of `hours`, and parts of an hour.

    A part is its hour and which of its quarters (0 to 3).
    """

    days: range
    hours: tuple[range, ...]
    parts: tuple[tuple[int, range], ...]


def cut(first: int, end: int) -> Pieces:
    """The quarters from `first` to the one before `end`, in the largest pieces."""
    low, high = -(-first // QUARTERS_AN_HOUR), end // QUARTERS_AN_HOUR
    if low > high:
        return Pieces(range(0), (), (_part(high, first, end),) if first < end else ())
    parts = (
        *([_part(low - 1, first, low * QUARTERS_AN_HOUR)] if first % QUARTERS_AN_HOUR else []),
        *([_part(high, high * QUARTERS_AN_HOUR, end)] if end % QUARTERS_AN_HOUR else []),
    )
    days = range(-(-low // _HOURS_A_DAY), high // _HOURS_A_DAY)
    if not days:
        return Pieces(range(0), (range(low, high),) if low < high else (), parts)
    edges = (range(low, days.start * _HOURS_A_DAY), range(days.stop * _HOURS_A_DAY, high))
    return Pieces(days, tuple(edge for edge in edges if edge), parts)


def _part(hour: int, first: int, end: int) -> tuple[int, range]:
    begin = hour * QUARTERS_AN_HOUR
    return hour, range(first - begin, end - begin)
