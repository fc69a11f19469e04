"""What movements do to the levels of an item."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.stock import KINDS, MOST, Movement, applied, crossed

LEVELS = {"shop": 5, "store": 2}

PLACES = st.sampled_from(["shop", "store", "van"])
STOCK = st.dictionaries(PLACES, st.integers(0, 100))
QUANTITIES = st.integers(1, 100)


def fields(*movement: Any, negative_allowed: bool = False) -> dict[str, tuple[str, ...]]:
    before = dict(LEVELS)
    with pytest.raises(InvalidFields) as refused:
        applied(LEVELS, *movement, negative_allowed=negative_allowed)
    assert before == LEVELS
    assert all(said.endswith(".") for told in refused.value.fields.values() for said in told)
    return refused.value.fields


@pytest.mark.parametrize(
    ("kind", "quantity", "ends", "after"),
    [
        ("in", 3, (None, "shop"), {"shop": 8, "store": 2}),
        ("in", 3, (None, "van"), {"shop": 5, "store": 2, "van": 3}),
        ("out", 5, ("shop", None), {"shop": 0, "store": 2}),
        ("transfer", 2, ("shop", "store"), {"shop": 3, "store": 4}),
        ("transfer", 1, ("store", "van"), {"shop": 5, "store": 1, "van": 1}),
        ("adjust", 9, (None, "store"), {"shop": 5, "store": 9}),
        ("adjust", 0, (None, "shop"), {"shop": 0, "store": 2}),
    ],
)
def test_a_movement_changes_only_the_levels_at_its_ends(
    kind: Movement, quantity: int, ends: tuple[str | None, str | None], after: dict[str, int]
) -> None:
    before = dict(LEVELS)
    assert applied(LEVELS, kind, quantity, *ends) == after
    assert before == LEVELS


@pytest.mark.parametrize(
    ("movement", "named"),
    [
        (("in", 1, None, None), {"to_location"}),
        (("in", 1, "shop", "store"), {"from_location"}),
        (("in", 1, "shop", None), {"from_location", "to_location"}),
        (("out", 1, None, None), {"from_location"}),
        (("out", 1, "shop", "store"), {"to_location"}),
        (("adjust", 1, "shop", None), {"from_location", "to_location"}),
        (("adjust", 1, "shop", "shop"), {"from_location"}),
        (("transfer", 1, "shop", None), {"to_location"}),
        (("transfer", 1, None, "shop"), {"from_location"}),
        (("transfer", 1, "shop", "shop"), {"to_location"}),
        (("transfer", 1, "", "shop"), {"from_location"}),
        (("in", 0, None, "shop"), {"quantity"}),
        (("out", -1, "shop", None), {"quantity"}),
        (("adjust", -1, None, "shop"), {"quantity"}),
        (("in", MOST + 1, None, "shop"), {"quantity"}),
        (("in", MOST, None, "shop"), {"quantity"}),
        (("out", 6, "shop", None), {"quantity"}),
        (("out", 1, "van", None), {"quantity"}),
        (("transfer", 3, "store", "shop"), {"quantity"}),
        (("lost", 1, "shop", None), {"kind"}),
        (("in", 0, "shop", None), {"quantity", "from_location", "to_location"}),
    ],
)
def test_a_movement_that_makes_no_sense_names_its_fields(
    movement: tuple[Any, ...], named: set[str]
) -> None:
    assert set(fields(*movement)) == named


def test_a_shortage_says_how_many_are_there() -> None:
    assert fields("out", 6, "shop", None) == {"quantity": ("Only 5 are at this location.",)}
    assert fields("out", 6, "van", None) == {"quantity": ("Only 0 are at this location.",)}


def test_levels_fall_below_zero_only_where_that_is_allowed() -> None:
    assert applied(LEVELS, "out", 6, "shop", None, negative_allowed=True)["shop"] == -1
    assert applied(LEVELS, "adjust", -4, None, "shop", negative_allowed=True)["shop"] == -4
    assert fields("in", 0, None, "shop", negative_allowed=True)
    assert fields("out", MOST, "van", None, negative_allowed=False)
    assert applied({}, "out", MOST, "van", None, negative_allowed=True) == {"van": -MOST}


def test_a_level_that_is_negative_can_be_filled_again() -> None:
    assert applied({"shop": -4}, "in", 1, None, "shop") == {"shop": -3}


@given(STOCK, QUANTITIES, PLACES, PLACES, st.booleans())
def test_a_transfer_moves_without_making_or_losing(
    levels: dict[str, int], quantity: int, source: str, goal: str, negative: bool
) -> None:
    try:
        after = applied(levels, "transfer", quantity, source, goal, negative_allowed=negative)
    except InvalidFields:
        assert source == goal or levels.get(source, 0) < quantity
        return
    assert sum(after.values()) == sum(levels.values())
    assert after[goal] == levels.get(goal, 0) + quantity


@given(STOCK, QUANTITIES, PLACES)
def test_what_comes_in_goes_out_again(levels: dict[str, int], quantity: int, place: str) -> None:
    after = applied(levels, "in", quantity, None, place)
    assert sum(after.values()) == sum(levels.values()) + quantity
    assert applied(after, "out", quantity, place, None) == {place: 0, **levels}


@given(STOCK, st.integers(0, 100), PLACES)
def test_an_adjustment_made_twice_is_made_once(
    levels: dict[str, int], quantity: int, place: str
) -> None:
    once = applied(levels, "adjust", quantity, None, place)
    assert once[place] == quantity
    assert applied(once, "adjust", quantity, None, place) == once


@given(
    STOCK,
    st.sampled_from(KINDS),
    st.integers(-5, 110),
    st.none() | PLACES,
    st.none() | PLACES,
)
def test_no_movement_leads_below_zero(
    levels: dict[str, int], kind: Movement, quantity: int, source: str | None, goal: str | None
) -> None:
    try:
        after = applied(levels, kind, quantity, source, goal)
    except InvalidFields:
        return
    assert min(after.values()) >= 0
    assert {place for place in after if after[place] != levels.get(place, 0)} <= {source, goal}


@pytest.mark.parametrize(
    ("before", "after", "threshold", "expected"),
    [
        (6, 5, 5, True),
        (9, 0, 5, True),
        (1, 0, 0, True),
        (5, 4, 5, False),
        (7, 6, 5, False),
        (4, 6, 5, False),
        (6, 6, 5, False),
        (6, 0, None, False),
    ],
)
def test_a_threshold_is_crossed_downwards_only(
    before: int, after: int, threshold: int | None, expected: bool
) -> None:
    assert crossed(before, after, threshold) is expected


@given(st.lists(st.integers(-20, 20), min_size=2), st.integers(-20, 20))
def test_stock_is_announced_low_once_for_each_fall(levels: list[int], threshold: int) -> None:
    falls = [crossed(a, b, threshold) for a, b in pairwise(levels)]
    low = [level <= threshold for level in levels]
    starts = [now and not earlier for earlier, now in pairwise(low)]
    assert falls == starts
