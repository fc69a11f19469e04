"""Whether a count is far above what is usual, and not by chance.

Counts of equal windows are compared with the exact conditional test of two Poisson rates
(Przyborowski and Wilenski, Homogeneity of results in testing samples from Poisson series,
Biometrika 1940): if nothing changed, each scan of the window and of `n` earlier ones together is
in the window with probability 1/(n + 1). Visits come in bursts, so their variance is larger than
Poisson's: counts are divided by how many times larger it was before, as quasi-likelihood does
(McCullagh and Nelder, Generalized Linear Models, 1989, 9.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

FEWEST = 10
"""Scans of a window that are worth an alert."""

CHANCE = 1e-4
"""How likely a window of no importance may look like a spike."""


DOUBT = 2.0
"""How many times larger a variance may be than two weeks of windows show (chi-squared, 5%)."""


@dataclass(frozen=True)
class Baseline:
    """What is usual: the mean of `windows`, and how many times its size their variance may be."""

    windows: int
    mean: float
    dispersion: float

    @classmethod
    def of(cls, counts: Sequence[int]) -> Baseline:
        """From the windows before; the largest is left out, or one spike would hide the next."""
        usual = sorted(counts)[:-1] if len(counts) > 2 else list(counts)
        mean = sum(usual) / len(usual) if usual else 0.0
        squares = sum((count - mean) ** 2 for count in usual)
        times = squares / (len(usual) - 1) / mean if mean and len(usual) > 1 else 1.0
        return cls(len(usual), mean, max(1.0, DOUBT * times))


def is_spike(counted: int, baseline: Baseline, factor: float) -> bool:
    """Whether so many are at least `FEWEST`, more than the factor allows, and not chance."""
    if counted < FEWEST or baseline.windows == 0 or counted <= factor * baseline.mean:
        return False
    seen = int(counted / baseline.dispersion)
    before = round(baseline.mean * baseline.windows / baseline.dispersion)
    return upper_tail(seen, seen + before, 1 / (baseline.windows + 1)) < CHANCE


def upper_tail(least: int, trials: int, probability: float) -> float:
    """How likely at least so many of the trials succeed (binomial distribution)."""
    if least <= trials * probability:
        return 1.0
    odds = probability / (1 - probability)
    term = exp(
        lgamma(trials + 1)
        - lgamma(least + 1)
        - lgamma(trials - least + 1)
        + least * log(probability)
        + (trials - least) * log(1 - probability)
    )
    total = term
    # Above the mean each term is smaller than the one before.
    for successes in range(least, trials):
        term *= (trials - successes) / (successes + 1) * odds
        total += term
        if term <= total * 1e-9:
            break
    return min(1.0, total)
