"""A create that is asked for again is done once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.idempotency import Once, once
from activities.outside import Outside
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import IdempotencyMismatch, IdempotencyRunning, ShortCodeTaken
from schema.db import connect, disconnect
from tests.builders.tenants import a_tenant

SCOPE = UUID(int=7)
OTHER = UUID(int=8)


def creating(by: Actor, code: str | None = None) -> Callable[[], Awaitable[bytes]]:
    async def act() -> bytes:
        made = await create_qr_code(
            CreateQrCode(by=by, destination_url="https://example.com/", short_code=code)
        )
        return (made.short_code or "").encode()

    return act


@pytest.mark.usefixtures("world")
async def test_a_retry_gets_the_first_answer(database: AsyncConnection) -> None:
    by = await a_tenant()
    first = await once(Once(SCOPE, "k", b"same", creating(by)))
    again = await once(Once(SCOPE, "k", b"same", creating(by)))
    assert (first.is_replay, again.is_replay) == (False, True)
    assert first.answer == again.answer
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 1


@pytest.mark.usefixtures("database", "world")
async def test_a_key_is_of_one_request_and_one_scope() -> None:
    by = await a_tenant()
    await once(Once(SCOPE, "k", b"one", creating(by)))
    with pytest.raises(IdempotencyMismatch):
        await once(Once(SCOPE, "k", b"two", creating(by)))
    other = await once(Once(OTHER, "k", b"two", creating(by)))
    assert not other.is_replay


@pytest.mark.usefixtures("database", "world")
async def test_a_refusal_is_not_kept() -> None:
    by = await a_tenant()
    await once(Once(SCOPE, "first", b"x", creating(by, "taken")))
    with pytest.raises(ShortCodeTaken):
        await once(Once(SCOPE, "k", b"x", creating(by, "taken")))
    mended = await once(Once(SCOPE, "k", b"y", creating(by, "free-one")))
    assert not mended.is_replay


@pytest.mark.usefixtures("database", "world")
async def test_after_a_day_the_key_is_free(clock: FixedClock) -> None:
    by = await a_tenant()
    await once(Once(SCOPE, "k", b"x", creating(by)))
    clock.moment += timedelta(hours=24)
    assert not (await once(Once(SCOPE, "k", b"y", creating(by)))).is_replay


@pytest.mark.usefixtures("world")
async def test_an_answer_is_not_kept_in_clear(database: AsyncConnection) -> None:
    async def act() -> bytes:
        return b"the secret that is shown once"

    await once(Once(SCOPE, "k", b"x", act))
    (stored,) = (await database.execute(text("SELECT k::text FROM idempotency_key k"))).one()
    assert b"shown once".hex() not in stored
    assert "c2hvd24g" not in stored


@pytest.mark.usefixtures("world")
async def test_a_stored_fingerprint_does_not_confirm_a_guess(database: AsyncConnection) -> None:
    guess = hashlib.sha256(b"a body with a password in it").digest()
    await once(Once(SCOPE, "k", guess, creating(await a_tenant())))
    stored = (await database.execute(text("SELECT fingerprint FROM idempotency_key"))).scalar_one()
    assert bytes(stored) not in (guess, hashlib.sha256(guess).digest())


@pytest_asyncio.fixture
async def door(database_url: str, world: Outside) -> AsyncIterator[None]:
    """The real door; an answer that was kept is taken away again."""
    await connect(database_url)
    yield
    await disconnect()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("DELETE FROM idempotency_key")


@pytest.mark.usefixtures("door")
async def test_of_sixty_four_at_once_one_acts_and_all_are_told_the_same() -> None:
    acted = 0

    async def act() -> bytes:
        nonlocal acted
        acted += 1
        await asyncio.sleep(0.05)
        return b"made"

    async def ask() -> bytes | None:
        while True:
            try:
                return (await once(Once(SCOPE, "many", b"x", act))).answer
            except IdempotencyRunning:
                await asyncio.sleep(0.02)

    answers = await asyncio.gather(*(ask() for _ in range(64)))
    assert set(answers) == {b"made"}
    assert acted == 1
