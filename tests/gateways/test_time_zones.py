"""What hour it is at a visitor's place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.gateways.time_zones import local_hour

WINTER, SUMMER = (
    datetime(2026, 1, 15, 12, 30, tzinfo=UTC),
    datetime(2026, 7, 15, 12, 30, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("time_zone", "winter", "summer"),
    [
        ("Europe/Berlin", 13, 14),
        ("America/Los_Angeles", 4, 5),
        ("Asia/Kolkata", 18, 18),
        ("Asia/Kathmandu", 18, 18),
        ("Australia/Lord_Howe", 23, 23),
        ("Pacific/Kiritimati", 2, 2),
        ("Etc/UTC", 12, 12),
    ],
)
def test_the_hour_is_that_of_the_zone(time_zone: str, winter: int, summer: int) -> None:
    seen = (local_hour(WINTER, time_zone, None), local_hour(SUMMER, time_zone, None))
    assert seen == (winter, summer)


@pytest.mark.parametrize(
    ("country", "hour"),
    [
        ("FR", 13),
        ("DE", 13),
        ("JP", 21),
        ("IN", 18),
        ("US", None),
        ("NZ", None),
        ("XX", None),
        ("", None),
    ],
)
def test_a_country_has_an_hour_when_all_its_clocks_agree(country: str, hour: int | None) -> None:
    assert local_hour(WINTER, None, country) == hour


def test_a_zone_is_better_than_a_country() -> None:
    assert local_hour(WINTER, "America/Denver", "DE") == 5


@pytest.mark.parametrize(
    "time_zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "a\x00b", "é"]
)
def test_a_zone_that_nobody_knows_leaves_the_country(time_zone: str) -> None:
    assert local_hour(WINTER, time_zone, "JP") == 21
    assert local_hour(WINTER, time_zone, None) is None


@pytest.mark.parametrize(("minutes", "hour"), [(-1, 1), (0, 3), (59, 3), (60, 4)])
def test_the_hour_leaps_when_clocks_are_put_forward(minutes: int, hour: int) -> None:
    put_forward = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert local_hour(put_forward + timedelta(minutes=minutes), "Europe/Berlin", None) == hour


@given(
    st.integers(1_577_836_800, 2_051_222_400),
    st.sampled_from(["Europe/London", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_it_is_what_a_clock_on_the_wall_shows(seconds: int, time_zone: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    wall = moment.astimezone(ZoneInfo(time_zone))
    assert local_hour(moment, time_zone, None) == wall.hour
    elsewhere = moment.astimezone(timezone(timedelta(hours=-7)))
    assert local_hour(elsewhere, time_zone, None) == wall.hour
