"""What is spelled like a secret or a mail address is not written down."""

from __future__ import annotations

from time import perf_counter

import pytest

from activities.rules.credentials import KEY_PREFIXES, MCP_PREFIXES, spell
from activities.rules.discretion import HIDDEN, discreet
from activities.rules.oauth import ACCESS_PREFIX, CODE_PREFIX, REFRESH_PREFIX, SECRET_PREFIX
from activities.rules.signatures import new_secret

DICE = (bytes(range(32)), bytes(range(224, 256)), b"\xfb" * 32)
OF_OAUTH = (SECRET_PREFIX, CODE_PREFIX, ACCESS_PREFIX, REFRESH_PREFIX)
PREFIXES = (*KEY_PREFIXES.values(), *MCP_PREFIXES.values(), *OF_OAUTH)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("dice", DICE)
def test_a_credential_is_hidden_wherever_it_stands(prefix: str, dice: bytes) -> None:
    secret = spell(prefix, dice)
    assert discreet(f"/api/keys/{secret}/rotate") == f"/api/keys/{HIDDEN}/rotate"
    assert discreet(f'{{"key":"{secret}"}}') == f'{{"key":"{HIDDEN}"}}'


@pytest.mark.parametrize(
    "text",
    [
        *map(new_secret, DICE),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWl0",
        "ada@example.com",
        "ada.love+lace@mail.example.co.uk",
        "ada%40example.com",
        "jörg@müller.example",
    ],
)
def test_other_secrets_and_mail_addresses_are_hidden(text: str) -> None:
    assert discreet(f"before {text}, after") == f"before {HIDDEN}, after"


@pytest.mark.parametrize(
    "text",
    [
        "01HZ8ABCDEF0123456789ABCDE",
        "whe_0123456789abcdef0123456789abcdef",
        "oac_0123456789abcdefghijkl",
        "qrs_01234567",
        "deliver/876dab5c-4a9c-4dda-9cc8-0d39d965e595/3ac8d64b-dc08-466d-8dc9-3fc7e272205b",
        "4711@worker-host",
        "/q/MzjXefT",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ],
)
def test_ids_are_kept(text: str) -> None:
    assert discreet(text) == text


@pytest.mark.parametrize("part", ["a", "a@", "a.", "a_", "abc_", "eyJ", "eyJ.", "a@b.", "whsec_"])
def test_no_text_takes_long(part: str) -> None:
    began = perf_counter()
    discreet(part * (65536 // len(part)) + "@")
    assert perf_counter() - began < 0.5
