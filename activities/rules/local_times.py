"""Moments by the clocks of a person: when the day's mail is due, and when it is quiet.

Times of day are minutes after midnight. A time that a change of clocks leaves out is taken as if
the clocks had not changed yet; one that comes twice is the first (PEP 495, fold 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from activities.rules.zones import zones

DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Clocks:
    """Where somebody lives, when they want what comes daily, and between when nothing.

    `quiet_from` and `quiet_until` are both set or both None; quiet may reach over midnight.
    """

    time_zone: str = "Etc/UTC"
    digest_at: int = 480
    quiet_from: int | None = None
    quiet_until: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def is_zone(name: str) -> bool:
    """Whether it is a zone of the IANA list."""
    return name in zones()


def local_day(clocks: Clocks, moment: datetime) -> date:
    """The date there."""
    return moment.astimezone(clocks.zone).date()


def moment_on(clocks: Clocks, day: date, minutes: int) -> datetime:
    """The moment, in UTC, when their clocks show this time of this day."""
    shown = datetime.combine(day, time(minutes // 60, minutes % 60), clocks.zone)
    return shown.astimezone(UTC)


def last_due(clocks: Clocks, now: datetime, weekday: int | None = None) -> tuple[date, datetime]:
    """The last time, at or before `now`, that `digest_at` was on their clocks: the day, the moment.

    With a `weekday` (0 is Monday) the last one on such a day.
    """
    day = local_day(clocks, now)
    while True:
        moment = moment_on(clocks, day, clocks.digest_at)
        if moment <= now and weekday in (None, day.weekday()):
            return day, moment
        day -= timedelta(days=1)


def not_quiet(clocks: Clocks, moment: datetime) -> datetime:
    """The moment itself, or the end of the quiet time that it falls into."""
    start, end = clocks.quiet_from, clocks.quiet_until
    if start is None or end is None or start == end:
        return moment
    local = moment.astimezone(clocks.zone)
    minute = local.hour * 60 + local.minute
    if start < end:
        is_quiet, ends_tomorrow = start <= minute < end, False
    else:
        is_quiet, ends_tomorrow = minute >= start or minute < end, minute >= start
    if not is_quiet:
        return moment
    day = local.date() + timedelta(days=ends_tomorrow)
    return max(moment, moment_on(clocks, day, end))
