"""A token opens one asset, for a while, while its password is the same."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from activities.rules.access_tokens import LASTS, admits, spell
from tests.conftest import KEY, NOW

ASSET, OTHER = UUID(int=1), UUID(int=2)
END = NOW + LASTS
TOKEN = spell(KEY, ASSET, "$argon2id$one", END)


def test_a_token_opens_its_asset_until_its_end() -> None:
    assert admits(KEY, TOKEN, ASSET, "$argon2id$one", NOW)
    assert admits(KEY, TOKEN, ASSET, "$argon2id$one", END - timedelta(seconds=1))
    assert not admits(KEY, TOKEN, ASSET, "$argon2id$one", END)


def test_a_token_opens_nothing_else() -> None:
    assert not admits(KEY, TOKEN, OTHER, "$argon2id$one", NOW)
    assert not admits(KEY, TOKEN, ASSET, "$argon2id$two", NOW)
    assert not admits(KEY[::-1], TOKEN, ASSET, "$argon2id$one", NOW)


def test_the_end_of_a_token_cannot_be_moved() -> None:
    seconds, _, signature = TOKEN.partition(".")
    assert not admits(KEY, f"{int(seconds) + 1}.{signature}", ASSET, "$argon2id$one", NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "1",
        TOKEN[:-1],
        TOKEN + "0",
        TOKEN.upper(),
        " " + TOKEN,
        "9" * 30 + TOKEN,
        "٣" + TOKEN,
    ],
)
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert not admits(KEY, token, ASSET, "$argon2id$one", NOW)


def test_the_hash_of_the_password_is_not_told() -> None:
    assert "argon2" not in TOKEN
    assert len(TOKEN) < 100
