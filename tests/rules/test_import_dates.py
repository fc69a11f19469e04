"""Times as other platforms write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.imports.dates import read_time
from activities.rules.spelling import stamp

MOMENT = datetime(2026, 12, 31, 22, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-31T22:05:09Z",
        "2026-12-31T22:05:09.000Z",
        "2026-12-31T22:05:09+0000",
        "2026-12-31T23:05:09+01:00",
        "2026-12-31 17:05:09-05:00",
        "2026-12-31 22:05:09",
        "2026-12-31 22:05:09 UTC",
        "2026/12/31 22:05:09",
        "31.12.2026 22:05:09",
        "31.12.2026, 22:05:09",
        "31/12/2026 22:05:09",
        "12/31/2026 10:05:09 PM",
        "Dec 31, 2026, 10:05:09 PM",
        "December 31st, 2026 at 22:05:09",
        "31 December 2026 22:05:09",
        "31-Dec-2026 22:05:09",
        "Thu, 31 Dec 2026 22:05:09 GMT",
        "Thu Dec 31 2026 23:05:09 GMT+0100 (Central European Standard Time)",
        "1798754709",
        "1798754709000",
    ],
)
def test_one_moment_has_many_spellings(text: str) -> None:
    assert read_time(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-31",
        "2026/12/31",
        "31.12.2026",
        "12/31/2026",
        "31/12/2026",
        "Dec 31, 2026",
        "31 Dec 2026",
        "Thursday, December 31, 2026",
    ],
)
def test_a_day_begins_at_midnight(text: str) -> None:
    assert read_time(text) == datetime(2026, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(("text", "hour"), [("12:00 AM", 0), ("12:30 pm", 12), ("1:00 am", 1)])
def test_noon_and_midnight_are_told_apart(text: str, hour: int) -> None:
    moment = read_time(f"2026-01-05 {text}")
    assert moment is not None
    assert moment.hour == hour


def test_a_day_that_is_also_the_month_is_clear() -> None:
    assert read_time("04/04/2026") == datetime(2026, 4, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "04/05/2026",
        "2026-02-30",
        "2026-13-01",
        "13/13/2026",
        "0000-00-00 00:00:00",
        "2026-01-01 25:00",
        "2026-01-01 13:00 PM",
        "2026-01-01 0:00 AM",
        "2026-01/01",
        "31 Foo 2026",
        "2026-01-01T00:00:00+99:00",
        "0001-01-01 00:00+01:00",
        "9999-12-31T23:59:59-05:00",
        "12345",
        "٢٠٢٦-٠١-٠١",
        "2026-01-01" + " " * 5_000 + "x",
        "2026-01-01" + " " * 80 + "10:00",
    ],
)
def test_what_is_no_clear_time_is_none(text: str) -> None:
    assert read_time(text) is None


@given(st.integers(-2_000_000_000_000, 250_000_000_000_000))
def test_our_own_spelling_is_read_back(milliseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert read_time(stamp(moment)) == moment


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    read_time(text)
