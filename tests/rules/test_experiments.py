"""A/B variants."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import nextafter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.experiments import choose, normalised_variants, roll_of
from tests.builders.examples import so_many

ASSET = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")
LAST_ROLL = nextafter(1.0, 0.0)

WEIGHTS = st.lists(st.integers(0, 1000), min_size=2, max_size=10).filter(any)


def variant(weight: Any = 1, **more: Any) -> dict[str, Any]:
    return {"destinationUrl": "https://example.com/a", "weight": weight, **more}


def weighing(*weights: int) -> list[dict[str, Any]]:
    return normalised_variants([variant(weight) for weight in weights])


def refused(*variants: Any, field: str = "variants") -> list[str]:
    with pytest.raises(InvalidFields) as refusal:
        normalised_variants(variants, field)
    return list(refusal.value.fields)


def test_variants_are_stored_complete() -> None:
    assert normalised_variants([variant(3, id="old", name=" Red "), variant(0)]) == [
        {"id": "old", "name": "Red", "destinationUrl": "https://example.com/a", "weight": 3},
        {"id": "v1", "name": "B", "destinationUrl": "https://example.com/a", "weight": 0},
    ]


@settings(max_examples=so_many(40))
@given(WEIGHTS)
def test_normalising_again_changes_nothing(weights: list[int]) -> None:
    assert normalised_variants(weighing(*weights)) == weighing(*weights)


@pytest.mark.parametrize("count", [0, 1, 11])
def test_two_to_ten_variants_are_needed(count: int) -> None:
    assert refused(*[variant()] * count) == ["variants"]


@pytest.mark.parametrize("weight", [-1, 1001, 1.5, "1", True, None])
def test_a_weight_is_a_whole_number_to_a_thousand(weight: object) -> None:
    assert refused(variant(), variant(weight)) == ["variants.1.weight"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (variant(destinationUrl="data:text/html,x"), "variants.1.destinationUrl"),
        ({"weight": 1}, "variants.1.destinationUrl"),
        (variant(name="a\nb"), "variants.1.name"),
        (variant(colour="red"), "variants.1.colour"),
    ],
)
def test_a_wrong_variant_is_refused_at_its_path(wrong: dict[str, Any], path: str) -> None:
    assert refused(variant(), wrong) == [path]


def test_paths_begin_with_the_field_of_the_caller() -> None:
    assert refused(variant(), variant(-1), field="qr.variants") == ["qr.variants.1.weight"]


def test_somebody_must_get_visitors() -> None:
    assert refused(variant(0), variant(0)) == ["variants"]


def test_what_is_no_object_is_refused() -> None:
    assert "variants.0" in refused("a", variant())


def test_rolls_lead_to_variants_in_their_order() -> None:
    variants = weighing(1, 2, 1)
    rolls = (0.0, nextafter(0.25, 0), 0.25, nextafter(0.75, 0), 0.75, LAST_ROLL)
    chosen = [choose(variants, roll)["id"] for roll in rolls]
    assert chosen == ["v1", "v1", "v2", "v2", "v3", "v3"]


def test_a_paused_variant_gets_nobody() -> None:
    variants = weighing(0, 5, 0, 5, 0)
    assert {choose(variants, n / 1000)["id"] for n in range(1000)} == {"v2", "v4"}
    assert choose(variants, 0.0)["id"] == "v2"
    assert choose(variants, LAST_ROLL)["id"] == "v4"


@given(WEIGHTS, st.floats(0, 1, exclude_max=True))
def test_the_choice_is_exact(weights: list[int], roll: float) -> None:
    """As fractions have it, for which nothing is rounded."""
    chosen = choose(weighing(*weights), roll)
    place = int(chosen["id"][1:]) - 1
    grain = Fraction(int(roll * 2**53), 2**53)
    assert sum(weights[:place]) <= grain * sum(weights) < sum(weights[: place + 1])


def test_a_roll_of_one_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="roll"):
        choose(weighing(1, 1), 1.0)


@given(st.text(), st.uuids())
def test_a_roll_sticks_and_is_below_one(visitor: str, asset: UUID) -> None:
    assert roll_of(visitor, asset) == roll_of(visitor, asset)
    assert 0 <= roll_of(visitor, asset) < 1


def test_a_roll_is_the_same_in_every_release() -> None:
    assert roll_of("visitor", ASSET) == 0.46957157374427116
    assert 0 <= roll_of("\ud800", ASSET) < 1


def test_another_asset_rolls_anew() -> None:
    both = Counter(
        (roll_of(str(n), ASSET) < 0.5, roll_of(str(n), OTHER) < 0.5) for n in range(4000)
    )
    assert all(880 < count < 1120 for count in both.values())
    assert len(both) == 4


@pytest.mark.parametrize("weights", [(1, 1), (70, 20, 10), (1, 0, 3), (1,) * 10])
def test_visitors_spread_as_the_weights_say(weights: tuple[int, ...]) -> None:
    variants = weighing(*weights)
    counted = Counter(choose(variants, roll_of(f"visitor {n}", ASSET))["id"] for n in range(10_000))
    for place, weight in enumerate(weights, 1):
        assert abs(counted[f"v{place}"] - 10_000 * weight / sum(weights)) < 220
