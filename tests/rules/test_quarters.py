"""A span is cut into days, hours and quarters of an hour: all of it, and nothing twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from activities.rules.quarters import Pieces, cut


@given(first=st.integers(0, 1000), length=st.integers(0, 1000))
def test_the_pieces_are_the_span(first: int, length: int) -> None:
    pieces = cut(first, first + length)
    found = [quarter for day in pieces.days for quarter in range(day * 96, (day + 1) * 96)]
    found += [q for hours in pieces.hours for hour in hours for q in range(hour * 4, hour * 4 + 4)]
    found += [hour * 4 + quarter for hour, part in pieces.parts for quarter in part]
    assert sorted(found) == list(range(first, first + length))
    assert all(0 <= part.start < part.stop <= 4 for _, part in pieces.parts)


def test_whole_days_are_one_row_of_days() -> None:
    assert cut(96, 96 * 31) == Pieces(range(1, 31), (), ())


def test_a_part_of_one_hour_is_one_part() -> None:
    assert cut(97, 99) == Pieces(range(0), (), ((24, range(1, 3)),))
