"""Spans of whole days in a time zone, and how they are cut out of totals of UTC.

Clocks of all zones are put forward or back at a quarter of an hour of UTC, so a span is a row of
quarters, counted since 1970: days have 92 to 100 of them. Of the days of UTC most lie inside it;
at both ends there can be a part of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from activities.rules.errors import InvalidFields
from activities.rules.totals import QUARTERS_A_DAY, QUARTERS_AN_HOUR
from activities.rules.zones import zones

LONGEST_DAYS = 731
OLDEST, NEWEST = date(2000, 1, 1), date(2099, 12, 31)

Figures: TypeAlias = tuple[int, int, int]
"""Visits, uniques and bots."""

_NUMBERS = {str(number): number for number in range(QUARTERS_A_DAY)}
_HOURS = 24
_SECONDS_AN_HOUR = 3600
_SECONDS_A_QUARTER = 900
_SECONDS_A_DAY = 86400
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both included, in `zone`; quarters from `start` to `end`.

    `end` is the first quarter behind it.
    """

    first: date
    last: date
    zone: ZoneInfo
    start: int
    end: int

    @property
    def touched(self) -> range:
        """The days (UTC) since 1970 that it has a part of."""
        return range(self.start // QUARTERS_A_DAY, -(-self.end // QUARTERS_A_DAY))

    @property
    def inside(self) -> range:
        """The days (UTC) since 1970 that are in it as a whole."""
        return range(-(-self.start // QUARTERS_A_DAY), self.end // QUARTERS_A_DAY)

    @property
    def edges(self) -> tuple[range, ...]:
        """The quarters of days (UTC) that are not in it as a whole, at most two rows of them."""
        low, high = self.inside.start * QUARTERS_A_DAY, self.inside.stop * QUARTERS_A_DAY
        if low > high:
            return (range(self.start, self.end),)
        return tuple(edge for edge in (range(self.start, low), range(high, self.end)) if len(edge))


@dataclass(frozen=True)
class Laid:
    """Visits, uniques and bots of a span by its days, hours of the day and days of the week."""

    days: tuple[Figures, ...]
    hours: tuple[Figures, ...]
    weekdays: tuple[Figures, ...]


def span_of(
    first: date | None, last: date | None, days: int, time_zone: str, now: datetime
) -> Span:
    """The span that is meant: without a first or last day `days` of them, by default until today.

    Raises `InvalidFields` for a zone that is not one of IANA's, for days in no order, of other
    centuries or too many.
    """
    if time_zone not in zones():
        raise InvalidFields({"time_zone": ["Name a time zone of the IANA list: Europe/Berlin."]})
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidFields({"days": [f"Ask for 1 to {LONGEST_DAYS} days."]})
    zone = ZoneInfo(time_zone)
    for name, day in (("first", first), ("last", last)):
        if day is not None and not OLDEST <= day <= NEWEST:
            raise InvalidFields({name: [f"Choose a day from {OLDEST} to {NEWEST}."]})
    if last is None:
        last = now.astimezone(zone).date()
        if first is not None:
            last = max(first, last)
    if first is None:
        first = last - timedelta(days=days - 1)
    if first > last:
        raise InvalidFields({"first": ["The first day cannot be after the last one."]})
    if (last - first).days >= LONGEST_DAYS:
        raise InvalidFields({"first": [f"Ask for {LONGEST_DAYS} days at most."]})
    return Span(first, last, zone, _midnight(first, zone), _midnight(last + timedelta(1), zone))


def lay_out(span: Span, days: Iterable[tuple[int, Mapping[str, Sequence[int]]]]) -> Laid:
    """Figures of days (UTC, since 1970) by their quarters, laid on the days and hours of a span.

    Those outside of it are left out.
    """
    count = (span.last - span.first).days + 1
    cells = [[0] * (count * _HOURS) for _ in range(3)]
    for day, quarters in days:
        first, ahead = day * QUARTERS_A_DAY, _all_day(span.zone, day)
        is_inside = span.start <= first and first + QUARTERS_A_DAY <= span.end
        if is_inside and ahead is not None:
            _add_day(cells, first + (ahead - _midnight_of(span)) // _SECONDS_A_QUARTER, quarters)
        else:
            _add_quarters(cells, span, first, ahead, quarters)
    by_day = _sums(cells, [slice(n * _HOURS, (n + 1) * _HOURS) for n in range(count)])
    weekday = span.first.weekday()
    return Laid(
        by_day,
        _sums(cells, [slice(hour, None, _HOURS) for hour in range(_HOURS)]),
        _sums(
            [list(each) for each in zip(*by_day, strict=True)],
            [slice((n - weekday) % 7, None, 7) for n in range(7)],
        ),
    )


def _midnight_of(span: Span) -> int:
    """Seconds from 1970 to the first day, as clocks there count them."""
    return _SECONDS_A_DAY * (span.first - _EPOCH).days


def _add_day(cells: Sequence[list[int]], begin: int, quarters: Mapping[str, Sequence[int]]) -> None:
    """A day without a change of clocks: `begin` is its first quarter since the span began."""
    visits, uniques, bots = cells
    for key, (visited, unique, bot) in quarters.items():
        hour = (begin + _NUMBERS[key]) // QUARTERS_AN_HOUR
        visits[hour] += visited
        uniques[hour] += unique
        bots[hour] += bot


def _add_quarters(
    cells: Sequence[list[int]],
    span: Span,
    first: int,
    ahead: int | None,
    quarters: Mapping[str, Sequence[int]],
) -> None:
    """A day at an end of the span, or one on which clocks change."""
    midnight = _midnight_of(span)
    for key, figures in quarters.items():
        quarter = first + _NUMBERS[key]
        if span.start <= quarter < span.end:
            second = quarter * _SECONDS_A_QUARTER
            local = second + (_ahead_at(span.zone, second) if ahead is None else ahead)
            hour = (local - midnight) // _SECONDS_AN_HOUR
            for cell, figure in zip(cells, figures, strict=True):
                cell[hour] += figure


def _sums(cells: Sequence[Sequence[int]], parts: Sequence[slice]) -> tuple[Figures, ...]:
    visits, uniques, bots = cells
    return tuple((sum(visits[part]), sum(uniques[part]), sum(bots[part])) for part in parts)


def _midnight(day: date, zone: ZoneInfo) -> int:
    """The quarter with which a day begins, even where clocks skip midnight or meet it twice."""
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(moment.timestamp()) // _SECONDS_A_QUARTER


@lru_cache(8192)
def _all_day(zone: ZoneInfo, day: int) -> int | None:
    """Seconds ahead of UTC on a day (UTC); None when that changes meanwhile."""
    begin, end = (_ahead_at(zone, each * _SECONDS_A_DAY) for each in (day, day + 1))
    return begin if begin == end else None


def _ahead_at(zone: ZoneInfo, second: int) -> int:
    ahead = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset() or timedelta(0)
    return int(ahead.total_seconds())
