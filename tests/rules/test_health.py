"""What looks at a destination come to: states, when they are told, and when the next one is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.gateways.destinations import ERRORS
from activities.rules.health import (
    CERTIFICATE_ENDS,
    CONFIRM_AFTER,
    SLOW_MS,
    WHY,
    News,
    Seen,
    Standing,
    State,
    Verdict,
    interval,
    news,
    next_look,
    stands,
    verdict,
)
from activities.rules.plans import PLANS

NOW = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)
WELL, FAILED = Verdict("well"), Verdict("failed", "timeout")
HOUR = timedelta(hours=1)
SOON = NOW + timedelta(days=13)


def after(*looks: Verdict, before: Standing | None = None) -> Standing:
    standing = before or Standing()
    for look in looks:
        standing = stands(standing, look, NOW)
    return standing


@pytest.mark.parametrize("status", [200, 204, 206, 304, 400, 401, 403, 405, 418, 429])
def test_an_answer_to_a_robot_is_well(status: int) -> None:
    assert verdict(Seen(status), NOW) == WELL


@pytest.mark.parametrize("status", [404, 410, 451, 500, 502, 503, 599])
def test_a_page_that_is_not_there_is_a_failure(status: int) -> None:
    assert verdict(Seen(status), NOW) == Verdict("failed", "http_error")


@pytest.mark.parametrize("error", [error for error in ERRORS if error != "target_refused"])
def test_everything_that_keeps_a_visitor_away_is_a_failure(error: str) -> None:
    assert verdict(Seen(error=error), NOW) == Verdict("failed", error)


def test_what_is_not_looked_at_is_neither_well_nor_dead() -> None:
    look = verdict(Seen(error="target_refused"), NOW)
    assert look == Verdict("refused", "target_refused")
    assert after(FAILED, FAILED, look).state == "unknown"
    assert after(FAILED, FAILED, look).failures == 0


def test_slow_is_over_three_seconds() -> None:
    assert verdict(Seen(200, duration_ms=SLOW_MS), NOW) == WELL
    assert verdict(Seen(200, duration_ms=SLOW_MS + 1), NOW) == Verdict("well", "slow")


@pytest.mark.parametrize(
    ("left", "found"), [(CERTIFICATE_ENDS, True), (2 * CERTIFICATE_ENDS, False)]
)
def test_a_certificate_that_ends_within_two_weeks_is_told(left: timedelta, found: bool) -> None:
    look = verdict(Seen(200, duration_ms=9999, certificate_until=NOW + left), NOW)
    assert look.reason == ("certificate_expiring" if found else "slow")
    assert after(look).state == "degraded"


def test_three_failures_in_a_row_are_failing_and_one_success_ends_it() -> None:
    well = after(WELL)
    assert [after(*[FAILED] * n, before=well).state for n in (1, 2, 3, 4)] == [
        *("healthy", "healthy", "failing", "failing")
    ]
    assert after(FAILED, FAILED, WELL, FAILED, FAILED).state == "healthy"
    assert after(FAILED, FAILED, FAILED, WELL) == Standing("healthy", NOW, 0, None)


def test_since_is_when_the_state_began() -> None:
    first = stands(Standing(), WELL, NOW)
    second = stands(first, WELL, NOW + HOUR)
    assert (first.since, second.since) == (NOW, NOW)
    slow = stands(second, Verdict("well", "slow"), NOW + 2 * HOUR)
    assert slow.since == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("before", "to", "told"),
    [
        ("unknown", "healthy", News(False, None)),
        ("unknown", "degraded", News(True, None)),
        ("unknown", "failing", News(True, "link_failing")),
        ("healthy", "healthy", News(False, None)),
        ("healthy", "degraded", News(True, None)),
        ("healthy", "failing", News(True, "link_failing")),
        ("healthy", "unknown", News(True, None)),
        ("failing", "failing", News(False, None)),
        ("failing", "healthy", News(True, "link_recovered")),
        ("failing", "degraded", News(True, "link_recovered")),
        ("failing", "unknown", News(True, None)),
    ],
)
def test_a_change_is_told(before: State, to: State, told: News) -> None:
    assert news(Standing(before), Standing(to), None) == told


def test_a_certificate_is_mailed_about_once_for_each_of_its_ends() -> None:
    ends = Standing("degraded", reason="certificate_expiring")
    assert news(Standing("healthy"), ends, SOON) == News(True, "link_certificate")
    assert news(ends, ends, SOON) == News(False, "link_certificate"), "first seen to be slow"
    told = Standing("degraded", reason="certificate_expiring", told_until=SOON)
    assert news(told, ends, SOON) == News(False, None)
    assert news(told, ends, SOON + HOUR) == News(False, "link_certificate")
    assert news(told, ends, SOON - HOUR) == News(False, None)


def test_the_plan_bounds_the_interval() -> None:
    minutes = [plan.health_minutes for plan in PLANS.values()]
    assert minutes == [1440, 360, 60, 15, 5]
    assert interval(5, 60) == HOUR
    assert interval(240, 60) == 4 * HOUR


def test_the_next_look_is_due_on_a_full_minute_and_soon_after_a_failure() -> None:
    minute = NOW.replace(second=0)
    assert next_look(NOW, HOUR, after(WELL)) == minute + HOUR
    assert next_look(NOW, HOUR, after(FAILED)) == minute + CONFIRM_AFTER
    assert next_look(NOW, HOUR, after(FAILED, FAILED)) == minute + CONFIRM_AFTER
    assert next_look(NOW, HOUR, after(FAILED, FAILED, FAILED)) == minute + HOUR
    assert next_look(NOW, timedelta(minutes=2), after(FAILED)) == minute + timedelta(minutes=2)


def test_every_reason_has_words() -> None:
    assert set(ERRORS) < set(WHY)
