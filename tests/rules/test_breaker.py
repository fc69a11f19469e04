"""What failures do to an endpoint, and when something may be sent to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.rules.breaker import (
    DISABLE_AFTER,
    FEWEST_FAILURES,
    FIRST_PROBE,
    OPENS_AFTER,
    Health,
    after_failure,
    after_success,
    held_by,
    is_done_for,
    look_again_in,
    throttled,
)
from activities.rules.holds import HOLDS, SENTENCES, Hold, explain

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def failing(times: int) -> Health:
    health = Health()
    for _ in range(times):
        health = after_failure(health, NOON)
    return health


def test_the_circuit_opens_after_so_many_failures_in_a_row() -> None:
    assert failing(OPENS_AFTER - 1).open_until is None
    assert failing(OPENS_AFTER).open_until == NOON + FIRST_PROBE


def test_an_open_circuit_holds_until_a_probe_is_due() -> None:
    health = failing(OPENS_AFTER)
    assert held_by(health, NOON) == Hold("circuit_open", NOON + FIRST_PROBE)
    assert held_by(health, NOON + FIRST_PROBE) is None


def test_who_stays_away_is_tried_less_and_less_often_and_once_a_minute_at_last() -> None:
    health = failing(OPENS_AFTER)
    tried: list[float] = []
    while len(tried) < 7:
        assert health.open_until is not None
        tried.append((health.open_until - NOON).total_seconds())
        health = after_failure(health, health.open_until)
    assert tried == [5, 10, 20, 40, 80, 140, 200]


def test_one_success_makes_it_well() -> None:
    health = throttled(failing(OPENS_AFTER), NOON, None)
    assert not health.is_well
    assert after_success(health).is_well
    assert held_by(after_success(health), NOON) is None


def test_the_first_failure_after_a_success_is_remembered() -> None:
    health = after_failure(failing(3), NOON + MINUTE)
    assert (health.failures, health.failing_since) == (4, NOON)


def test_five_days_of_nothing_but_failures_are_enough() -> None:
    health = failing(FEWEST_FAILURES)
    assert not is_done_for(health, NOON + DISABLE_AFTER - timedelta(seconds=1))
    assert is_done_for(health, NOON + DISABLE_AFTER)


def test_a_few_failures_are_not_enough_however_long_ago() -> None:
    assert not is_done_for(failing(FEWEST_FAILURES - 1), NOON + 10 * DISABLE_AFTER)


def test_a_throttle_lasts_as_the_receiver_asks_and_a_day_at_most() -> None:
    assert throttled(failing(1), NOON, 30.0).throttled_until == NOON + timedelta(seconds=30)
    week = timedelta(days=7).total_seconds()
    assert throttled(failing(1), NOON, week).throttled_until == NOON + timedelta(days=1)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 300), (5000, 300)])
def test_an_unasked_throttle_grows_to_five_minutes(failures: int, seconds: int) -> None:
    health = Health(failures=failures, failing_since=NOON)
    assert throttled(health, NOON, None).throttled_until == NOON + timedelta(seconds=seconds)


def test_a_shorter_throttle_does_not_end_a_longer_one() -> None:
    long = throttled(failing(1), NOON, 3600.0)
    assert throttled(long, NOON, 5.0).throttled_until == NOON + timedelta(hours=1)


def test_pausing_comes_before_all() -> None:
    health = Health(status="paused", open_until=NOON + MINUTE, throttled_until=NOON + MINUTE)
    assert held_by(health, NOON) == Hold("endpoint_paused")


@pytest.mark.parametrize("roll", [0.0, 0.5, 0.999999])
@pytest.mark.parametrize("days", [0, 4])
def test_what_is_held_never_looks_before_the_hold_is_over(roll: float, days: int) -> None:
    health = Health(failures=10, failing_since=NOON - timedelta(days=days))
    for reason in ("throttled", "circuit_open", "rate_limit"):
        hold = Hold(reason, NOON + MINUTE)
        wait = look_again_in(hold, health, NOON, roll)
        assert 60.0 <= wait < 60.0 + 900.0
    assert look_again_in(Hold("earlier_message"), health, NOON, roll) >= 60.0


def test_those_that_wait_are_spread() -> None:
    health = Health(failures=10, failing_since=NOON - timedelta(days=1))
    hold = Hold("circuit_open", NOON)
    assert look_again_in(hold, health, NOON, 0.5) == 450.0


@pytest.mark.parametrize("left", [timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)])
def test_what_waits_for_a_throttle_comes_within_ten_seconds_of_its_end(left: timedelta) -> None:
    health = Health(failures=3, failing_since=NOON - timedelta(days=4))
    hold = Hold("throttled", NOON + left)
    late = [
        look_again_in(hold, health, NOON, roll) - left.total_seconds() for roll in (0, 0.5, 0.999)
    ]
    assert late[0] == 0
    assert late[1] >= 0.5
    assert late[1] < late[2] < 10


def test_every_hold_has_its_sentence() -> None:
    assert set(HOLDS) <= set(SENTENCES)
    assert all(explain(reason) for reason in HOLDS)
    assert explain(None) == ""
    assert explain("not known") == ""
