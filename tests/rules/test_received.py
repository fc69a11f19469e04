"""All signatures of a message, checked as its receiver does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.gateways.signing_key import SigningKey
from activities.rules import signatures
from activities.rules.received import checked
from activities.rules.signatures import SCHEMES, Message

NOW = datetime(2026, 11, 21, 9, 30, 15, tzinfo=UTC)
SECRET = signatures.new_secret(bytes(range(32)))
OTHER = signatures.new_secret(bytes(range(64)))
KEY = SigningKey(bytes(range(32)))
RAW = b'{"a":1}'


def sent(scheme: str, *secrets: str) -> dict[str, str]:
    made = signatures.headers(
        Message(scheme, "evt_1", "qr.created", "whe_1", 1, RAW), secrets, NOW, KEY.sign
    )
    return {name.lower(): value for name, value in made.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_signature_of_a_scheme_is_found_good(scheme: str) -> None:
    told = checked([SECRET], KEY.sign, sent(scheme, SECRET), RAW, NOW)
    assert len(told) == (2 if scheme == "standard" else 3)
    assert all(told.values())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_while_a_secret_is_replaced_all_are_good(scheme: str) -> None:
    told = checked([OTHER, SECRET], KEY.sign, sent(scheme, OTHER, SECRET), RAW, NOW)
    assert len(told) == (2 if scheme == "standard" else 4)
    assert all(told.values())
    foreign = checked([SECRET], KEY.sign, sent(scheme, OTHER, SECRET), RAW, NOW)
    assert [name for name, good in foreign.items() if not good] == [
        name for name in told if name.endswith("-Next")
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_another_body_or_secret_makes_them_wrong(scheme: str) -> None:
    changed = checked([SECRET], KEY.sign, sent(scheme, SECRET), RAW + b" ", NOW)
    assert not any(changed.values())
    foreign = checked([OTHER], KEY.sign, sent(scheme, SECRET), RAW, NOW)
    # The platform signs with its own key, whatever the secret is.
    assert [name for name, good in foreign.items() if good] == ["webhook-signature v1a"]


def test_a_stale_message_is_wrong_and_one_without_signatures_too() -> None:
    late = NOW + timedelta(seconds=301)
    assert not checked([SECRET], KEY.sign, sent("standard", SECRET), RAW, late)["webhook-signature"]
    assert checked([SECRET], KEY.sign, {}, RAW, NOW) == {"webhook-signature": False}
    odd = {"webhook-signature": "v1a,é", "webhook-timestamp": "٣", "x-innkie-signature": "é"}
    assert not any(checked([SECRET], KEY.sign, odd, RAW, NOW).values())
