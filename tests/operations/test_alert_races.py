"""Rules judged by several at once, and by one that dies: each crossing is told by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.alerts.creating import MOST
from activities.alerts.judging import JudgeAlerts, JudgeBatch, judge_alerts, judge_batch
from activities.outside import Outside
from activities.rules.errors import PlanLimitReached
from schema.db import transaction
from tests.builders.alerts import MINUTE, about, altered, an_alert, firings, judged, scanned
from tests.builders.databases import a_database
from tests.builders.keys import an_actor
from tests.builders.tenants import a_code, an_organization
from tests.conftest import NOW
from workers.embedded_postgres import EmbeddedPostgres

MANY = 60


@pytest_asyncio.fixture(autouse=True)
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    async with a_database(postgres.url, connections=8) as url:
        yield url


async def count(query: str) -> int:
    async with transaction() as session:
        return int(await session.scalar(text(query)) or 0)


async def test_of_several_at_once_each_crossing_is_told_by_one() -> None:
    by = await an_actor(await an_organization())
    code = await a_code(by)
    for _ in range(MANY):
        await about(by, code.id)
    await scanned(by, code.id, NOW - MINUTE, 12)

    async def sweep() -> int:
        fired = 0
        while not (part := await judge_batch(JudgeBatch(NOW, most=7))).is_done:
            fired += part.fired
        return fired + part.fired

    assert sum(await asyncio.gather(*(sweep() for _ in range(4)))) == MANY
    assert await count("SELECT count(*) FROM alert_firing") == MANY
    assert await count("SELECT count(DISTINCT asset_id) FROM event WHERE kind = 'alert.fired'") == (
        MANY
    )
    assert await count("SELECT count(*) FROM event WHERE kind = 'alert.fired'") == MANY
    assert await count("SELECT count(*) FROM notification") == MANY


async def test_two_times_at_once_tell_a_crossing_once() -> None:
    by = await an_actor(await an_organization())
    code = await a_code(by)
    await about(by, code.id)
    await scanned(by, code.id, NOW - MINUTE, 12)
    await asyncio.gather(*(judge_alerts(JudgeAlerts(NOW + n * 5 * MINUTE)) for n in range(4)))
    assert len(await firings()) == 1


async def test_a_sweep_that_dies_has_told_nobody() -> None:
    by = await an_actor(await an_organization())
    code = await a_code(by)
    await about(by, code.id)
    await scanned(by, code.id, NOW - MINUTE, 12)

    async def die() -> None:
        async with transaction():
            await judged()
            raise RuntimeError("the worker is killed")

    with pytest.raises(RuntimeError):
        await die()
    assert await count("SELECT count(*) FROM notification") == 0
    assert (await judged()).fired == 1


async def test_one_that_is_changed_meanwhile_is_not_waited_for() -> None:
    by = await an_actor(await an_organization())
    code = await a_code(by)
    first, _ = await about(by, code.id), await about(by, code.id)
    await scanned(by, code.id, NOW - MINUTE, 12)
    held, let_go = asyncio.Event(), asyncio.Event()

    async def edit() -> None:
        async with transaction():
            await altered(by, first, threshold=20)
            held.set()
            await let_go.wait()

    editing = asyncio.create_task(edit())
    await held.wait()
    assert (await asyncio.wait_for(judged(), 5)).fired == 1
    let_go.set()
    await editing
    assert (await judged()).fired == 0


async def test_two_who_make_the_last_rule_make_one() -> None:
    by = await an_actor(await an_organization())
    alert = await an_alert(by)
    async with transaction() as session:
        await session.execute(
            text(
                "INSERT INTO alert SELECT (jsonb_populate_record(a, "
                "jsonb_build_object('id', gen_random_uuid()))).* "
                "FROM alert AS a, generate_series(1, :number) WHERE id = :id"
            ),
            {"number": MOST - 2, "id": alert.id},
        )
    made = await asyncio.gather(*(an_alert(by) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["AlertView", PlanLimitReached.__name__]
