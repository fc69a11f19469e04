"""What is due by somebody's own clocks, through changes of clocks in both directions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from activities.rules.local_times import Clocks, is_zone, last_due, local_day, moment_on, not_quiet

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [0, 135, 480, 1439])
@pytest.mark.parametrize("begin", [utc(2026, 3, 1), utc(2026, 9, 25)])
def test_each_day_is_due_once_and_never_early(zone: str, at: int, begin: datetime) -> None:
    clocks = Clocks(zone, at)
    days: list[date] = []
    for n in range(45 * 48):
        now = begin + n * HALF_HOUR
        day, moment = last_due(clocks, now)
        assert moment <= now < moment + DAY + timedelta(hours=1)
        days += [day] if [day] != days[-1:] else []
    assert all(later - earlier == DAY for earlier, later in pairwise(days))
    assert len(days) in (45, 46)


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        # 02:30 is left out: as if the clocks had not changed yet.
        ("Europe/Berlin", date(2026, 3, 29), utc(2026, 3, 29, 1, 30)),
        ("America/New_York", date(2026, 3, 8), utc(2026, 3, 8, 7, 30)),
        # 02:30 comes twice: the first.
        ("Europe/Berlin", date(2026, 10, 25), utc(2026, 10, 25, 0, 30)),
        # Lord Howe moves by half an hour, and 02:00 to 02:30 is left out.
        ("Australia/Lord_Howe", date(2026, 10, 4), utc(2026, 10, 3, 15, 30)),
        ("Asia/Kathmandu", date(2026, 3, 29), utc(2026, 3, 28, 20, 45)),
    ],
)
def test_times_that_are_left_out_or_come_twice_are_one_moment(
    zone: str, day: date, moment: datetime
) -> None:
    assert moment_on(Clocks(zone), day, 150) == moment


@pytest.mark.parametrize("zone", ZONES)
def test_mondays_are_those_of_the_zone_once_a_week(zone: str) -> None:
    clocks = Clocks(zone)
    now, mondays = utc(2026, 3, 1), set()
    while now < utc(2026, 12, 1):
        day, moment = last_due(clocks, now, 0)
        assert day.weekday() == local_day(clocks, moment).weekday() == 0
        mondays.add(day)
        now += timedelta(hours=1)
    assert len(mondays) == 41


def test_a_day_that_a_zone_leaves_out_is_left_out() -> None:
    clocks = Clocks("Pacific/Apia")
    days = {last_due(clocks, utc(2011, 12, 29) + n * HALF_HOUR)[0] for n in range(4 * 48)}
    assert date(2011, 12, 30) not in days
    assert {date(2011, 12, 29), date(2011, 12, 31)} <= days


@pytest.mark.parametrize(
    ("quiet", "moment", "leaves"),
    [
        ((None, None), utc(2026, 7, 1, 3), utc(2026, 7, 1, 3)),
        ((60, 60), utc(2026, 7, 1, 3), utc(2026, 7, 1, 3)),
        # 22:00 to 07:00 in Berlin, in summer.
        ((1320, 420), utc(2026, 7, 1, 3), utc(2026, 7, 1, 5)),
        ((1320, 420), utc(2026, 7, 1, 20), utc(2026, 7, 2, 5)),
        ((1320, 420), utc(2026, 7, 1, 5), utc(2026, 7, 1, 5)),
        ((1320, 420), utc(2026, 7, 1, 19, 59), utc(2026, 7, 1, 19, 59)),
        # The night that is an hour shorter.
        ((1320, 420), utc(2026, 3, 28, 22), utc(2026, 3, 29, 5)),
        # At noon.
        ((720, 780), utc(2026, 7, 1, 10, 30), utc(2026, 7, 1, 11)),
    ],
)
def test_what_falls_into_quiet_hours_leaves_at_their_end(
    quiet: tuple[int | None, int | None], moment: datetime, leaves: datetime
) -> None:
    assert not_quiet(Clocks("Europe/Berlin", 480, *quiet), moment) == leaves


def test_a_zone_is_one_of_the_list() -> None:
    assert all(map(is_zone, ZONES))
    for wrong in ("", "Mars/Olympus", "../etc/passwd", "europe/berlin", "/etc/localtime"):
        assert not is_zone(wrong)


@pytest.mark.parametrize("name", ["localtime", "Factory"])
def test_where_the_machine_is_names_no_zone(name: str) -> None:
    assert not is_zone(name)
