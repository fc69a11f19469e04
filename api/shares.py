"""Long lists of shares cut for showing, and shares as fractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activities.statistics.views import Dimension, Share, Statistics

MOST = 20


@dataclass(frozen=True)
class Top:
    """The largest shares; `others` says how many more there are, `rest` what those add up to."""

    shares: tuple[Share, ...]
    others: int
    rest: Share


def top_of(statistics: Statistics, dimension: Dimension, most: int = MOST) -> Top:
    """The visits by a dimension; the sum of all shares and the rest is all visits of the span."""
    shares = statistics.shares.get(dimension, ())
    cut = shares[most:]
    return Top(tuple(shares[:most]), len(cut), _sum(cut))


def known(statistics: Statistics, dimension: Dimension) -> dict[str | None, Share]:
    """The shares by value."""
    return {share.value: share for share in statistics.shares.get(dimension, ())}


def fraction(part: int, whole: int) -> float:
    """From 0 to 1 with four digits; 0 of nothing."""
    return round(part / whole, 4) if whole else 0.0


def none_of(value: str | None) -> Share:
    """No visits."""
    return Share(value, 0, 0)


def _sum(shares: Sequence[Share]) -> Share:
    return Share(None, sum(s.visits for s in shares), sum(s.uniques for s in shares))
