"""Days in a time zone, cut out of quarters of UTC."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.spans import LONGEST_DAYS, Span, lay_out, span_of
from activities.rules.totals import QUARTERS_A_DAY
from activities.rules.zones import zones
from tests.conftest import NOW

TODAY = NOW.date()


def a_span(first: str, last: str, zone: str) -> Span:
    return span_of(date.fromisoformat(first), date.fromisoformat(last), 30, zone, NOW)


def moment(quarter: int) -> datetime:
    return datetime.fromtimestamp(quarter * 900, UTC)


@given(
    st.sampled_from(sorted(zones())),
    st.dates(date(2000, 1, 3), date(2037, 12, 1)),
    st.integers(0, 3),
)
def test_every_quarter_is_laid_where_a_clock_in_the_zone_has_it(
    zone: str, first: date, more: int
) -> None:
    last = first + timedelta(days=more)
    span = span_of(first, last, 30, zone, NOW)
    around = range(span.start - 40, span.end + 40)
    days: Counter[date] = Counter()
    hours: Counter[int] = Counter()
    weekdays: Counter[int] = Counter()
    for quarter in around:
        local = moment(quarter).astimezone(ZoneInfo(zone))
        if first <= local.date() <= last:
            days[local.date()] += 1
            hours[local.hour] += 1
            weekdays[local.weekday()] += 1
    laid = lay_out(
        span,
        [
            (quarter // QUARTERS_A_DAY, {str(quarter % QUARTERS_A_DAY): (1, 2, 3)})
            for quarter in around
        ],
    )
    assert [figures for figures, _, _ in laid.days] == [
        days[first + timedelta(n)] for n in range(more + 1)
    ]
    assert [figures for figures, _, _ in laid.hours] == [hours[n] for n in range(24)]
    assert [figures for figures, _, _ in laid.weekdays] == [weekdays[n] for n in range(7)]
    assert all((b, c) == (2 * a, 3 * a) for a, b, c in (*laid.days, *laid.hours))


@given(
    st.sampled_from(sorted(zones())),
    st.dates(date(2000, 1, 3), date(2037, 12, 1)),
    st.integers(0, 3),
)
def test_whole_days_and_edges_are_the_span(zone: str, first: date, more: int) -> None:
    span = span_of(first, first + timedelta(days=more), 30, zone, NOW)
    inside = [day * QUARTERS_A_DAY + n for day in span.inside for n in range(QUARTERS_A_DAY)]
    edges = [quarter for edge in span.edges for quarter in edge]
    assert sorted(inside + edges) == list(range(span.start, span.end))
    assert {quarter // QUARTERS_A_DAY for quarter in inside + edges} == set(span.touched)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-03-08", "America/New_York", 23),
        ("2026-11-01", "America/New_York", 25),
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2026-10-04", "Australia/Lord_Howe", 23.5),
        ("2026-04-24", "Africa/Cairo", 23),
        ("2026-11-21", "Asia/Kathmandu", 24),
        ("2011-12-30", "Pacific/Apia", 0),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(day: str, zone: str, hours: float) -> None:
    span = a_span(day, day, zone)
    assert (span.end - span.start) / 4 == hours


def test_midnight_that_clocks_skip_is_where_the_day_begins() -> None:
    span = a_span("2026-04-24", "2026-04-24", "Africa/Cairo")
    assert moment(span.start) == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_days_of_utc_have_no_edges() -> None:
    span = a_span("2026-11-01", "2026-11-30", "UTC")
    assert (len(span.inside), span.edges) == (30, ())


@pytest.mark.parametrize(
    ("zone", "today"),
    [("UTC", date(2026, 11, 21)), ("Pacific/Kiritimati", date(2026, 11, 22))],
)
def test_without_days_it_ends_today_in_the_zone(zone: str, today: date) -> None:
    span = span_of(None, None, 7, zone, NOW)
    assert (span.first, span.last) == (today - timedelta(days=6), today)


def test_a_first_day_alone_reaches_until_today() -> None:
    span = span_of(TODAY - timedelta(days=3), None, 30, "UTC", NOW)
    assert (span.first, span.last) == (TODAY - timedelta(days=3), TODAY)
    ahead = span_of(TODAY + timedelta(days=3), None, 30, "UTC", NOW)
    assert (ahead.first, ahead.last) == (TODAY + timedelta(days=3),) * 2


def test_a_last_day_alone_is_the_end_of_so_many_days() -> None:
    span = span_of(None, date(2026, 3, 31), 31, "UTC", NOW)
    assert (span.first, span.last) == (date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize("zone", ["", "Europe/Nowhere", "../etc/passwd", "localtime", "UTC\x00"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        span_of(None, None, 30, zone, NOW)
    assert list(refused.value.fields) == ["time_zone"]


@pytest.mark.parametrize(
    ("first", "last", "days", "wrong"),
    [
        (None, None, 0, "days"),
        (None, None, LONGEST_DAYS + 1, "days"),
        (date(1, 1, 1), None, 30, "first"),
        (None, date.max, 30, "last"),
        (date(2026, 2, 2), date(2026, 2, 1), 30, "first"),
        (date(2024, 1, 1), date(2024, 1, 1) + timedelta(LONGEST_DAYS), 30, "first"),
    ],
)
def test_a_span_that_is_none_is_refused(
    first: date | None, last: date | None, days: int, wrong: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        span_of(first, last, days, "UTC", NOW)
    assert list(refused.value.fields) == [wrong]


def test_the_longest_span_is_not_refused() -> None:
    assert len(span_of(None, None, LONGEST_DAYS, "UTC", NOW).inside) == LONGEST_DAYS
