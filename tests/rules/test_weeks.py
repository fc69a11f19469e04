"""Weeks are named, bounded and compared."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from activities.rules.weeks import Week, change, heights, period_of, week_before


def test_a_week_is_the_seven_days_before_its_end() -> None:
    week = Week(date(2026, 11, 23))
    assert (week.before, week.first) == (date(2026, 11, 9), date(2026, 11, 16))


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (date(2026, 11, 23), "16 – 22 November 2026"),
        (date(2026, 11, 2), "26 October – 1 November 2026"),
        (date(2027, 1, 4), "28 December 2026 – 3 January 2027"),
    ],
)
def test_months_and_years_are_said_once(end: date, words: str) -> None:
    assert Week(end).words == words


def test_a_day_that_is_not_over_is_left_out() -> None:
    monday = date(2026, 11, 23)
    assert week_before(monday, datetime(2026, 11, 23, 7, tzinfo=UTC)).end == monday
    assert week_before(monday, datetime(2026, 11, 24, 5, tzinfo=UTC)).end == monday
    assert week_before(monday, datetime(2026, 11, 22, 18, tzinfo=UTC)).end == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("monday", "period"),
    [
        (date(2026, 11, 23), "2026-W48"),
        (date(2026, 12, 28), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), "2025-W01"),
    ],
)
def test_a_period_is_the_week_of_iso_8601(monday: date, period: str) -> None:
    assert period_of(monday) == period


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (12, 10, "+20%"),
        (7, 10, "-30%"),
        (0, 10, "-100%"),
        (10, 10, "as before"),
        (3, 0, "new"),
        (0, 0, ""),
        (1001, 1000, "+<1%"),
        (999, 1000, "-<1%"),
        (12_340, 100, "+12,240%"),
    ],
)
def test_a_change_is_said_in_words(now: int, before: int, words: str) -> None:
    assert change(now, before) == words


def test_heights_compare_days_and_tell_no_figure() -> None:
    assert heights((0, 5, 10)) == (0, 100, 200)
    assert heights((1, 10**12)) == (1, 200)
    assert heights((0, 0)) == (0, 0)
    assert heights((3, 6, 9)) == heights((30, 60, 90))
