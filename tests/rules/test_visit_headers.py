"""Single headers of a visit, and the UTM parameters of its address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.visit_headers import (
    LONGEST_QUERY,
    LONGEST_UTM,
    as_utf8,
    first_language,
    is_fetched_ahead,
    line,
    referrer_domain,
    utm_of,
)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"sec-purpose": "Prefetch; anonymous-client-ip"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"x-purpose": "preview"},
        {"purpose": "prerender"},
        {"sec-purpose": "", "x-purpose": "preview"},
        {"sec-purpose": "something", "x-moz": "prefetch"},
    ],
)
def test_what_is_fetched_ahead_says_so(headers: dict[str, str]) -> None:
    assert is_fetched_ahead(headers)


@pytest.mark.parametrize("headers", [{}, {"purpose": "navigate"}, {"x-requested-with": "prefetch"}])
def test_what_is_wanted_is_not_fetched_ahead(headers: dict[str, str]) -> None:
    assert not is_fetched_ahead(headers)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9", "de-at"),
        ("zh-Hant-TW", "zh-hant-tw"),
        (" EN ;q=1", "en"),
        ("*", None),
        ("", None),
        ("a-b-c-d-e", None),
        ("de\x00", None),
    ],
)
def test_the_first_language_is_read(header: str, language: str | None) -> None:
    assert first_language(header) == language


@pytest.mark.parametrize(
    ("header", "domain"),
    [
        ("https://www.Example.org/a?b#c", "example.org"),
        ("https://example.org", "example.org"),
        ("https://example.org?x", "example.org"),
        ("https://example.org.:8443/", "example.org"),
        ("https://ada:secret@news.example.org/", "news.example.org"),
        ("https://xn--exmple-cua.de/", "xn--exmple-cua.de"),
        ("android-app://com.example.reader/", "com.example.reader"),
        ("http://localhost:3000/", "localhost"),
        ("https://www.example.org@evil.example/", "evil.example"),
        ("", None),
        ("/just/a/path", None),
        ("about:blank", None),
        ("data:text/html,https://example.org/", None),
        ("https://", None),
        ("https:///path", None),
        ("https://exa mple.org/", None),
        ("https://example.org\x00.evil/", None),
        ("https://exämple.de/", None),
        ("https://[2001:db8::1]/", None),
        ("https://[", None),
        ("https://a..b/", None),
        ("https://" + ".".join(["a" * 60] * 5) + "/", None),
        ("https://" + "a" * 64 + ".org/", None),
    ],
)
def test_a_referrer_is_its_host_alone(header: str, domain: str | None) -> None:
    assert referrer_domain(header) == domain


@pytest.mark.parametrize(
    ("query", "utm"),
    [
        ("", {}),
        ("a=b&utm_source=poster", {"source": "poster"}),
        (
            "utm_content=5&utm_term=4&utm_campaign=3&utm_medium=2&utm_source=1",
            {"source": "1", "medium": "2", "campaign": "3", "term": "4", "content": "5"},
        ),
        ("utm_source=a&utm_source=b", {"source": "a"}),
        ("utm%5Fsource=a%20b+c", {"source": "a b c"}),
        ("utm_source=&utm_medium=%20&utm_term", {}),
        ("utm_id=7&utm_sourcey=a&UTM_SOURCE=b&xutm_source=c", {}),
        ("utm_source=a=b", {"source": "a=b"}),
        ("utm_source=z%C3%BCrich", {"source": "zürich"}),
        ("utm_source=zÃ¼rich", {"source": "zürich"}),
        ("utm_source=zürich", {"source": "zürich"}),
        ("utm_source=%00a%0d%0ab%E2%80%AEc", {"source": "a b c"}),
        ("utm_source=%ff%zz%", {"source": "\ufffd%zz%"}),
        ("utm_source=\udcffa", {"source": "a"}),
        ("&&=&utm_source=a&", {"source": "a"}),
    ],
)
def test_utm_is_read_from_a_query(query: str, utm: dict[str, str]) -> None:
    assert utm_of(query) == utm
    assert list(utm_of(query)) == list(utm)


def test_utm_has_bounds() -> None:
    assert utm_of(f"utm_source={'a' * 5000}") == {"source": "a" * LONGEST_UTM}
    assert utm_of(f"{'a' * LONGEST_QUERY}&utm_source=late") == {}
    assert utm_of("&" * 100 + "utm_source=late") == {}


@given(st.text() | st.text("utm_sorce=&%0a").map(lambda text: f"utm_source={text}"))
def test_whatever_comes_can_be_stored(query: str) -> None:
    for value in utm_of(query).values():
        assert value.isprintable()
        assert 0 < len(value) <= LONGEST_UTM
        assert b"\0" not in value.encode()


@given(st.text(), st.integers(1, 50))
def test_a_line_is_one_line_and_stays_what_it_is(text: str, longest: int) -> None:
    cut = line(text, longest)
    assert len(cut) <= longest
    assert cut.isprintable()
    assert cut == cut.strip() == line(cut, longest)


@given(st.text())
def test_utf8_that_was_read_as_latin_1_is_understood(name: str) -> None:
    try:
        written = name.encode()
    except UnicodeEncodeError:
        assert as_utf8(name) == name
        return
    assert as_utf8(written.decode("latin-1")) == name
