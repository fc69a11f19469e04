"""Wi-Fi codes, in the notation that phones share."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.payloads.contents import normalised, payload
from tests.rules.payloads.refusals import refused

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)
PASSWORDS = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126))
FIELD = re.compile(r"([A-Z]):((?:\\.|[^\\;])*);", re.DOTALL)


def says(**fields: Any) -> str:
    return payload("WIFI", normalised("WIFI", fields))


def understood(text: str) -> dict[str, str]:
    """What a phone reads: fields split at bare semicolons, backslashes taken away."""
    assert text.startswith("WIFI:")
    assert text.endswith(";;")
    fields = {}
    inner, end = text.removeprefix("WIFI:")[:-1], 0
    for found in FIELD.finditer(inner):
        assert found.start() == end
        end = found.end()
        fields[found[1]] = re.sub(r"\\(.)", r"\1", found[2])
    assert end == len(inner)
    return fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ssid": "Home", "password": "secret123"}, "WIFI:T:WPA;S:Home;P:secret123;;"),
        ({"ssid": "Open"}, "WIFI:T:nopass;S:Open;;"),
        ({"ssid": "Open", "password": ""}, "WIFI:T:nopass;S:Open;;"),
        (
            {"ssid": '"foo;bar\\baz"', "password": "a:b,c\"d'e;"},
            'WIFI:T:WPA;S:\\"foo\\;bar\\\\baz\\";P:a\\:b\\,c\\"d\'e\\;;;',
        ),
        (
            {"ssid": "New", "password": "ü", "encryption": "SAE", "hidden": True},
            "WIFI:T:SAE;S:New;P:ü;H:true;;",
        ),
        ({"ssid": "Old", "password": "abcde", "encryption": "WEP"}, "WIFI:T:WEP;S:Old;P:abcde;;"),
        ({"ssid": " x ", "password": "  secret  "}, "WIFI:T:WPA;S: x ;P:  secret  ;;"),
    ],
)
def test_a_network_is_written_out(fields: dict[str, Any], expected: str) -> None:
    assert says(**fields) == expected


@pytest.mark.parametrize("name", ["CAFE", "1234", "beef5"])
def test_a_name_that_looks_like_hex_is_quoted_and_a_password_never(name: str) -> None:
    assert says(ssid=name, password="12345678") == f'WIFI:T:WPA;S:"{name}";P:12345678;;'
    key = "0123456789abcdef" * 4
    assert says(ssid="x", password=key) == f"WIFI:T:WPA;S:x;P:{key};;"


@given(ssid=NAMES, password=PASSWORDS.filter(lambda text: 8 <= len(text) <= 63))
def test_a_phone_reads_the_name_and_the_password_that_were_meant(ssid: str, password: str) -> None:
    if not ssid.strip() or len(ssid.encode()) > 32 or re.fullmatch("[0-9A-Fa-f]+", ssid):
        return
    read = understood(says(ssid=ssid, password=password))
    assert read == {"T": "WPA", "S": ssid, "P": password}


def test_a_name_has_at_most_32_bytes() -> None:
    assert says(ssid="ü" * 16) == f"WIFI:T:nopass;S:{'ü' * 16};;"
    assert "32 bytes" in refused("WIFI", {"ssid": "ü" * 17})["content.ssid"]
    assert list(refused("WIFI", {"ssid": "x" * 33})) == ["content.ssid"]
    assert list(refused("WIFI", {"ssid": "", "password": "12345678"})) == ["content.ssid"]


@pytest.mark.parametrize(
    ("encryption", "password"),
    [
        *[("WPA", None), ("WPA", "1234567"), ("WPA", "x" * 64), ("WPA", "0" * 65)],
        *[("WPA", "größe-12"), ("WEP", None), ("WEP", "1234"), ("WEP", "123456")],
        *[
            ("WEP", "x" * 10),
            ("WEP", "üüüüü"),
            ("SAE", None),
            ("SAE", "ü" * 65),
            ("SAE", "x" * 129),
        ],
        ("nopass", "12345678"),
    ],
)
def test_a_password_that_no_network_has_is_refused(encryption: str, password: str | None) -> None:
    fields = {"ssid": "x", "encryption": encryption, "password": password}
    assert list(refused("WIFI", fields)) == ["content.password"]


@pytest.mark.parametrize(
    ("encryption", "password"),
    [
        *[("WPA", "x" * 8), ("WPA", "x" * 63), ("WPA", "aF" * 32), ("SAE", "x"), ("SAE", "ü" * 64)],
        *[("WEP", "x" * length) for length in (5, 13, 29)],
        *[("WEP", "f" * length) for length in (10, 26, 58)],
    ],
)
def test_a_password_of_the_right_length_is_kept(encryption: str, password: str) -> None:
    read = understood(says(ssid="x", encryption=encryption, password=password))
    assert read == {"T": encryption, "S": "x", "P": password}


@pytest.mark.parametrize("encryption", ["WPA2", "wpa", "none", 1, []])
def test_another_encryption_is_refused(encryption: object) -> None:
    wrong = refused("WIFI", {"ssid": "x", "password": "12345678", "encryption": encryption})
    assert wrong == {"content.encryption": "Choose one of WPA, WEP, SAE, nopass."}


@pytest.mark.parametrize("hidden", ["true", 1, 0])
def test_hidden_is_true_or_false(hidden: object) -> None:
    assert list(refused("WIFI", {"ssid": "x", "hidden": hidden})) == ["content.hidden"]
