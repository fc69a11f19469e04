"""Weeks that are summed up: which days one is about, what it is called, and how it compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

DAYS = 7

MOST_HEIGHT = 200
"""The height of the largest day in a picture."""


@dataclass(frozen=True)
class Week:
    """Seven days (UTC) before `end`, and the seven before them."""

    end: date

    @property
    def first(self) -> date:
        return self.end - timedelta(days=DAYS)

    @property
    def before(self) -> date:
        """The first day of the week before."""
        return self.end - timedelta(days=2 * DAYS)

    @property
    def words(self) -> str:
        """Such as `16 – 22 November 2026`, months and years said once where they are the same."""
        last = self.end - timedelta(days=1)
        if self.first.year != last.year:
            return f"{self.first:%-d %B %Y} – {last:%-d %B %Y}"
        if self.first.month != last.month:
            return f"{self.first:%-d %B} – {last:%-d %B %Y}"
        return f"{self.first:%-d} – {last:%-d %B %Y}"


def week_before(monday: date, due: datetime) -> Week:
    """The week that is told of on this Monday, when the mail is due.

    Where a Monday morning is still Sunday in UTC the last day is not over: it is left out.
    """
    return Week(min(monday, due.astimezone(UTC).date()))


def period_of(monday: date) -> str:
    """The ISO week that begins, such as `2026-W48`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def change(now: int, before: int) -> str:
    """`+12%`, `-30%`, `as before`, or `new` after nothing."""
    if not before:
        return "new" if now else ""
    if now == before:
        return "as before"
    share = round(100 * (now - before) / before)
    if not share:
        return "+<1%" if now > before else "-<1%"
    return f"{share:+,}%"


def heights(values: Sequence[int]) -> tuple[int, ...]:
    """The values as shares of the largest one, from 0 to `MOST_HEIGHT`, 1 at least for what is not
    nothing. A picture made of them tells how days compare, and no figure.
    """
    largest = max(values, default=0)
    if largest <= 0:
        return (0,) * len(values)
    return tuple(
        max(1, round(MOST_HEIGHT * value / largest)) if value > 0 else 0 for value in values
    )
