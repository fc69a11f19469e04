"""A/B tests: looking often finds no winners that are none, and real ones are found."""

from __future__ import annotations

from fractions import Fraction
from math import comb, isclose
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.significance import SURE, Arm, evidence, judge


def looked_at(random: Random, rates: tuple[float, ...], visitors: int, every: int) -> bool:
    """Whether somebody who looks after each `every` visitors ever finds a winner."""
    seen, converted = [0] * len(rates), [0] * len(rates)
    for number in range(1, visitors + 1):
        arm = random.randrange(len(rates))
        seen[arm] += 1
        converted[arm] += random.random() < rates[arm]
        if number % every == 0:
            arms = [Arm(str(n), seen[n], converted[n]) for n in range(len(rates))]
            if judge(arms).may_stop:
                return True
    return False


@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.5, 0.5), (0.05, 0.05, 0.05, 0.05)])
def test_equal_variants_rarely_have_a_winner_however_often_one_looks(
    rates: tuple[float, ...],
) -> None:
    random = Random(1)
    found = sum(looked_at(random, rates, 3000, 25) for _ in range(120))
    assert found <= 120 * (1 - SURE)


def test_a_better_variant_is_found_in_the_end() -> None:
    random = Random(2)
    assert sum(looked_at(random, (0.10, 0.16), 8000, 200) for _ in range(20)) >= 18


def test_the_leader_is_the_one_with_the_best_rate() -> None:
    arms = [Arm("a", 1000, 50), Arm("b", 1000, 110), Arm("c", 900, 40)]
    verdict = judge(arms)
    assert (verdict.leader, verdict.may_stop) == ("b", True)
    assert verdict.confidence is not None
    assert verdict.confidence > SURE


@pytest.mark.parametrize(
    "arms",
    [
        [],
        [Arm("a", 100, 40)],
        [Arm("a", 100, 40), Arm("b", 0, 0)],
        [Arm("a", 100, 0), Arm("b", 100, 9)],
    ],
)
def test_too_little_says_nothing(arms: list[Arm]) -> None:
    verdict = judge(arms)
    assert (verdict.leader, verdict.confidence, verdict.may_stop) == (None, None, False)


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_the_evidence_is_expected_to_be_at_most_one_for_any_common_rate(
    first: int, second: int, data: st.DataObject
) -> None:
    rate = data.draw(st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=50))
    expected = sum(
        comb(first, a)
        * comb(second, b)
        * float(rate ** (a + b) * (1 - rate) ** (first + second - a - b))
        * evidence(Arm("a", first, a), Arm("b", second, b))
        for a in range(first + 1)
        for b in range(second + 1)
    )
    assert expected <= 1 + 1e-9


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 100), st.integers(0, 100))
def test_evidence_of_any_size_is_a_number(seen: int, more: int, a: int, b: int) -> None:
    one, other = Arm("a", seen + 100, a), Arm("b", more + 100, b)
    assert 0 <= evidence(one, other) < float("inf")
    assert isclose(evidence(one, other), evidence(other, one))
