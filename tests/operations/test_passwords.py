"""Passwords: which are taken, how they are kept, and that many at once are bounded."""

from __future__ import annotations

import asyncio
import re
import threading
import time

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from activities.passwords import (
    MOST_AT_ONCE,
    MOST_WAITING,
    CheckPassword,
    HashPassword,
    check_password,
    hash_password,
    password_refusal,
)
from activities.rules.errors import InvalidFields, RateLimited
from tests.builders.accounts import PASSWORD

pytestmark = pytest.mark.usefixtures("world")

CHEAP = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])


async def hashed(password: str) -> str:
    return (await hash_password(HashPassword(password, "ada@example.com", "Ada Lovelace"))).hash


async def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    first, second = await hashed(PASSWORD), await hashed(PASSWORD)
    assert first != second
    assert re.fullmatch(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$[^$]{22}\$[^$]{43}", first)
    assert (await check_password(CheckPassword(PASSWORD, first))).is_right
    assert not (await check_password(CheckPassword(PASSWORD + "x", first))).is_right


@pytest.mark.parametrize(
    "password",
    [
        "walnut-orbit-cellar-94",
        "four words for ada",
        "mañana llueve quizás",
        "пароль не для всех",
        "k7#Qm2!xVb",
        "correct horse " * 9,
        "ünïcödé räuber höhle",
    ],
)
def test_a_password_that_nobody_guesses_is_taken(password: str) -> None:
    assert password_refusal(password, "ada@example.com", "Ada Lovelace") is None


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("", "at least 10"),
        ("k7#Qm2!xV", "at least 10"),
        ("walnut-orbit-" * 10, "at most 128"),
        ("qwertyuiop", "Many people"),
        ("1234567890", "Many people"),
        ("QWERTYUIOP2024", "Many people"),
        ("Password123", "Many people"),
        ("dragon20242025", "Many people"),
        ("aaaaaaaaaaaa", "easily guessed"),
        ("abcdefghijklm", "easily guessed"),
        ("a" * 128, "easily guessed"),
        ("inkloominkloom", "easily guessed"),
    ],
)
def test_a_password_that_others_guess_is_refused(password: str, told: str) -> None:
    assert told in (password_refusal(password, "ada@example.com", "Ada Lovelace") or "")


@pytest.mark.parametrize(
    "password",
    ["Countess.of.Lovelace-1843", "countess.of.lovelace", "xx AdaLovelace xx", "ada lovelace 1843"],
)
def test_name_and_address_stay_out_of_a_password(password: str) -> None:
    refusal = password_refusal(password, "countess.of.lovelace@example.com", "Ada Lovelace")
    assert "name and your mail address" in (refusal or "")


def test_a_short_name_may_be_part_of_a_word() -> None:
    assert password_refusal("carpal-tunnel-violin-7", "al@example.com", "Al") is None


async def test_a_refused_password_is_told_at_its_field() -> None:
    with pytest.raises(InvalidFields) as refused:
        await hashed("password12")
    assert list(refused.value.fields) == ["password"]
    assert "password12" not in str(refused.value)


async def test_keyboards_that_spell_one_letter_differently_open_the_same_account() -> None:
    stored = await hashed("zürich-orbit-cellar")
    decomposed = "zu\u0308rich-orbit-cellar"
    assert (await check_password(CheckPassword(decomposed, stored))).is_right


async def test_a_hash_made_with_less_effort_is_renewed_when_the_password_is_right() -> None:
    weak = CHEAP.hash(PASSWORD)
    assert (await check_password(CheckPassword("wrong", weak))).renewed is None
    checked = await check_password(CheckPassword(PASSWORD, weak))
    assert checked.is_right
    assert checked.renewed is not None
    again = await check_password(CheckPassword(PASSWORD, checked.renewed))
    assert (again.is_right, again.renewed) == (True, None)


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$broken"])
async def test_what_is_no_hash_belongs_to_no_password(stored: str | None) -> None:
    for password in ("", PASSWORD):
        assert not (await check_password(CheckPassword(password, stored))).is_right


async def test_an_account_without_password_takes_as_much_work_as_one_with() -> None:
    stored = await hashed(PASSWORD)

    async def work(kept: str | None) -> float:
        began = time.process_time()
        await check_password(CheckPassword("wrong", kept))
        return time.process_time() - began

    nobodys, somebodys = await work(None), await work(stored)
    assert 0.4 < nobodys / somebodys < 2.5


async def test_fifty_at_once_share_four_threads() -> None:
    stored = CHEAP.hash(PASSWORD)
    checks = [check_password(CheckPassword("wrong", stored)) for _ in range(50)]
    answers = await asyncio.gather(*checks)
    assert not any(answer.is_right for answer in answers)
    at_work = [t for t in threading.enumerate() if t.name.startswith("passwords")]
    assert len(at_work) <= MOST_AT_ONCE


async def test_who_would_wait_too_long_is_told_to_come_back() -> None:
    stored = CHEAP.hash(PASSWORD)
    room = MOST_AT_ONCE + MOST_WAITING
    checks = [check_password(CheckPassword("wrong", stored)) for _ in range(room + 3)]
    answers = await asyncio.gather(*checks, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refused) == 3
    for refusal in refused:
        assert isinstance(refusal, RateLimited)
        assert refusal.standing.retry_after > 0
    assert not (await check_password(CheckPassword("wrong", stored))).is_right
