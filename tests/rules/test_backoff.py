"""The waits between attempts, and what a receiver may wish for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.backoff import RETRY_POLICIES, parse_retry_after, steps, wait_before

DAY = 86400.0
NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)
STANDARD = RETRY_POLICIES["standard"]


def test_the_standard_policy_is_ten_attempts_over_75_h_35_min_5_s() -> None:
    assert len(STANDARD) + 1 == 10
    assert sum(STANDARD) == timedelta(hours=75, minutes=35, seconds=5).total_seconds()


def test_the_inkode_policy_is_three_attempts_with_growing_waits() -> None:
    first, second = steps("inkode")
    assert (first, second / first) == (5.0, 5.0)


def test_waits_follow_the_policy_until_none_is_left() -> None:
    waits = [wait_before(attempt, STANDARD, 0.0, None) for attempt in range(1, 12)]
    assert waits == [0.0, *STANDARD, None]


@given(
    attempt=st.integers(2, 10),
    roll=st.floats(0, 1, exclude_max=True),
    wished=st.none() | st.floats(0, 5),
)
def test_a_wait_of_the_policy_is_never_early_and_at_most_a_tenth_longer(
    attempt: int, roll: float, wished: float | None
) -> None:
    step = STANDARD[attempt - 2]
    wait = wait_before(attempt, STANDARD, roll, wished)
    assert wait is not None
    assert step <= wait <= (step + 2 if wished == step else step * 1.1)


@given(
    step=st.floats(1, 3 * DAY),
    roll=st.floats(0, 1, exclude_max=True),
    wished=st.floats(0, 10 * DAY),
)
def test_a_wish_is_never_answered_early_nor_two_seconds_late_nor_after_a_day(
    step: float, roll: float, wished: float
) -> None:
    wait = wait_before(2, (step,), roll, wished)
    assert wait is not None
    assert wait >= min(wished, DAY)
    if min(wished, DAY) >= step:
        assert wait <= min(wished + 2, DAY)
    else:
        assert step <= wait <= step * 1.1


@pytest.mark.parametrize("wished", [3600.0, DAY, 99999999.0])
def test_even_the_unluckiest_keeps_a_wish_to_two_seconds(wished: float) -> None:
    wait = wait_before(2, STANDARD, 0.999, wished)
    assert wait is not None
    assert 0 <= wait - min(wished, DAY) < 2
    assert wait <= DAY


def test_jitter_spreads_the_waits() -> None:
    assert wait_before(2, (100.0,), 0.5, None) == pytest.approx(105.0)


def test_a_longer_wish_of_the_receiver_wins_up_to_a_day() -> None:
    assert wait_before(2, STANDARD, 0.0, 120.0) == 120.0
    assert wait_before(2, STANDARD, 0.0, 2.0) == 5.0
    assert wait_before(2, STANDARD, 0.0, 30 * DAY) == DAY
    assert wait_before(2, (3 * DAY,), 0.0, 30 * DAY) == 3 * DAY
    assert wait_before(11, STANDARD, 0.0, 120.0) is None


def test_attempts_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        wait_before(0, STANDARD, 0.0, None)


def test_own_steps_are_taken_as_given() -> None:
    assert steps([1, 60.5, 259200]) == (1.0, 60.5, 259200.0)


@pytest.mark.parametrize(
    "wrong",
    [
        "hourly",
        [],
        [60.0] * 21,
        [0.5],
        [-1.0],
        [259201.0],
        [float("nan")],
        [float("inf")],
        [True],
        ["60"],
    ],
)
def test_other_steps_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="retry policy"):
        steps(wrong)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 86400\t", 86400.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37.0),
        ("Sun Nov  6 08:49:37 1994", 37.0),
        ("Sun Nov 06 08:49:37 1994", 37.0),
        ("sun, 06 nov 1994 08:49:37 gmt", 37.0),
        ("Mon, 07 Nov 1994 08:49:00 GMT", DAY),
        ("Sun, 06 Nov 1994 08:49:60 GMT", 60.0),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 0.0),
        ("Sunday, 06-Nov-60 08:49:37 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_any_http_date(value: str, seconds: float) -> None:
    assert parse_retry_after(value, NOW) == seconds


def test_a_year_of_two_digits_is_at_most_fifty_years_ahead() -> None:
    near = parse_retry_after("Sunday, 06-Nov-44 08:49:37 GMT", NOW)
    assert near is not None
    assert near > 49 * 365 * DAY


def test_a_wish_of_very_many_digits_is_just_long() -> None:
    wished = parse_retry_after("9" * 6000, NOW)
    assert wait_before(2, STANDARD, 0.0, wished) == DAY


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "-5",
        "+5",
        "1.5",
        "1e3",
        "５",
        "120, 60",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Fri, 31 Dec 9999 23:59:60 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
    ],
)
def test_garbage_in_retry_after_is_no_wish(value: str | None) -> None:
    assert parse_retry_after(value, NOW) is None


@given(st.text(max_size=60))
def test_no_retry_after_makes_the_reader_fall_over(value: str) -> None:
    wished = parse_retry_after(value, NOW)
    assert wished is None or wished >= 0
