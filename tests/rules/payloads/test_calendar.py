"""Appointments, as another reader of iCalendar understands them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.payloads.contents import EXAMPLES, normalised, payload
from tests.rules.payloads.refusals import refused

WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=100).map(
    lambda text: text.strip(" ")
)
TITLES = WORDS.filter(lambda text: text.strip() != "")
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2198, 1, 1), timezones=ZONES)  # noqa: DTZ001
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


def says(**fields: Any) -> str:
    return payload("EVENT", normalised("EVENT", fields))


def understood(text: str) -> Any:
    calendar = icalendar.Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    return event


def test_an_event_is_written_out() -> None:
    text = says(
        title="a; b",
        startsAt="2026-12-31T20:00:00.9+01:00",
        endsAt="2027-01-01T01:00:00Z",
        location="x, y",
        description="1\r\n2",
        url="https://example.com/a,b",
    )
    lines = text.split("\r\n")
    assert lines[4].startswith("UID:")
    assert [*lines[:4], *lines[5:]] == [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Inkloom//QR codes//EN", "BEGIN:VEVENT"),
        *("DTSTAMP:20261231T190000Z", "DTSTART:20261231T190000Z", "DTEND:20270101T010000Z"),
        *("SUMMARY:a\\; b", "LOCATION:x\\, y", "DESCRIPTION:1\\n2", "URL:https://example.com/a,b"),
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]


@pytest.mark.parametrize(
    ("start", "end", "after"),
    [
        ("2026-12-31", None, "20270101"),
        ("2026-12-31", "2026-12-31", "20270101"),
        ("2028-02-27", "2028-02-28", "20280229"),
    ],
)
def test_the_last_day_is_part_of_an_all_day_event(start: str, end: str | None, after: str) -> None:
    lines = says(title="x", startsAt=start, endsAt=end, allDay=True).split("\r\n")
    first = start.replace("-", "")
    assert f"DTSTART;VALUE=DATE:{first}" in lines
    assert f"DTEND;VALUE=DATE:{after}" in lines
    assert f"DTSTAMP:{first}T000000Z" in lines


def test_an_end_at_the_start_is_left_out() -> None:
    moment = "2026-12-31T19:00:00Z"
    assert normalised("EVENT", {"title": "x", "startsAt": moment, "endsAt": moment})["endsAt"]
    assert "DTEND" not in says(title="x", startsAt=moment, endsAt=moment)
    assert "DTEND" not in says(title="x", startsAt=moment)


def test_the_same_content_has_the_same_uid_and_another_has_another() -> None:
    content = normalised("EVENT", EXAMPLES["EVENT"])
    turned = dict(reversed(content.items()))
    other = {**content, "title": "other"}
    uid = understood(payload("EVENT", content))["UID"]
    assert uid == understood(payload("EVENT", turned))["UID"]
    assert uid != understood(payload("EVENT", other))["UID"]
    assert uid == "eaa71960-6a64-5009-8672-85142e6914d3"


@given(title=TITLES, location=WORDS, description=st.lists(WORDS, max_size=4).map("\n".join))
def test_another_reader_sees_the_texts_that_were_meant(
    title: str, location: str, description: str
) -> None:
    text = says(
        title=title, location=location, description=description, startsAt="2026-12-31T19:00:00Z"
    )
    assert max(len(line) for line in text.encode().split(b"\r\n")) <= 75
    event = understood(text)
    assert event["SUMMARY"] == title
    assert event.get("LOCATION", "") == location
    assert event.get("DESCRIPTION", "") == description


@given(start=MOMENTS, length=st.timedeltas(timedelta(seconds=1), timedelta(days=300)))
def test_another_reader_sees_the_times_that_were_meant(start: datetime, length: timedelta) -> None:
    end = start + length
    event = understood(says(title="x", startsAt=start.isoformat(), endsAt=end.isoformat()))
    assert event.decoded("DTSTART") == start.astimezone(UTC).replace(microsecond=0)
    seen = event.decoded("DTEND") if "DTEND" in event else event.decoded("DTSTART")
    assert seen == end.astimezone(UTC).replace(microsecond=0)


@given(start=DAYS, days=st.integers(0, 30))
def test_another_reader_sees_the_days_that_were_meant(start: date, days: int) -> None:
    last = min(start + timedelta(days=days), date(2199, 12, 31))
    event = understood(
        says(title="x", allDay=True, startsAt=start.isoformat(), endsAt=last.isoformat())
    )
    assert event.decoded("DTSTART") == start
    assert event.decoded("DTEND") == last + timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"title": " "}, "title"),
        ({"startsAt": None}, "startsAt"),
        *[
            ({"startsAt": text, "endsAt": None}, "startsAt")
            for text in (
                *("2026-12-31", "2026-12-31T20:00:00", "2026-12-31 20:00:00Z", "tomorrow"),
                *("2026-02-30T20:00:00Z", "1899-12-31T20:00:00Z", "2200-01-01T00:00:00Z"),
                *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x" * 50, 5),
            )
        ],
        ({"endsAt": "2026-12-31T18:59:59Z"}, "endsAt"),
        ({"endsAt": "2026-12-31T19:59:59+01:00"}, "endsAt"),
        ({"endsAt": "2026-12-31"}, "endsAt"),
        ({"allDay": "yes"}, "allDay"),
        ({"allDay": True, "startsAt": "2026-12-32", "endsAt": None}, "startsAt"),
        ({"allDay": True, "startsAt": "20261231", "endsAt": None}, "startsAt"),
        ({"allDay": True, "startsAt": "2200-01-01", "endsAt": None}, "startsAt"),
        ({"allDay": True, "startsAt": "2026-12-31", "endsAt": "2026-12-30"}, "endsAt"),
        ({"allDay": True, "startsAt": "2026-12-31"}, "endsAt"),
        ({"location": "a\nb"}, "location"),
        ({"organizer": "a@example.com"}, "organizer"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(fields: dict[str, Any], name: str) -> None:
    assert list(refused("EVENT", {**EXAMPLES["EVENT"], **fields})) == [f"content.{name}"]
