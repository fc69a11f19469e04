"""UTM parameters and the visitor's own query string."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.utm import LONGEST_PASSED, UTM_FIELDS, merged, normalised_utm
from tests.builders.examples import so_many

UTM = {"source": "poster", "campaign": "spring sale"}


def refused(fields: dict[str, object]) -> list[str]:
    with pytest.raises(InvalidFields) as refusal:
        normalised_utm(fields)
    return list(refusal.value.fields)


def test_fields_are_trimmed_and_empty_ones_unset() -> None:
    given = {"content": " a b ", "source": "poster", "medium": None, "term": "  "}
    assert list(normalised_utm(given).items()) == [("source", "poster"), ("content", "a b")]
    assert normalised_utm({}) == {}


@pytest.mark.parametrize("value", ["x" * 201, 7, ["a"], "a\nb", "a\x00b"])
def test_a_wrong_field_is_refused_at_its_path(value: object) -> None:
    assert refused({"source": value}) == ["utm.source"]


def test_an_unknown_field_is_refused() -> None:
    assert refused({"utm_source": "a", "Source": "b"}) == ["utm.utm_source", "utm.Source"]


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://a.example", "https://a.example?{}"),
        ("https://a.example/", "https://a.example/?{}"),
        ("https://a.example/?", "https://a.example/?{}"),
        ("https://a.example/?b=1", "https://a.example/?b=1&{}"),
        ("https://a.example/?b=1&", "https://a.example/?b=1&{}"),
        ("https://a.example/#top?x=1", "https://a.example/?{}#top?x=1"),
        ("https://a.example/?b#", "https://a.example/?b&{}#"),
        ("https://a.example/?&&b=%20+%2b&b=é?/", "https://a.example/?&&b=%20+%2b&b=é?/&{}"),
        ("https://a.example/%7e?UTM_source=x", "https://a.example/%7e?UTM_source=x&{}"),
    ],
)
def test_utm_is_added_and_the_rest_stays_byte_for_byte(url: str, whole: str) -> None:
    assert merged(url, UTM, None) == whole.format("utm_source=poster&utm_campaign=spring%20sale")
    assert merged(url, {}, None) == url
    assert merged(url, {}, "") == url


def test_the_links_utm_replaces_that_of_the_address_where_it_stands() -> None:
    url = "https://a.example/?utm_source=x&b=1&utm_medium=m&%75tm_source=y&c=2#f"
    assert merged(url, UTM, None) == (
        "https://a.example/?utm_source=poster&b=1&utm_medium=m&c=2&utm_campaign=spring%20sale#f"
    )


def test_what_utm_holds_cannot_leave_its_place() -> None:
    url = merged("https://a.example/", {"source": "a&b=1#x=é"}, None)
    assert url == "https://a.example/?utm_source=a%26b%3D1%23x%3D%C3%A9"


@pytest.mark.parametrize(
    ("passed", "added"),
    [
        ("x=1", "&x=1"),
        ("x=1&x=2&y", "&x=1&x=2&y"),
        ("x=%41+b&&=z", "&x=%41+b&=z"),
        ("b=2&%62=3&x=1", "&x=1"),
        ("utm_source=theirs&utm_term=theirs", "&utm_term=theirs"),
        ("&&", ""),
        ("x=a b\r\nSet-Cookie:c#<\"'>", "&x=a%20b%0D%0ASet-Cookie:c%23%3C%22'%3E"),
        ("x=ü", "&x=%C3%BC"),
        (b"x=\xfc".decode("utf-8", "surrogateescape"), "&x=%FC"),
    ],
)
def test_the_visitors_query_follows_but_changes_nothing(passed: str, added: str) -> None:
    assert merged("https://a.example/?b=1#f", {"source": "ours"}, passed) == (
        f"https://a.example/?b=1&utm_source=ours{added}#f"
    )


def test_an_address_without_a_query_gets_the_visitors() -> None:
    assert merged("https://a.example/a#f", {}, "x=1") == "https://a.example/a?x=1#f"


def test_a_long_query_is_cut_between_parameters() -> None:
    passed = "&".join(f"p{n}={'v' * 100}" for n in range(100))
    added = merged("https://a.example/", {}, passed).partition("?")[2]
    assert LONGEST_PASSED - 110 < len(added) <= LONGEST_PASSED
    assert passed.startswith(f"{added}&")


def test_a_parameter_without_a_name_is_carried_on_like_any_other() -> None:
    assert merged("https://a.example/p?", {}, "=") == "https://a.example/p?="
    assert merged("https://a.example/p?=", {}, "=1") == "https://a.example/p?="


SIGNS = "ab%=&?+/;.é2"
QUERIES = st.one_of(
    st.text(SIGNS, max_size=20),
    st.lists(
        st.sampled_from(["a=1", "b", "utm_source=x", "utm_term=y", "utm_source=", "c=%20", ""]),
        max_size=6,
    ).map("&".join),
)
FRAGMENTS = st.one_of(st.just(""), st.text(SIGNS + "#", max_size=8).map("#{}".format))
UTMS = st.dictionaries(st.sampled_from(UTM_FIELDS), st.text(min_size=1, max_size=12), max_size=5)


def pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


@settings(max_examples=so_many(150))
@given(QUERIES, FRAGMENTS, UTMS, st.one_of(st.none(), QUERIES))
def test_an_address_keeps_all_but_the_utm_of_the_link(
    query: str, fragment: str, utm: dict[str, str], passed: str | None
) -> None:
    base = f"https://a.example/p?{query}"
    url = merged(base + fragment, utm, passed)
    assert url.startswith("https://a.example/p?")
    assert url.endswith(fragment)
    ours = {f"utm_{name}": value for name, value in utm.items()}
    result = pairs(url)
    for name, value in ours.items():
        assert [v for n, v in result if n == name] == [value]
    kept = [pair for pair in pairs(base) if pair[0] not in ours]
    others = [pair for pair in result if pair[0] not in ours]
    assert others[: len(kept)] == kept
    fixed = {name for name, _ in kept}
    theirs = [p for p in pairs(f"?{passed or ''}") if p[0] not in fixed | set(ours)]
    assert others[len(kept) :] == theirs


@settings(max_examples=so_many(80))
@given(QUERIES, FRAGMENTS, UTMS, QUERIES)
def test_merging_again_changes_nothing(
    query: str, fragment: str, utm: dict[str, str], passed: str
) -> None:
    once = merged(f"https://a.example/p?{query}{fragment}", utm, passed)
    assert merged(once, utm, None) == once
