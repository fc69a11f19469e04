"""A measurement is a row beside its anchor, taken in turns so that both meet the same noise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

Measure = Callable[[], Awaitable[float]]


class Lost(Exception):
    """A benchmark found something missing or wrong; its figures would be worthless."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `value` and `anchor_value` are both in `unit`: of one that ends in `/s` more is better, of any
    other less. `goal` is in words and `holds` says whether `value` reaches it.
    """

    name: str
    value: float
    unit: str
    anchor: str
    anchor_value: float
    goal: str
    holds: bool

    @property
    def ratio(self) -> float:
        """How many times as fast as the anchor: above 1 is faster."""
        if self.unit.endswith("/s"):
            return self.value / self.anchor_value
        return self.anchor_value / self.value

    def as_json(self) -> dict[str, str | float | bool]:
        """The row as `bench.json` keeps it; figures with four significant digits."""
        return {
            "name": self.name,
            "value": _short(self.value),
            "unit": self.unit,
            "anchor": self.anchor,
            "anchor_value": _short(self.anchor_value),
            "ratio": _short(self.ratio),
            "goal": self.goal,
            "holds": self.holds,
        }


async def in_turns(rounds: int, *measures: Measure) -> list[float]:
    """Each measure taken `rounds` times, in turns (A B A B); the median of each."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for values, measure in zip(taken, measures, strict=True):
            values.append(await measure())
    return [median(values) for values in taken]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
