"""Domains of customers, and the proof that they are theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.hostnames import (
    LONGEST,
    challenge_name,
    challenge_value,
    is_answered,
    normalised,
)

OURS = ("ink.test", "127.0.0.1:8000", "Go.Inkloom.Example:443")
TOKEN = "kX3v-9_aZ"
LABEL = "a" * 63
LONG = ".".join([LABEL, LABEL, LABEL, "b" * (LONGEST - 3 * 64 - 4), "com"])


def sentence(hostname: str) -> str:
    with pytest.raises(InvalidFields) as refused:
        normalised(hostname, OURS)
    assert list(refused.value.fields) == ["hostname"]
    [said] = refused.value.fields["hostname"]
    return said


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("links.example.com", "links.example.com"),
        ("Example.COM", "example.com"),
        ("  go.example.com.\n", "go.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER。Example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("a--b.example.com", "a--b.example.com"),
        ("1.example.com", "1.example.com"),
        ("notink.test", "notink.test"),
        ("ink.test.example.com", "ink.test.example.com"),
        ("inkloom.example", "inkloom.example"),
        (LONG, LONG),
    ],
)
def test_a_domain_is_kept_in_small_ascii_letters(given_name: str, kept: str) -> None:
    assert normalised(given_name, OURS) == kept
    assert normalised(kept, OURS) == kept
    assert len(challenge_name(kept)) <= 253


@pytest.mark.parametrize(
    ("hostname", "part"),
    [
        *[(empty, "Enter a domain") for empty in ("", "  ")],
        *[
            (whole, "the domain alone")
            for whole in ("https://example.com", "example.com/", "example.com/a", "//example.com")
        ],
        *[(odd, "the domain alone") for odd in ("a@example.com", "example.com?x", "a\\b.com")],
        *[(wild, "without a wildcard") for wild in ("*.example.com", "a.*.com")],
        *[(port, "without a port") for port in ("example.com:443", "example.com:")],
        *[
            (address, "instead of an IP address")
            for address in ("127.0.0.1", "8.8.8.8", "127.1", "0x7f.1", "::1", "[::1]", "[::1]:80")
        ],
        *[(bare, "Enter a whole domain") for bare in ("com", "localhost", "example", "com.")],
        *[
            (inner, "public internet")
            for inner in ("a.localhost", "printer.local", "db.internal", "a.onion", "router.lan")
        ],
        *[
            (wrong, "Enter a valid domain")
            for wrong in (
                *("example..com", ".example.com", "example.com..", ".", "-a.example.com"),
                *("a-.example.com", "my_shop.example.com", "exa mple.com", "example.c", "a.b.1x"),
                *("999.1.1.1", "1.2.3.4.5", f"{LABEL}a.com", "exa\u00admple.com", "a\u200b.com"),
                *("a\x00.com", "exam%70le.com", "a,b.com", "例\uff0fa.com"),
            )
        ],
        (LONG.replace(".com", "b.com"), "no more than 234"),
        *[
            (own, "our own")
            for own in (
                *("ink.test", "INK.test.", "go.ink.test", "a.b.ink.test", "ｉｎｋ.test"),
                *("go.inkloom.example", "x.go.inkloom.example"),
            )
        ],
    ],
)
def test_what_is_no_domain_of_a_customer_is_refused_with_what_to_enter(
    hostname: str, part: str
) -> None:
    said = sentence(hostname)
    assert part in said
    assert said.endswith(".")


def test_without_own_hosts_every_public_name_passes() -> None:
    assert normalised("go.ink.test") == "go.ink.test"


@given(st.text("aZ1-_.*:/ @ü。\u200b", max_size=20))
def test_what_is_kept_is_kept_again(text: str) -> None:
    try:
        name = normalised(text, OURS)
    except InvalidFields:
        return
    assert normalised(name, OURS) == name
    assert name.isascii()
    assert name == name.lower()


def test_the_challenge_names_its_place_and_its_answer() -> None:
    assert challenge_name("go.example.com") == "_inkloom-challenge.go.example.com"
    assert challenge_value(TOKEN) == "inkloom-verify=kX3v-9_aZ"


@pytest.mark.parametrize(
    "value",
    [
        f"inkloom-verify={TOKEN}",
        f'"inkloom-verify={TOKEN}"',
        f"'inkloom-verify={TOKEN}'",
        f'  " inkloom-verify={TOKEN}"\r\n',
        f"inkloom-verify = {TOKEN}",
        f'"inkloom-" "verify={TOKEN}"',
    ],
)
def test_the_right_value_answers_however_it_is_quoted(value: str) -> None:
    assert is_answered([value], TOKEN)
    assert is_answered(["v=spf1 -all", "ü", "\udcff", value, "other"], TOKEN)


@pytest.mark.parametrize(
    "value",
    [
        *("", TOKEN, f"inkloom-verify{TOKEN}", f"inkloom-verify={TOKEN}x", "inkloom-verify="),
        *(
            f"inkloom-verify={TOKEN.lower()}",
            f"x inkloom-verify={TOKEN}",
            f"Inkloom-verify={TOKEN}",
        ),
    ],
)
def test_any_other_value_does_not_answer(value: str) -> None:
    assert not is_answered([value], TOKEN)


def test_no_value_answers_nothing_and_an_empty_token_is_never_proved() -> None:
    assert not is_answered([], TOKEN)
    assert not is_answered([challenge_value("")], "")
