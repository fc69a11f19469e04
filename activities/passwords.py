"""Passwords: judged before they are taken, kept as argon2id, worked on in threads of their own.

Each hash takes 64 MiB and all of a core for a while, so at most `MOST_AT_ONCE` run in a process and
few more wait. None of this may happen inside a transaction: it would hold a connection meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from activities.outside import outside
from activities.rules.errors import InvalidFields, RateLimited
from activities.rules.shared_passwords import one_spelling, shared_refusal
from activities.rules.throttles import Standing

MEMORY_KIB, PASSES, LANES = 65_536, 3, 4
"""The second choice of RFC 9106, section 4, for where memory is dear."""

MOST_AT_ONCE = 4
MOST_WAITING = 60
RETRY_SECONDS = 5

SHORTEST, LONGEST = 10, 128
"""Characters of a password."""

WEAKEST = 2
"""The lowest score of zxcvbn (0 to 4) that is taken: 10**6 guesses and more."""

MOST_SCORED = 72
"""Characters that zxcvbn looks at; its time grows with the square of the length."""

LONG_ENOUGH_TO_TELL = 4
"""A name this long may not stand inside a password; a shorter one is part of many words."""

NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
"""Stands for the hash of who has none: as dear to verify as any, and no password belongs to it."""

_HASHER = PasswordHash(
    [Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)],
)
_THREADS = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="passwords")
_SCORING = threading.Lock()
"""zxcvbn keeps the words of the user in a table that all its callers share."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class HashPassword:
    """A password that somebody chooses; `email` and `name` are theirs and may not be in it."""

    password: str = field(repr=False)
    email: str
    name: str


@dataclass(frozen=True)
class HashedPassword:
    """What may be stored: argon2id with its parameters and salt."""

    hash: str


@dataclass(frozen=True)
class HashSharedPassword:
    """A word that many people know shall be kept; None for no such word any more."""

    password: str | None = field(repr=False)


@dataclass(frozen=True)
class SharedPassword:
    """What is stored of it."""

    hash: str | None = field(repr=False)


@dataclass(frozen=True)
class CheckPassword:
    """Does the password belong to the `stored` hash? None stands for an account without one."""

    password: str = field(repr=False)
    stored: str | None


@dataclass(frozen=True)
class CheckedPassword:
    """The answer; `renewed` is to be stored in place of a hash that was made with less effort."""

    is_right: bool
    renewed: str | None = None


async def hash_password(command: HashPassword) -> HashedPassword:
    """Judge a new password and hash it with a salt of its own.

    Raises `InvalidFields` (`password`) for one that others would guess, and `RateLimited` while
    too many wait.
    """

    def work() -> str:
        refusal = password_refusal(command.password, command.email, command.name)
        if refusal:
            raise InvalidFields({"password": [refusal]})
        return _HASHER.hash(one_spelling(command.password))

    return HashedPassword(await _in_a_thread(work))


async def hash_shared_password(command: HashSharedPassword) -> SharedPassword:
    """Hash a word that many people are told, such as that of a protected link.

    It may be short, for who sets it decides how well it keeps. Raises `InvalidFields`
    (`password`), and `RateLimited` while too many wait.
    """
    if command.password is None:
        return SharedPassword(None)
    password = one_spelling(command.password)
    if refusal := shared_refusal(password):
        raise InvalidFields({"password": [refusal]})
    return SharedPassword(await _in_a_thread(lambda: _HASHER.hash(password)))


async def check_password(command: CheckPassword) -> CheckedPassword:
    """Verify a password; without a stored hash it takes as long and is never right.

    Raises `RateLimited` while too many wait.
    """

    def work() -> tuple[bool, str | None]:
        try:
            typed = one_spelling(command.password)
            return _HASHER.verify_and_update(typed, command.stored or NOBODYS)
        except UnknownHashError:
            return _HASHER.verify(one_spelling(command.password), NOBODYS), None

    is_right, renewed = await _in_a_thread(work)
    return CheckedPassword(is_right, renewed)


def password_refusal(password: str, email: str, name: str) -> str | None:
    """Why a password may not be chosen by this person; None when it may."""
    chosen = one_spelling(password)
    if len(chosen) < SHORTEST:
        return f"Use at least {SHORTEST} characters; four words that do not belong together do."
    if len(chosen) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if _is_common(chosen):
        return "Many people use this password; choose four words that do not belong together."
    if _tells_who(chosen, email, name):
        return "Leave your name and your mail address out of the password."
    if _score(chosen, email, name) < WEAKEST:
        return "This password is easily guessed; add words that do not belong together."
    return None


@cache
def _common() -> frozenset[str]:
    """The 30,000 passwords that leaked most often, in lower case."""
    return frozenset(FREQUENCY_LISTS["passwords"])


def _is_common(password: str) -> bool:
    folded = password.lower()
    return bool(_common() & {folded, folded.rstrip("0123456789")})


def _tells_who(password: str, email: str, name: str) -> bool:
    folded = password.casefold()
    mine = {email.partition("@")[0], name, "".join(name.split())}
    return any(
        part == folded or (len(part) >= LONG_ENOUGH_TO_TELL and part in folded)
        for part in map(str.casefold, mine)
    )


def _score(password: str, email: str, name: str) -> int:
    words = [email, *email.split("@"), name, *name.split(), "inkloom"]
    with _SCORING:
        return int(zxcvbn(password[:MOST_SCORED], user_inputs=words)["score"])


class _Queue:
    """How many are at work or wait."""

    length = 0


async def _in_a_thread(work: Callable[[], Result]) -> Result:
    """A pool and not a semaphore: a request that goes away leaves no thread uncounted."""
    if _Queue.length >= MOST_AT_ONCE + MOST_WAITING:
        full_at = ceil(outside().clock.now().timestamp()) + RETRY_SECONDS
        raise RateLimited(Standing(MOST_WAITING, 0, full_at, retry_after=RETRY_SECONDS))
    _Queue.length += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
    finally:
        _Queue.length -= 1
