"""Reading a client's JSON; countries, regions, platforms."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.countries import COUNTRIES, country, region
from activities.rules.errors import InvalidFields
from activities.rules.findings import Findings, echo, ids_kept
from activities.rules.platforms import platform


def test_everything_that_was_found_is_told_at_once() -> None:
    found = Findings()
    found.tell("a", "One.")
    found.tell("b.0", "Two.")
    found.tell("a", "Three.")
    found.tell("c", None)
    with pytest.raises(InvalidFields) as refused:
        found.settle()
    assert refused.value.fields == {"a": ("One.", "Three."), "b.0": ("Two.",)}


def test_nothing_found_is_no_refusal() -> None:
    Findings().settle()


def test_an_unknown_key_is_a_finding_cut_short_and_left_out() -> None:
    found = Findings()
    assert found.read_object({"a": 1, "x" * 900: 2}, "it", ("a", "b")) == {"a": 1}
    with pytest.raises(InvalidFields) as refused:
        found.settle()
    assert refused.value.fields == {f"it.{'x' * 40}": ("Known here are: a, b.",)}


def test_what_a_client_wrote_is_repeated_cut_and_fit_to_be_written() -> None:
    assert echo("a\ud800\n\u202eé" + "x" * 90) == "a???é" + "x" * 35
    assert echo(["a"]) == "['a']"


@pytest.mark.parametrize("given", [None, [], "text", 1, True])
def test_what_is_no_object_is_a_finding(given: object) -> None:
    found = Findings()
    assert found.read_object(given, "it", ("a",)) == {}
    with pytest.raises(InvalidFields):
        found.settle()


@pytest.mark.parametrize("given", ["a\nb", "a\x00b", "a\u2028b", "\ud800", "x" * 11, 1, [], True])
def test_what_is_no_line_is_a_finding(given: object) -> None:
    found = Findings()
    found.read_line(given, "it", 10)
    with pytest.raises(InvalidFields):
        found.settle()


def test_a_clients_id_is_kept_and_a_missing_one_made() -> None:
    assert ids_kept([None, "r1", "my-rule_2", None], "r") == ["r2", "r1", "my-rule_2", "r3"]


def test_an_id_that_is_insane_or_repeated_is_replaced() -> None:
    assert ids_kept(["a", "a", "b c", "", 7, "x" * 33], "v") == ["a", "v1", "v2", "v3", "v4", "v5"]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["r1", "r2", "r3", "a", "é"])), max_size=12))
def test_ids_are_unique_and_stay_when_they_come_back(given: list[str | None]) -> None:
    ids = ids_kept(given, "r")
    assert len(set(ids)) == len(given)
    assert ids_kept(ids, "r") == ids


def test_the_countries_are_those_of_the_standard_and_kosovo() -> None:
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text().splitlines()
    assert {line[:2] for line in table if line[:1] != "#"} | {"XK"} == COUNTRIES


@pytest.mark.parametrize(("given", "code"), [("DE", "DE"), ("at", "AT"), ("UK", None), ("ß", None)])
def test_a_country_is_a_known_one(given: str, code: str | None) -> None:
    assert country(given) == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("US-CA", "US-CA"),
        ("at-9", "AT-9"),
        ("GB-ENG", "GB-ENG"),
        *(
            (wrong, None)
            for wrong in ("US", "US-", "XX-CA", "US-CALI", "US_CA", "US-C A", "US-CA-1")
        ),
    ],
)
def test_a_region_belongs_to_a_known_country(given: str, code: str | None) -> None:
    assert region(given) == code


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("iOS", "iOS"),
        ("IOS", "iOS"),
        ("Mac OS X", "macOS"),
        ("macos", "macOS"),
        ("Ubuntu", "Linux"),
        ("Fedora", "Linux"),
        ("Chrome OS", "Chrome OS"),
        ("Windows", "Windows"),
        ("Windows Phone", None),
        ("Other", None),
        ("", None),
        (None, None),
    ],
)
def test_a_family_is_a_platform_as_people_speak(family: str | None, name: str | None) -> None:
    assert platform(family) == name
