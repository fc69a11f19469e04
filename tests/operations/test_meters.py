"""Token buckets: exact under concurrency, shared, and never in the way of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.meters import Meter, Take, meter, take
from activities.outside import Outside
from activities.rules.errors import RateLimited
from activities.rules.throttles import Standing, Throttle
from schema.db import connect, disconnect
from tests.builders.tenants import a_tenant

SMALL = Throttle("small", 60, 30)


@pytest_asyncio.fixture
async def door(database_url: str, world: Outside) -> AsyncIterator[str]:
    """The real door, with real connections; what is written is taken away again."""
    await connect(database_url)
    yield database_url
    await disconnect()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("DELETE FROM rate_bucket")


async def is_let_through(command: Take) -> bool:
    try:
        return await take(command) is not None
    except RateLimited:
        return False


@pytest.mark.usefixtures("door")
async def test_of_sixty_four_at_once_exactly_the_burst_passes() -> None:
    passed = await asyncio.gather(*(is_let_through(Take(SMALL, "one")) for _ in range(64)))
    assert sum(passed) == 30


@pytest.mark.usefixtures("database", "world")
async def test_a_bucket_fills_again_with_time(clock: FixedClock) -> None:
    for _ in range(30):
        await take(Take(SMALL, "one"))
    with pytest.raises(RateLimited) as refused:
        await take(Take(SMALL, "one"))
    assert refused.value.standing == Standing(
        60, 0, int(clock.now().timestamp()) + 30, retry_after=1
    )
    clock.moment += timedelta(seconds=2)
    assert await is_let_through(Take(SMALL, "one"))
    assert await is_let_through(Take(SMALL, "one"))
    assert not await is_let_through(Take(SMALL, "one"))


@pytest.mark.usefixtures("database", "world")
async def test_callers_and_throttles_have_buckets_of_their_own() -> None:
    single = Throttle("single", 1, 1)
    assert await is_let_through(Take(single, "one"))
    assert not await is_let_through(Take(single, "one"))
    assert await is_let_through(Take(single, "two"))
    assert await is_let_through(Take(replace(single, name="another"), "one"))


@pytest.mark.usefixtures("world")
async def test_who_was_throttled_is_not_written_in_clear(database: AsyncConnection) -> None:
    await take(Take(SMALL, "ada@example.com"))
    names = (await database.execute(text("SELECT name FROM rate_bucket"))).scalars().all()
    assert len(names) == 1
    assert "ada" not in names[0]


@pytest.mark.usefixtures("world")
async def test_a_call_of_a_key_is_counted_for_its_day(
    database: AsyncConnection, clock: FixedClock
) -> None:
    actor = await a_tenant()
    for _ in range(3):
        await meter(Meter(actor))
    clock.moment += timedelta(days=1)
    await meter(Meter(actor))
    counted = await database.execute(text("SELECT day::text, calls FROM api_key_usage ORDER BY 1"))
    assert [tuple(row) for row in counted] == [("2026-11-21", 3), ("2026-11-22", 1)]


@pytest.mark.usefixtures("database", "world")
async def test_a_daily_cap_holds_until_midnight_utc(clock: FixedClock) -> None:
    actor = replace(await a_tenant(), daily_cap=2)
    told = [await meter(Meter(actor)) for _ in range(2)]
    assert [(now.daily_limit, now.daily_remaining) for now in told if now] == [(2, 1), (2, 0)]
    with pytest.raises(RateLimited) as refused:
        await meter(Meter(actor))
    assert refused.value.standing.retry_after == 12 * 3600
    clock.moment += timedelta(hours=12)
    now = await meter(Meter(actor))
    assert now is not None
    assert now.daily_remaining == 1


async def test_calls_pass_while_the_table_cannot_be_reached(door: str, clock: FixedClock) -> None:
    single = Throttle("single", 1, 1)
    async with await psycopg.AsyncConnection.connect(door) as connection:
        await connection.execute("LOCK TABLE rate_bucket IN ACCESS EXCLUSIVE MODE")
        began = asyncio.get_running_loop().time()
        for _ in range(50):
            assert await take(Take(single, "one")) is None
        assert asyncio.get_running_loop().time() - began < 1, "each call waited"
        await connection.rollback()
    clock.moment += timedelta(seconds=2)
    assert await take(Take(single, "one")) is not None
    with pytest.raises(RateLimited):
        await take(Take(single, "one"))
