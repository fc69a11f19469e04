"""Headers that owners add: tokens and plain values, and nothing that is ours."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.custom_headers import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST,
    REDACTED,
    headers_refusal,
    is_ours,
    kept,
    redacted,
)
from activities.rules.signatures import SCHEMES, Message, headers, new_secret
from tests.rules.test_signatures import NOW

SECRET = "Bearer s3cr3t-value"


def test_sound_headers_are_let_through() -> None:
    sound = {"Authorization": SECRET, "X-Warehouse": "north", "x-api_key!": "a"}
    assert headers_refusal(sound) is None
    assert headers_refusal({}) is None
    assert headers_refusal({f"X-{n}": "v" for n in range(MOST)}) is None
    assert headers_refusal({"X" * LONGEST_NAME: "v" * LONGEST_VALUE}) is None


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "CONTENT-LENGTH", "content-type", "Transfer-Encoding", "Connection", "TE"),
        *("Upgrade", "User-Agent", "Cookie", "Webhook-Id", "webhook-anything", "X-Inkode-Event"),
        *("x-innkie-signature", "X-QRScanInk-Timestamp", "Proxy-Authorization", "Sec-Fetch-Mode"),
        *("X-Forwarded-For", "Forwarded", "Expect", "Accept-Encoding", "Content-Encoding"),
    ],
)
def test_a_header_of_ours_is_refused(name: str) -> None:
    assert name in (headers_refusal({name: "x"}) or "")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_header_that_we_sign_with_can_be_set(scheme: str) -> None:
    message = Message(scheme, "evt_1", "qr.created", "whe_1", 1, b"{}")
    assert all(map(is_ours, headers(message, [new_secret(bytes(32))], NOW)))


@pytest.mark.parametrize("name", ["", "X Y", "X:Y", "X\r\nY", "Ä", "X(Y)", "X" * 101, "X\x00"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    assert headers_refusal({name: "x"})


@pytest.mark.parametrize(
    "value", ["", " x", "x ", "a\r\nEvil: 1", "a\nb", "a\x00", "ä", "\x7f", "\t", "v" * 1025]
)
def test_a_value_that_is_not_plain_is_refused_without_repeating_it(value: str) -> None:
    refusal = headers_refusal({"X-Key": value})
    assert refusal is not None
    assert "X-Key" in refusal
    assert not value.strip() or value not in refusal


def test_too_many_and_the_same_twice_are_refused() -> None:
    assert headers_refusal({f"X-{n}": "v" for n in range(MOST + 1)})
    assert headers_refusal({"X-Key": "a", "x-key": "b"})


def test_a_redacted_value_stands_for_the_one_before() -> None:
    before = {"Authorization": SECRET, "X-Old": "o"}
    assert redacted(before) == {"Authorization": REDACTED, "X-Old": REDACTED}
    given_back = {"authorization": REDACTED, "X-New": "n"}
    assert kept(given_back, before) == {"authorization": SECRET, "X-New": "n"}
    with pytest.raises(ValueError, match="X-New"):
        kept({"X-New": REDACTED}, before)


VALUES = st.text(string.printable + "ä\x00", max_size=30)


@given(st.dictionaries(VALUES, VALUES, max_size=3))
def test_nothing_that_is_let_through_breaks_a_message(asked: dict[str, str]) -> None:
    if headers_refusal(asked) is None:
        raw = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        assert raw.isascii()
        assert raw.count("\r\n") == len(asked)
        assert raw.count("\n") == raw.count("\r") == len(asked)
