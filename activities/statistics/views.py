"""What statistics say. Spans are whole days in a time zone; days without visits are there too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Dimension = Literal[
    "kind",
    "country",
    "region",
    "city",
    "device",
    "os",
    "browser",
    "language",
    "referrer",
    "variant",
    "rule",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "local_hour",
]
"""What visits are told apart by. `kind` is qr, link, page or barcode."""


@dataclass(frozen=True)
class Figures:
    """`visits` are those of people, and never those of bots, which are apart.

    `uniques` are how many of the visits were the first of their visitor on that day (UTC): the keys
    of visitors change every day, so uniques of several days are the sum of the days.
    """

    visits: int = 0
    uniques: int = 0
    bots: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.visits + other.visits, self.uniques + other.uniques, self.bots + other.bots
        )


@dataclass(frozen=True)
class Day:
    """One day in the time zone."""

    day: date
    figures: Figures


@dataclass(frozen=True)
class Share:
    """The visits of people with one value of a dimension; `value` is None where it is not known.

    So it is of values beyond the 200 that the total of a day keeps.
    """

    value: str | None
    visits: int
    uniques: int


@dataclass(frozen=True)
class Statistics:
    """Of an asset or an organization from `first` to `last`, both included, in `time_zone`.

    `shares` have the largest first, then by value. `hours` are the 24 of a day, `weekdays` seven
    from Monday, both in the time zone. `all_time` and `last_at` (of people) know no span.
    """

    first: date
    last: date
    time_zone: str
    figures: Figures
    all_time: Figures
    last_at: datetime | None
    days: tuple[Day, ...]
    hours: tuple[Figures, ...]
    weekdays: tuple[Figures, ...]
    shares: Mapping[Dimension, tuple[Share, ...]]
