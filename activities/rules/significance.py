"""Whether one variant of an A/B test is better than another, however often somebody looks.

A t-test that is looked at every day finds a winner where there is none sooner or later. Here the
evidence is an e-value: what a mixture over all rates says of what was seen, against the best that
one common rate can say of it. When both variants have the same rate, it ever reaches 1/a with a
probability of at most a, at whatever moment the test is stopped (Ville's inequality; Wasserman,
Ramdas, Balakrishnan: Universal inference, PNAS 2020, section 7). It assumes nothing of large
numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, lgamma, log

SURE = 0.95
"""The confidence at which a test may be stopped."""

FEWEST_CONVERSIONS = 10
"""Of all variants together: fewer say nothing that a person should act upon."""


@dataclass(frozen=True)
class Arm:
    """A variant: of `visitors` who saw it `converted` did what is hoped for."""

    id: str
    visitors: int
    converted: int

    @property
    def rate(self) -> float:
        """The share who did; 0 without visitors."""
        return self.converted / self.visitors if self.visitors else 0.0


@dataclass(frozen=True)
class Verdict:
    """What a test says by now.

    `leader` is the variant with the best rate. `confidence` (0 to 1) is that it is better than
    each of the others, and None where nothing can be said yet. With `may_stop` the leader may be
    called the winner: in at most one of twenty tests of equal variants that ever happens.
    """

    leader: str | None
    confidence: float | None
    may_stop: bool


def judge(arms: Sequence[Arm]) -> Verdict:
    """Judge the variants that take part, at any time and as often as wanted."""
    seen = [arm for arm in arms if arm.visitors]
    if len(seen) < 2 or sum(arm.converted for arm in seen) < FEWEST_CONVERSIONS:
        return Verdict(None, None, may_stop=False)
    leader = max(seen, key=lambda arm: (arm.rate, arm.visitors))
    # Which one leads is known only afterwards: every pair has its share of the doubt.
    pairs = len(list(combinations(seen, 2)))
    doubt = max(pairs / evidence(leader, arm) for arm in seen if arm is not leader)
    confidence = 1 - min(1.0, doubt)
    return Verdict(leader.id, confidence, may_stop=confidence >= SURE)


def evidence(one: Arm, other: Arm) -> float:
    """The e-value against both having the same rate: 1 and less say nothing, 20 is one in twenty.

    At most e**700.
    """
    visitors = one.visitors + other.visitors
    converted = one.converted + other.converted
    differing = _log_mixture(one) + _log_mixture(other)
    return exp(min(700.0, differing - _log_best(converted, visitors)))


def _log_mixture(arm: Arm) -> float:
    """How likely what was seen is, over all rates (Jeffreys' prior, Beta(1/2, 1/2))."""
    return _log_beta(arm.converted + 0.5, arm.visitors - arm.converted + 0.5) - _log_beta(0.5, 0.5)


def _log_best(converted: int, visitors: int) -> float:
    """How likely it is by the rate that makes it likeliest."""
    missed = visitors - converted
    return sum(n * log(n / visitors) for n in (converted, missed) if n)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
