"""Which routing rules are accepted, and how they are stored."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.routing import Visit, first_match, normalised_rules
from tests.builders.examples import so_many

URL = "https://example.com/de"
TIME = {"type": "time", "weekday": ["mon"], "timeZone": "Europe/Berlin"}
HOURS = TIME | {"from": "09:00", "until": "17:30"}


def rule(*when: object, **more: object) -> dict[str, Any]:
    return {"when": list(when), "destinationUrl": URL, **more}


def stored(condition: object) -> dict[str, Any]:
    return dict(normalised_rules([rule(condition)])[0]["when"][0])


def refused(*rules: Any) -> dict[str, tuple[str, ...]]:
    with pytest.raises(InvalidFields) as refusal:
        normalised_rules(rules)
    return refusal.value.fields


def test_a_rule_is_stored_complete() -> None:
    condition = {"type": "country", "in": ["de", "AT", "DE"]}
    assert normalised_rules([rule(condition, name=" Germans ")]) == [
        {
            "id": "r1",
            "name": "Germans",
            "when": [{"type": "country", "in": ["DE", "AT"], "not": False}],
            "destinationUrl": URL,
        }
    ]


def test_no_rules_are_fine() -> None:
    assert normalised_rules([]) == []


def test_rules_keep_their_ids_and_their_order() -> None:
    condition = {"type": "query", "name": "a"}
    rules = normalised_rules([rule(condition), rule(condition, id="r1"), rule(condition, id="x y")])
    assert [r["id"] for r in rules] == ["r2", "r1", "r3"]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"type": "region", "in": ["us-ca"]}, {"in": ["US-CA"]}),
        ({"type": "device", "in": ["Mobile"]}, {"in": ["mobile"]}),
        ({"type": "os", "in": ["ios", "Mac OS X", "macOS"]}, {"in": ["iOS", "macOS"]}),
        ({"type": "language", "in": ["DE", "pt-br"]}, {"in": ["de", "pt-BR"]}),
        ({"type": "language", "in": ["ZH-hant-tw"]}, {"in": ["zh-Hant-TW"]}),
        ({"type": "query", "name": "ref"}, {"name": "ref"}),
        ({"type": "query", "name": "ref", "value": ""}, {"name": "ref", "value": ""}),
        (TIME, {"from": "00:00", "until": "24:00", "weekday": ["mon"]}),
        (HOURS | {"weekday": ["SUN", "mon"]}, {"weekday": ["mon", "sun"], "from": "09:00"}),
    ],
)
def test_a_condition_is_stored_in_its_usual_case(
    condition: dict[str, Any], said: dict[str, Any]
) -> None:
    assert stored(condition) | said == stored(condition)
    assert stored(condition | {"not": True})["not"] is True


def test_hours_alone_are_of_every_day() -> None:
    alone = {"type": "time", "from": "22:00", "until": "06:00", "timeZone": "UTC"}
    assert len(stored(alone)["weekday"]) == 7


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ({"type": "country", "in": ["UK"]}, "in"),
        ({"type": "country", "in": []}, "in"),
        ({"type": "country", "in": "DE"}, "in"),
        ({"type": "country", "in": [7]}, "in"),
        ({"type": "country", "in": [["DE"]]}, "in"),
        ({"type": "country"}, "in"),
        ({"type": "country", "in": ["DE"] * 251}, "in"),
        ({"type": "country", "in": ["DE"], "value": "x"}, "value"),
        ({"type": "country", "in": ["DE"], "not": "yes"}, "not"),
        ({"type": "country", "in": ["DE"], "not": 1}, "not"),
        ({"type": "country", "in": ["DE"], "not": None}, "not"),
        ({"type": "region", "in": ["California"]}, "in"),
        ({"type": "device", "in": ["bot"]}, "in"),
        ({"type": "os", "in": ["BeOS"]}, "in"),
        ({"type": "language", "in": ["*"]}, "in"),
        ({"type": "language", "in": ["de_AT"]}, "in"),
        ({"type": "language", "in": ["d" * 9]}, "in"),
        ({"type": "weather", "in": ["rain"]}, "type"),
        ({"type": ["country"], "in": ["DE"]}, "type"),
        ({"in": ["DE"]}, "type"),
        ("country", "type"),
        (TIME | {"timeZone": "Europe/Atlantis"}, "timeZone"),
        (TIME | {"timeZone": "europe/berlin"}, "timeZone"),
        (TIME | {"timeZone": "../etc/passwd"}, "timeZone"),
        (TIME | {"timeZone": "localtime"}, "timeZone"),
        (TIME | {"timeZone": None}, "timeZone"),
        (TIME | {"weekday": ["monday"]}, "weekday"),
        (TIME | {"weekday": []}, "weekday"),
        (HOURS | {"from": "24:00"}, "from"),
        (HOURS | {"from": "9:00"}, "from"),
        (HOURS | {"from": None}, "from"),
        (HOURS | {"until": "17:60"}, "until"),
        (HOURS | {"until": "17:30\n"}, "until"),
        (HOURS | {"until": "09:00"}, "until"),
        (HOURS | {"until": None}, "until"),
        ({"type": "query"}, "name"),
        ({"type": "query", "name": " "}, "name"),
        ({"type": "query", "name": "n" * 101}, "name"),
        ({"type": "query", "name": "a", "value": "v" * 501}, "value"),
        ({"type": "query", "name": "a", "value": 1}, "value"),
        ({"type": "query", "name": "a\x00"}, "name"),
    ],
)
def test_a_condition_that_means_nothing_is_refused_at_its_path(condition: Any, path: str) -> None:
    fine = {"type": "query", "name": "ref"}
    assert list(refused(rule(fine, condition))) == [f"rules.0.when.1.{path}"]


def test_a_time_that_is_always_is_refused() -> None:
    assert list(refused(rule({"type": "time", "timeZone": "UTC"}))) == ["rules.0.when.0"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"when": []}, "when"),
        ({"when": {"type": "query", "name": "a"}}, "when"),
        ({"when": [{"type": "query", "name": "a"}] * 21}, "when"),
        ({"destinationUrl": "javascript:alert(1)"}, "destinationUrl"),
        ({"destinationUrl": None}, "destinationUrl"),
        ({"name": "x" * 201}, "name"),
        ({"destination": URL}, "destination"),
    ],
)
def test_a_wrong_rule_is_refused_at_its_path(wrong: dict[str, Any], path: str) -> None:
    fine = rule({"type": "query", "name": "a"})
    assert list(refused(fine, fine | wrong)) == [f"rules.1.{path}"]


def test_what_is_no_rule_is_refused() -> None:
    assert "rules.0" in refused("rule")


def test_too_many_rules_are_refused() -> None:
    fine = rule({"type": "query", "name": "a"})
    assert len(normalised_rules([fine] * 50)) == 50
    assert list(refused(*[fine] * 51)) == ["rules"]


def test_rules_that_are_too_large_together_are_refused() -> None:
    large = {"type": "query", "name": "a", "value": "v" * 500}
    assert list(refused(*[rule(*[large] * 20)] * 20)) == ["rules"]


def test_everything_wrong_is_told_at_once() -> None:
    wrong = rule({"type": "country", "in": ["UK"]}, destinationUrl="ftp://x")
    assert set(refused(wrong, wrong)) == {
        *("rules.0.when.0.in", "rules.0.destinationUrl"),
        *("rules.1.when.0.in", "rules.1.destinationUrl"),
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "in", "not", "when", "id", "name", "value", "from", "weekday"]
            ),
            inner | st.sampled_from(["country", "time", "query", "os"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=so_many(60))
@given(st.lists(JSON, max_size=3))
def test_any_json_is_either_refused_or_stored(rules: list[Any]) -> None:
    with suppress(InvalidFields):
        assert len(normalised_rules(rules)) == len(rules)


LISTS = st.sampled_from(
    [
        {"type": "country", "in": ["de", "at"]},
        {"type": "os", "in": ["Ubuntu", "linux"]},
        {"type": "language", "in": ["PT-br"]},
        {"type": "query", "name": " ref ", "value": "x"},
        HOURS,
        TIME | {"not": True},
    ]
)


@settings(max_examples=so_many(50))
@given(st.lists(st.lists(LISTS, min_size=1, max_size=4), max_size=5))
def test_normalising_again_changes_nothing(whens: list[list[dict[str, Any]]]) -> None:
    once = normalised_rules([rule(*when) for when in whens])
    assert normalised_rules(once) == once


def test_what_is_stored_is_not_judged_again_but_an_unknown_type_never_matches() -> None:
    visit = Visit(datetime(2026, 1, 1, tzinfo=UTC))
    for turned in (False, True):
        assert first_match([rule({"type": "moon", "not": turned})], visit) is None
