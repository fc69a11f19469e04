"""Times as other platforms write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<name>[a-z]{3,9})\.?"
_WEEKDAY = r"(?:[a-z]{3,9},?\s+)?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[0-9]{4})"
_DATES = (
    r"(?P<year>[0-9]{4})([-/.])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})",
    r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})",
    r"(?P<one>[0-9]{1,2})/(?P<other>[0-9]{1,2})/(?P<year>[0-9]{4})",
    rf"{_WEEKDAY}{_DAY}[\s-]+{_MONTH}[\s,-]+{_YEAR}",
    rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+{_YEAR}",
)
_TIME = (
    r"(?:(?:t|,?\s+)(?:at\s+)?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?(?:\s*(?P<half>am|pm))?"
    r"\s*(?P<zone>z|(?:utc|gmt)?(?:[+-][0-9]{2}:?[0-9]{2})?)(?:\s*\([^()]*\))?)?"
)
_SPELLINGS = tuple(re.compile(date + _TIME, re.ASCII) for date in _DATES)
_EPOCH = re.compile(r"[0-9]{10}(?:[0-9]{3})?")
_LONGEST = 80
"""Characters of a time; patterns that may begin anywhere take long over much white space."""
_START = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(text: str) -> datetime | None:
    """The moment, in UTC; None when the text is no time, or could be two.

    Read are ISO 8601 and what databases print, seconds and milliseconds since 1970, `31.12.2026`,
    `Dec 31, 2026`, `31 December 2026`, what JavaScript and mail write (`Thu Dec 31 2026 10:00:00
    GMT+0000 (UTC)`), and `12/31/2026` or `31/12/2026` where only one reading is a date. A time
    without a zone is UTC, as on the servers that wrote it.
    """
    small = text.strip().lower()
    if len(small) > _LONGEST:
        return None
    if _EPOCH.fullmatch(small):
        return _START + timedelta(milliseconds=int(small.ljust(13, "0")))
    for spelling in _SPELLINGS:
        found = spelling.fullmatch(small)
        if found is not None:
            try:
                return _moment(found.groupdict())
            except (ValueError, OverflowError):
                return None
    return None


def _moment(parts: dict[str, str | None]) -> datetime:
    year, month, day = _date(parts)
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["half"] == "pm" else 0)
    fraction = int((parts["fraction"] or "").ljust(6, "0")[:6])
    minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
    zone = _zone(parts["zone"] or "")
    return datetime(year, month, day, hour, minute, second, fraction, zone).astimezone(UTC)


def _date(parts: dict[str, str | None]) -> tuple[int, int, int]:
    year = int(parts["year"] or 0)
    if parts.get("name"):
        return year, _month(parts["name"] or ""), int(parts["day"] or 0)
    if parts.get("month"):
        return year, int(parts["month"] or 0), int(parts["day"] or 0)
    one, other = int(parts["one"] or 0), int(parts["other"] or 0)
    if one == other or other > 12:
        return year, one, other
    if one > 12:
        return year, other, one
    raise ValueError("both parts could be the month")


def _month(name: str) -> int:
    if name[:3] not in _MONTHS:
        raise ValueError(name)
    return _MONTHS.index(name[:3]) + 1


def _zone(text: str) -> timezone:
    digits = text.removeprefix("utc").removeprefix("gmt").replace(":", "")
    if digits in ("", "z"):
        return UTC
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-offset if digits[0] == "-" else offset)
