"""A spike is no chance: what is usual seldom looks like one, and a real one is seen."""

from __future__ import annotations

from math import comb, exp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.spikes import Baseline, is_spike, upper_tail


@given(trials=st.integers(1, 60), share=st.sampled_from([1 / 15, 1 / 8, 0.5]), data=st.data())
def test_the_tail_is_that_of_the_binomial_distribution(
    trials: int, share: float, data: st.DataObject
) -> None:
    least = data.draw(st.integers(0, trials))
    exact = sum(
        comb(trials, n) * share**n * (1 - share) ** (trials - n) for n in range(least, trials + 1)
    )
    told = upper_tail(least, trials, share)
    assert told == (1.0 if least <= trials * share else pytest.approx(exact, rel=1e-6))


def poisson(dice: Random, mean: float) -> int:
    """Knuth's way."""
    limit, product, count = exp(-mean), dice.random(), 0
    while product > limit:
        product, count = product * dice.random(), count + 1
    return count


@pytest.mark.parametrize("mean", [0.5, 5, 20, 80])
@pytest.mark.parametrize("burst", [1, 5])
def test_the_usual_seldom_looks_like_a_spike(mean: float, burst: int) -> None:
    dice, found = Random(1), 0
    for _ in range(3000):
        counts = [burst * poisson(dice, mean) for _ in range(15)]
        found += is_spike(counts[0], Baseline.of(counts[1:]), 1.5)
    assert found <= 6


def test_an_earlier_spike_does_not_hide_the_next() -> None:
    assert is_spike(1000, Baseline.of([10] * 13 + [1000]), 3)


def test_a_million_scans_are_judged_too() -> None:
    assert is_spike(1_000_000, Baseline.of([200_000 + n for n in range(14)]), 3)
    assert not is_spike(1_000_000, Baseline.of([950_000] * 14), 1.5)


def test_what_jumps_about_has_to_jump_higher() -> None:
    calm, wild = Baseline.of([10] * 14), Baseline.of([0, 40, 0, 0, 40, 0, 0] * 2)
    assert calm.dispersion == 1
    assert wild.dispersion > 20
    assert is_spike(45, calm, 3)
    assert not is_spike(45, wild, 3)
