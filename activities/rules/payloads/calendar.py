"""EVENT: an appointment for the calendar."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from activities.rules import destinations
from activities.rules.payloads.content_lines import document, escaped
from activities.rules.payloads.days import read_day
from activities.rules.payloads.fields import FieldReader, without_absent
from activities.rules.spelling import read_stamp

LONGEST_TITLE = 200
LONGEST_LOCATION = 300
LONGEST_DESCRIPTION = 1000
FIRST_YEAR, LAST_YEAR = 1900, 2199

FIELDS: Mapping[str, str] = {
    "title": f"What it is called, up to {LONGEST_TITLE} characters. Required.",
    "startsAt": (
        "When it starts: a time with its zone, such as 2026-12-31T20:00:00+01:00; of an all-day "
        "event the first day, such as 2026-12-31. Required."
    ),
    "endsAt": "When it ends, not before its start; of an all-day event the last day.",
    "allDay": "true when startsAt and endsAt are days. Default false.",
    "location": f"Where it is, up to {LONGEST_LOCATION} characters.",
    "description": f"What it is about, up to {LONGEST_DESCRIPTION} characters, in lines.",
    "url": "An http or https address with more about it.",
}
EXAMPLE: Mapping[str, Any] = {
    "title": "Opening night; bring friends",
    "startsAt": "2026-12-31T19:00:00Z",
    "endsAt": "2027-01-01T01:00:00Z",
    "allDay": False,
    "location": "Café Größenwahn, Berlin",
    "description": "Doors at 7.\nMusic at 8.",
    "url": "https://example.com/opening",
}

_SPACE = UUID("5f0f9f5c-6d0e-5c0e-9d53-3f1b0a7a2c11")
_LONGEST_TIME = 40


def read_event(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: days, or times in UTC to the second. Raises InvalidFields."""
    reader = FieldReader(fields, FIELDS)
    all_day = reader.flag("allDay")
    when = _day if all_day else _moment
    title = reader.text("title", LONGEST_TITLE, required="Give the title of the event.")
    starts_at = reader.read("startsAt", _LONGEST_TIME, when, required="Say when the event starts.")
    ends_at = reader.read("endsAt", _LONGEST_TIME, when)
    if starts_at and ends_at and ends_at < starts_at:
        reader.refuse("endsAt", "Choose an end that is not before the start.")
    content = {
        "title": title,
        "startsAt": starts_at,
        "endsAt": ends_at,
        "allDay": all_day,
        "location": reader.text("location", LONGEST_LOCATION),
        "description": reader.text("description", LONGEST_DESCRIPTION, spacing="lines"),
        "url": reader.url("url"),
    }
    reader.done()
    return without_absent(content)


def event_payload(content: Mapping[str, Any]) -> str:
    """A VCALENDAR with one VEVENT of RFC 5545, in UTC.

    The UID is made from the content, so that a second scan is the same event to a calendar;
    DTSTAMP is the start. An end at the start is left out (3.8.2.2 wants it later); the end of an
    all-day event is the day after the last (3.6.1).
    """
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Inkloom//QR codes//EN", "BEGIN:VEVENT"),
        f"UID:{uuid5(_SPACE, json.dumps(dict(content), sort_keys=True))}",
        *_span(content),
        f"SUMMARY:{escaped(content['title'])}",
    ]
    for name in ("location", "description"):
        if name in content:
            lines.append(f"{name.upper()}:{escaped(content[name])}")
    if "url" in content:
        lines.append(f"URL:{destinations.location(content['url'])}")
    return document([*lines, "END:VEVENT", "END:VCALENDAR"])


def _span(content: Mapping[str, Any]) -> list[str]:
    start, end = content["startsAt"], content.get("endsAt")
    if not content["allDay"]:
        lines = [f"DTSTAMP:{_basic(start)}", f"DTSTART:{_basic(start)}"]
        return [*lines, f"DTEND:{_basic(end)}"] if end and end != start else lines
    after = (date.fromisoformat(end or start) + timedelta(days=1)).isoformat()
    return [
        f"DTSTAMP:{_basic(start)}T000000Z",
        f"DTSTART;VALUE=DATE:{_basic(start)}",
        f"DTEND;VALUE=DATE:{_basic(after)}",
    ]


def _basic(text: str) -> str:
    return text.replace("-", "").replace(":", "")


def _moment(text: str) -> str:
    try:
        moment = read_stamp(text).astimezone(UTC)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=UTC)
    _must_be_near(moment)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(text: str) -> str:
    day = read_day(text, "Give a day of an all-day event, such as 2026-12-31.")
    _must_be_near(day)
    return day.isoformat()


def _must_be_near(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")
