"""What OAuth clients may register, and what proves consent."""

from __future__ import annotations

from uuid import UUID

import pytest

from activities.rules.oauth import (
    answers_at,
    consent_ticket,
    could_be_a_client,
    name_refusal,
    redirect_refusal,
    ticket_holds,
    with_parameters,
)

KEY = bytes(32)
SESSION = UUID(int=7)
NOW = 1_800_000_000


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.com/callback",
        "https://app.example.com:8443/cb?from=inkloom",
        "https://app.example.com",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:49152/cb",
        "http://[::1]:8080/cb",
        "http://localhost:3000/",
    ],
)
def test_https_and_loopback_may_be_registered(uri: str) -> None:
    assert redirect_refusal(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/callback",
        "//app.example.com/cb",
        "app.example.com/cb",
        "https:/app.example.com/cb",
        "https:///cb",
        "http://app.example.com/cb",
        "http://127.0.0.1.example.com/cb",
        "http://127.0.0.2/cb",
        "http://localhost.example.com/cb",
        "https://app.example.com/cb#part",
        "https://app.example.com/cb#",
        "https://user@app.example.com/cb",
        "http://127.0.0.1@evil.example/cb",
        "https://app.example.com\\@evil.example/cb",
        "https://app.example.com/c b",
        "https://app.example.com/cb\n",
        "\thttps://app.example.com/cb",
        "https://äpp.example.com/cb",
        "https://app.example.com:0/cb",
        "https://app.example.com:99999/cb",
        "https://[::1/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp://callback",
        "https://app.example.com/" + "a" * 2048,
    ],
)
def test_anything_else_may_not(uri: str) -> None:
    refusal = redirect_refusal(uri)
    assert refusal is not None
    assert refusal.endswith(".")


@pytest.mark.parametrize(
    ("registered", "asked", "fits"),
    [
        ("https://a.example/cb", "https://a.example/cb", True),
        ("https://a.example/cb", "https://a.example/cb/", False),
        ("https://a.example/cb", "https://a.example/cb?x=1", False),
        ("https://a.example/cb", "https://a.example/CB", False),
        ("https://a.example/cb", "https://A.example/cb", False),
        ("https://a.example/cb", "https://a.example:443/cb", False),
        ("https://a.example/cb", "https://b.example/cb", False),
        ("https://a.example/cb", "http://a.example/cb", False),
        ("https://localhost/cb", "https://localhost:1/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", True),
        ("http://127.0.0.1:1/cb?x=1", "http://127.0.0.1:2/cb?x=1", True),
        ("http://[::1]/cb", "http://[::1]:51004/cb", True),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1/cb", "http://localhost:51004/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb#x", False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", False),
        ("http://127.0.0.1/cb", "", False),
    ],
)
def test_addresses_are_compared_sign_by_sign_but_for_a_loopback_port(
    registered: str, asked: str, fits: bool
) -> None:
    assert answers_at([registered], asked) is fits


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Design Tool", True),
        ("Café 設計", True),
        ("", False),
        ("  ", False),
        ("a" * 101, False),
        ("Inkloom\u202elooT", False),
        ("Ink\u200bloom", False),
        ("Two\nlines", False),
    ],
)
def test_a_name_shows_what_it_is(name: str, fits: bool) -> None:
    assert (name_refusal(name) is None) is fits


def test_parameters_go_behind_those_of_the_address() -> None:
    assert with_parameters("https://a.example/cb", [("state", "a b&c")]) == (
        "https://a.example/cb?state=a+b%26c"
    )
    assert with_parameters("https://a.example/cb?x=%7E", [("code", "1")]) == (
        "https://a.example/cb?x=%7E&code=1"
    )


@pytest.mark.parametrize(
    ("client_id", "could"),
    [
        ("oac_" + "a" * 22, True),
        ("oac_" + "a" * 21, False),
        ("oac_" + "a" * 22 + "\n", False),
        ("oac_" + "a" * 21 + "\0", False),
    ],
)
def test_a_client_id_has_one_spelling(client_id: str, could: bool) -> None:
    assert could_be_a_client(client_id) is could


@pytest.mark.parametrize(
    ("session", "request_", "now", "holds"),
    [
        (SESSION, "client_id=a", NOW, True),
        (SESSION, "client_id=a", NOW + 599, True),
        (SESSION, "client_id=a", NOW + 600, False),
        (SESSION, "client_id=a", NOW - 1, False),
        (UUID(int=8), "client_id=a", NOW, False),
        (SESSION, "client_id=b", NOW, False),
    ],
)
def test_a_ticket_is_of_one_session_and_request_for_ten_minutes(
    session: UUID, request_: str, now: int, holds: bool
) -> None:
    ticket = consent_ticket(KEY, session=SESSION, request="client_id=a", at=NOW)
    assert ticket_holds(KEY, ticket, session=session, request=request_, now=now) is holds


@pytest.mark.parametrize("wrong", ["", ".", f"{NOW}", f"{NOW}.", "1e9.00", f"+{NOW}.x", "é.é"])
def test_what_is_no_ticket_is_refused(wrong: str) -> None:
    assert not ticket_holds(KEY, wrong, session=SESSION, request="", now=NOW)


def test_a_ticket_of_another_key_is_refused() -> None:
    ticket = consent_ticket(bytes([1] * 32), session=SESSION, request="", at=NOW)
    assert not ticket_holds(KEY, ticket, session=SESSION, request="", now=NOW)


def test_a_ticket_moved_to_a_later_time_is_refused() -> None:
    ticket = consent_ticket(KEY, session=SESSION, request="", at=NOW)
    moved = f"{NOW + 500}.{ticket.partition('.')[2]}"
    assert not ticket_holds(KEY, moved, session=SESSION, request="", now=NOW + 600)
