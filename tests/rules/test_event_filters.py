"""Filters on what events tell: a small grammar, judged before it is kept, that never raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.event_filters import (
    DEEPEST,
    LONGEST_FILTER,
    MOST_CONDITIONS,
    MOST_VALUES,
    filter_refusal,
    passes,
    steps_of,
)

MESSAGE: dict[str, Any] = {
    "type": "qr.scanned",
    "timestamp": "2026-05-07T18:42:30.123Z",
    "data": {
        "id": "qr_1",
        "country": "DE",
        "isBot": False,
        "count": 1,
        "variant": None,
        "tags": ["spring", "menu"],
        "odd name": {"deep": [{"x": 2.5}]},
    },
}


def test_a_path_goes_by_names_quoted_names_and_places() -> None:
    assert steps_of("$.data['odd name'].deep[0].x") == ("data", "odd name", "deep", 0, "x")
    assert passes({"path": "$.data['odd name'].deep[0].x", "equals": 2.5}, MESSAGE)
    assert passes({"path": "$.data.tags[1]", "equals": "menu"}, MESSAGE)
    assert passes({"path": "$.type", "in": ["qr.created", "qr.scanned"]}, MESSAGE)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"path": "$.data.country", "equals": "DE"}, True),
        ({"path": "$.data.country", "equals": "de"}, False),
        ({"path": "$.data.country", "in": ["AT", "DE"]}, True),
        ({"path": "$.data.country", "in": ["AT"]}, False),
        ({"path": "$.data.count", "equals": 1.0}, True),
        ({"path": "$.data.count", "equals": True}, False),
        ({"path": "$.data.count", "equals": "1"}, False),
        ({"path": "$.data.isBot", "equals": False}, True),
        ({"path": "$.data.isBot", "equals": 0}, False),
        ({"path": "$.data.variant", "equals": None}, True),
        ({"path": "$.data.variant", "exists": True}, True),
        ({"path": "$.data.nothing", "equals": None}, False),
        ({"path": "$.data.nothing", "exists": False}, True),
        ({"path": "$.data.nothing", "exists": True}, False),
        ({"path": "$.data.tags[2]", "exists": True}, False),
        ({"path": "$.data.country[0]", "exists": True}, False),
        ({"path": "$.data.country.length", "exists": True}, False),
        ({"path": "$.data.tags", "equals": "spring"}, False),
    ],
)
def test_a_test_compares_as_json_does(condition: dict[str, Any], met: bool) -> None:
    assert filter_refusal(condition) is None
    assert passes(condition, MESSAGE) is met
    assert passes({"not": condition}, MESSAGE) is not met


def test_groups_combine_conditions() -> None:
    german = {"path": "$.data.country", "equals": "DE"}
    robot = {"path": "$.data.isBot", "equals": True}
    assert passes({"any": [german, robot]}, MESSAGE)
    assert not passes({"all": [german, robot]}, MESSAGE)
    assert passes({"all": [german, {"not": robot}]}, MESSAGE)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "x",
        {},
        {"path": "$.data.a"},
        {"equals": 1},
        {"path": "$.data.a", "equals": 1, "in": [1]},
        {"path": "$.data.a", "equals": 1, "note": "x"},
        {"path": "$.data.a", "matches": ".*"},
        {"path": 7, "equals": 1},
        {"path": "a", "equals": 1},
        {"path": "$", "equals": 1},
        {"path": "$..a", "equals": 1},
        {"path": "$.*", "equals": 1},
        {"path": "$.data.a[-1]", "equals": 1},
        {"path": "$.data.a[99999]", "equals": 1},
        {"path": "$.data.a ", "equals": 1},
        {"path": "$.data['a\x00']", "equals": 1},
        {"path": "$" + ".a" * 11, "equals": 1},
        {"path": "$." + "a" * 300, "equals": 1},
        {"path": "$.data.a", "equals": {"b": 1}},
        {"path": "$.data.a", "equals": [1]},
        {"path": "$.data.a", "equals": "x" * 257},
        {"path": "$.data.a", "equals": "\x00"},
        {"path": "$.data.a", "equals": "\ud800"},
        {"path": "$.data.a", "equals": float("nan")},
        {"path": "$.data.a", "equals": float("inf")},
        {"path": "$.data.a", "equals": 10**400},
        {"path": "$.data.a", "in": []},
        {"path": "$.data.a", "in": "DE"},
        {"path": "$.data.a", "in": [[1]]},
        {"path": "$.data.a", "in": [1] * (MOST_VALUES + 1)},
        {"path": "$.data.a", "exists": 1},
        {"all": []},
        {"all": {"path": "$.data.a", "equals": 1}},
        {"any": ["x"]},
        {"not": []},
        {"all": [{"path": "$.data.a", "equals": 1}], "any": [{"path": "$.data.a", "equals": 1}]},
        {"all": [{"path": "$.data.a", "equals": 1}] * (MOST_CONDITIONS + 1)},
        {"any": [{"all": [{"path": "$.data.a", "exists": True}] * 20}] * 20},
    ],
)
def test_what_is_no_filter_is_refused_with_a_sentence(wrong: object) -> None:
    refusal = filter_refusal(wrong)
    assert refusal is not None
    assert refusal[0].isupper()
    assert refusal.endswith(".")


@pytest.mark.parametrize("path", ["$.payload.country", "$.event", "$['body']", "$[0]", "$.Data.a"])
def test_a_path_begins_with_a_part_of_the_message(path: str) -> None:
    # Schemes call the parts otherwise in what is sent: such a filter would let nothing through.
    sentence = "Begin the path with $.data, whatever the scheme of the endpoint calls it."
    assert filter_refusal({"path": path, "exists": True}) == sentence
    assert filter_refusal({"not": {"any": [{"path": path, "equals": 1}]}}) == sentence


def test_depth_and_size_are_bounded() -> None:
    deep: dict[str, Any] = {"path": "$.data.a", "exists": True}
    for _ in range(DEEPEST - 1):
        deep = {"not": deep}
    assert filter_refusal(deep) is None
    assert filter_refusal({"not": deep}) is not None
    for _ in range(100_000):
        deep = {"not": deep}
    assert filter_refusal(deep) is not None
    large = {"all": [{"path": "$.data.a", "in": ["x" * 200] * 10}] * 10}
    assert len(json.dumps(large)) > LONGEST_FILTER
    assert filter_refusal(large) is not None


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(-1e9, 1e9, allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
)
PATHS = st.sampled_from(
    ["$.data.a", "$.data.a.b", "$['data']['a'][0]", "$.data.b[1].a", "$.data.c"]
)
TESTS = st.one_of(
    st.builds(lambda path, value: {"path": path, "equals": value}, PATHS, SCALARS),
    st.builds(
        lambda path, values: {"path": path, "in": values},
        PATHS,
        st.lists(SCALARS, min_size=1, max_size=5),
    ),
    st.builds(lambda path, there: {"path": path, "exists": there}, PATHS, st.booleans()),
)


def _groups(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda parts: {"all": parts}, some),
        st.builds(lambda parts: {"any": parts}, some),
        st.builds(lambda part: {"not": part}, inner),
    )


FILTERS = st.recursive(TESTS, _groups, max_leaves=8)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=10,
)
MESSAGES = st.fixed_dictionaries(
    {"data": st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)}
)


@given(FILTERS, MESSAGES)
def test_what_was_let_through_answers_every_message(
    wanted: dict[str, Any], message: dict[str, Any]
) -> None:
    if filter_refusal(wanted) is None:
        met = passes(wanted, message)
        assert passes({"not": wanted}, message) is not met
        stored = json.loads(json.dumps(wanted))
        assert passes(stored, json.loads(json.dumps(message))) is met


@given(FILTERS, FILTERS, MESSAGES)
def test_groups_keep_the_laws_of_logic(
    one: dict[str, Any], other: dict[str, Any], message: dict[str, Any]
) -> None:
    neither = {"not": {"any": [one, other]}}
    both_not = {"all": [{"not": one}, {"not": other}]}
    assert passes(neither, message) is passes(both_not, message)


@given(JSON)
def test_nothing_that_json_can_say_breaks_the_judge(said: Any) -> None:
    refusal = filter_refusal(said)
    assert refusal is None or refusal.endswith(".")
