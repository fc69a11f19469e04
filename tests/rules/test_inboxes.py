"""Which addresses are the inbox of this machine, and how it can be asked to answer."""

from __future__ import annotations

import pytest

from activities.rules.inboxes import Play, inbox_name, own_inbox, read_play


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8000/dev/inbox", "http://127.0.0.1:8000/dev/inbox"),
        ("http://localhost:8000/dev/inbox/", "http://127.0.0.1:8000/dev/inbox/"),
        ("HTTP://LOCALHOST.:8000/dev/inbox/a_B-1", "http://127.0.0.1:8000/dev/inbox/a_B-1"),
        ("http://[::1]:8000/dev/inbox?status=503", "http://127.0.0.1:8000/dev/inbox?status=503"),
        ("http://localhost:8000/dev/inbox#x", "http://127.0.0.1:8000/dev/inbox"),
    ],
)
def test_an_address_of_the_inbox_is_known_by_all_names_of_the_machine(url: str, own: str) -> None:
    assert own_inbox(url, 8000) == own


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8001/dev/inbox",
        "http://127.0.0.1/dev/inbox",
        "https://127.0.0.1:8000/dev/inbox",
        "http://127.0.0.2:8000/dev/inbox",
        "http://10.0.0.1:8000/dev/inbox",
        "http://localhost.example:8000/dev/inbox",
        "http://evil.example:8000/dev/inbox",
        "http://user@localhost:8000/dev/inbox",
        "http://localhost:8000/dev/inbox/../../api/qr",
        "http://localhost:8000/dev/inbox/%2e%2e/mailbox",
        "http://localhost:8000/dev/inbox/a/b",
        "http://localhost:8000/dev/inboxes",
        "http://localhost:8000/dev/mailbox",
        "http://localhost:8000/dev//inbox",
        "http://localhost:8000/api/qr?x=/dev/inbox",
        "http://localhost:8000/dev/inbox/" + "a" * 65,
        "http://2130706433:8000/dev/inbox",
        "/dev/inbox",
        "",
    ],
)
def test_nothing_else_is_the_inbox(url: str) -> None:
    assert own_inbox(url, 8000) is None


def test_a_name_is_read_from_the_path() -> None:
    assert inbox_name("/dev/inbox") == inbox_name("/dev/inbox/") == ""
    assert inbox_name("/dev/inbox/orders") == inbox_name("/dev/inbox/orders/") == "orders"
    assert inbox_name("/dev/inbox/ö") is None
    assert inbox_name("/dev/inbox/a\n") is None


def test_a_bad_receiver_is_played_within_bounds() -> None:
    assert read_play({}) == read_play({"other": "x"}) == Play()
    asked = {"status": "503", "retry_after": "5", "delay_ms": "20000", "control": "disable"}
    assert read_play(asked) == Play(503, 5, 20_000, "disable")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "199"),
        ("status", "600"),
        ("status", "ok"),
        ("status", "٢٠٠"),
        ("status", ""),
        ("delay_ms", "20001"),
        ("delay_ms", "-1"),
        ("retry_after", "86401"),
        ("retry_after", "9" * 30),
        ("control", "stop"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is "):
        read_play({name: value})
