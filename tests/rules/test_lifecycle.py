"""When a code or link is live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.lifecycle import Lifecycle, must_be_sound, state_at

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("lifecycle", "state"),
    [
        (Lifecycle(), "live"),
        (Lifecycle(is_active=False), "inactive"),
        (Lifecycle(starts_at=NOW), "live"),
        (Lifecycle(starts_at=NOW + TICK), "not_started"),
        (Lifecycle(expires_at=NOW + TICK), "live"),
        (Lifecycle(expires_at=NOW), "expired"),
        (Lifecycle(limit=3, used=2), "live"),
        (Lifecycle(limit=3, used=3), "used_up"),
        (Lifecycle(limit=3, used=9), "used_up"),
        (Lifecycle(used=9), "live"),
        (Lifecycle(is_active=False, expires_at=NOW, limit=1, used=1), "inactive"),
        (Lifecycle(starts_at=NOW + TICK, limit=1, used=1), "not_started"),
        (Lifecycle(expires_at=NOW, limit=1, used=1), "expired"),
    ],
)
def test_the_state_is_that_of_the_moment(lifecycle: Lifecycle, state: str) -> None:
    assert state_at(lifecycle, NOW) == state


def test_moments_are_compared_across_zones() -> None:
    east = timezone(timedelta(hours=9))
    assert state_at(Lifecycle(expires_at=NOW.astimezone(east)), NOW) == "expired"


@given(st.integers(-100, 100), st.integers(1, 100), st.integers(-300, 300))
def test_it_is_live_exactly_between_start_and_end(begin: int, length: int, now: int) -> None:
    lifecycle = Lifecycle(
        starts_at=NOW + timedelta(hours=begin), expires_at=NOW + timedelta(hours=begin + length)
    )
    live = state_at(lifecycle, NOW + timedelta(hours=now)) == "live"
    assert live is (begin <= now < begin + length)


def refused(
    starts_at: datetime | None = None,
    expires_at: datetime | None = None,
    limit: int | None = None,
    expired_url: str | None = None,
) -> list[str]:
    with pytest.raises(InvalidFields) as refusal:
        must_be_sound(starts_at, expires_at, limit, expired_url)
    return list(refusal.value.fields)


def test_nothing_set_is_sound() -> None:
    must_be_sound(None, None, None, None)


def test_everything_set_well_is_sound() -> None:
    must_be_sound(NOW, NOW + TICK, 1, "https://example.com/over")
    must_be_sound(None, NOW, 1_000_000_000, None)


def test_an_end_is_after_the_start() -> None:
    assert refused(NOW, NOW) == ["expires_at"]
    assert refused(NOW, NOW - TICK) == ["expires_at"]


def test_a_time_without_a_zone_is_refused() -> None:
    local = NOW.replace(tzinfo=None)
    assert refused(local, NOW) == ["starts_at"]
    assert refused(NOW, local) == ["expires_at"]


@pytest.mark.parametrize("limit", [0, -1, 1_000_000_001])
def test_a_limit_is_between_one_and_a_thousand_million(limit: int) -> None:
    assert refused(limit=limit) == ["scan_limit"]


def test_a_link_names_its_limit_otherwise() -> None:
    with pytest.raises(InvalidFields) as refusal:
        must_be_sound(None, None, 0, None, limit_field="click_limit")
    assert list(refusal.value.fields) == ["click_limit"]


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://"])
def test_late_visits_go_to_a_good_destination(url: str) -> None:
    assert refused(expired_url=url) == ["expired_url"]


def test_everything_wrong_is_told_at_once() -> None:
    assert refused(NOW, NOW, 0, "x") == ["expires_at", "scan_limit", "expired_url"]
