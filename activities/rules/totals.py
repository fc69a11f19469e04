"""Totals of scans: how visits are told apart, and how they are added to what is kept of a span.

A scope is an asset or a whole organization. Its total of a span of time is kept as a document:

    day   {"q": {"35": [visits, uniques, bots]}, "by": {"country": {"DE": [visits, uniques]}},
           "last": 1795262400000000}
    hour  the same, with `by` apart for each quarter: {"by": {"3": {"country": ...}}}

`q` are quarters of an hour, 0 to 95 of a day and 0 to 3 of an hour, so that every zone's days can
be cut out of UTC's. `by` is of people; what is not known is not in it, and neither is what came
when a dimension had `MOST_VALUES` values: both are the difference to all visits. `last` is the last
visit of a person, in microseconds since 1970.

Which visits are uniques, `activities.rules.firsts` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, TypeAlias

from activities.rules.utm import UTM_FIELDS

QUARTERS_A_DAY = 96
QUARTERS_AN_HOUR = 4
MICROSECONDS_A_QUARTER = 900_000_000
MANY = 16
"""From how many scans on counting them at once is quicker than one by one."""

MOST_VALUES = 200
"""How many values of a dimension the total of one span keeps apart."""

PLAIN = (
    *("country", "region", "city", "device", "os", "browser", "language", "referrer"),
    *("variant", "rule", "local_hour"),
)
"""The dimensions that are columns of a scan."""

UTM = tuple((field, f"utm_{field}") for field in UTM_FIELDS)

DIMENSIONS = ("kind", *PLAIN, *(name for _, name in UTM))

Cells: TypeAlias = dict[str, dict[str, list[int]]]
"""By dimension and value: visits and uniques."""

Document: TypeAlias = dict[str, Any]


class Tally:
    """What is counted of some scans."""

    __slots__ = ("bots", "by", "last_at", "uniques", "visits")

    def __init__(self) -> None:
        self.visits = self.uniques = self.bots = 0
        self.last_at: int | None = None
        self.by: Cells = {}

    @classmethod
    def of(
        cls,
        times: Sequence[int],
        columns: Iterable[tuple[str, Sequence[str | None]]],
        firsts: Sequence[int],
    ) -> Tally:
        """Visits of people at these times, with their values by dimension.

        `firsts` has a 1 for each that is a unique, and a 0 for the others.
        """
        tally = cls()
        tally.visits, tally.uniques, tally.last_at = len(times), sum(firsts), max(times)
        tell = _one_by_one if tally.visits < MANY else _all_at_once
        tally.by = {name: tell(column, firsts) for name, column in columns}
        return tally

    def take_back(self, values: Mapping[str, str | None]) -> None:
        """A scan with these values by dimension is no first one any more."""
        self.uniques -= 1
        for name, value in values.items():
            if value:
                self.by.setdefault(name, {}).setdefault(value, [0, 0])[1] -= 1

    def add(self, other: Tally) -> None:
        """Count what the other has counted."""
        self.visits += other.visits
        self.uniques += other.uniques
        self.bots += other.bots
        if other.last_at is not None:
            self.last_at = max(self.last_at or 0, other.last_at)
        self.add_cells(other.by)

    def add_cells(self, by: Mapping[str, Mapping[str, Sequence[int]]]) -> None:
        """Count visits and uniques by dimension and value."""
        for name, cells in by.items():
            mine = self.by.setdefault(name, {})
            for value, (visits, uniques) in cells.items():
                cell = mine.get(value)
                if cell is None:
                    mine[value] = [visits, uniques]
                else:
                    cell[0] += visits
                    cell[1] += uniques


def add_to_hour(doc: Document, quarters: Iterable[tuple[int, Tally]]) -> None:
    """Put tallies of quarters (since 1970) of this hour into its document."""
    by = doc.setdefault("by", {})
    for quarter, tally in quarters:
        key = str(quarter % QUARTERS_AN_HOUR)
        _add_figures(doc, key, tally)
        _add_bounded(by.setdefault(key, {}), tally.by)


def add_to_day(doc: Document, quarters: Iterable[tuple[int, Tally]]) -> None:
    """Put tallies of quarters (since 1970) of this day into its document."""
    by = doc.setdefault("by", {})
    for quarter, tally in quarters:
        _add_figures(doc, str(quarter % QUARTERS_A_DAY), tally)
        _add_bounded(by, tally.by)


def _one_by_one(column: Sequence[str | None], firsts: Sequence[int]) -> dict[str, list[int]]:
    cells: dict[str, list[int]] = {}
    for value, first in zip(column, firsts, strict=True):
        if value:
            cell = cells.get(value)
            if cell is None:
                cells[value] = [1, first]
            else:
                cell[0] += 1
                cell[1] += first
    return cells


def _all_at_once(column: Sequence[str | None], firsts: Sequence[int]) -> dict[str, list[int]]:
    visits, uniques = Counter(column), Counter(compress(column, firsts))
    return {value: [count, uniques[value]] for value, count in visits.items() if value}


def _add_figures(doc: Document, key: str, tally: Tally) -> None:
    figures = doc.setdefault("q", {}).setdefault(key, [0, 0, 0])
    figures[0] += tally.visits
    figures[1] += tally.uniques
    figures[2] += tally.bots
    if tally.last_at is not None:
        doc["last"] = max(doc.get("last", 0), tally.last_at)


def _add_bounded(into: Cells, by: Cells) -> None:
    for name, cells in by.items():
        if not cells:
            continue
        kept = into.setdefault(name, {})
        new = []
        for value, (visits, uniques) in cells.items():
            cell = kept.get(value)
            if cell is not None:
                cell[0] += visits
                cell[1] += uniques
            elif visits:
                new.append((value, [visits, uniques]))
        room = MOST_VALUES - len(kept)
        if len(new) > room:
            # The largest first; of what is not kept there is but the difference to all.
            new.sort(key=lambda item: (-item[1][0], item[0]))
        kept.update(new[:room])
