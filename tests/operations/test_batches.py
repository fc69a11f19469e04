"""A batch whose receivers are slow: what has no turn in time waits for the next go, unharmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.gateways.clock import FixedClock
from tests.builders.deliveries import OK, a_batch, delivery_rows, released, url_of
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import Listener, listening

pytestmark = pytest.mark.usefixtures("database", "world")

TURN = 0.4
"""Seconds that the receiver takes for one message."""


@asynccontextmanager
async def slow_receiver() -> AsyncIterator[Listener]:
    async def slowly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(TURN)
        writer.write(OK)

    async with listening(slowly) as listener:
        yield listener


async def one_at_a_time(database: AsyncConnection, **columns: str) -> None:
    wanted = {"concurrency": "1", **columns}
    changes = ", ".join(f"{name} = {value}" for name, value in wanted.items())
    await database.execute(text(f"UPDATE endpoint SET {changes}"))


async def test_what_had_no_turn_is_tried_by_the_next_go(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with slow_receiver() as listener:
        await an_endpoint(by, url_of(listener))
        await one_at_a_time(database)
        batch = await a_batch(by, codes=3)
        goes = [await attempt_batch(AttemptBatch(batch, TURN / 4)) for _ in range(3)]
        assert len(listener.requests) == 3
    assert [(go.delivered, go.unfinished, go.failures) for go in goes] == [
        (1, 2, ()),
        (2, 1, ()),
        (3, 0, ()),
    ]
    assert await delivery_rows(database, "status, attempts") == [("delivered", 1)] * 3


async def test_what_had_no_turn_is_not_marked(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with slow_receiver() as listener:
        await an_endpoint(by, url_of(listener))
        await one_at_a_time(database)
        await attempt_batch(AttemptBatch(await a_batch(by, codes=2), TURN / 4))
    rows = await delivery_rows(database, "status, attempts, reason")
    assert sorted(rows) == [("delivered", 1, None), ("pending", 0, None)]


async def test_behind_a_batch_that_takes_all_places_others_are_parked(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with slow_receiver() as listener:
        await an_endpoint(by, url_of(listener))
        await one_at_a_time(database)
        first, second = await a_batch(by), await a_batch(by, codes=2)
        blocking = asyncio.create_task(attempt_batch(AttemptBatch(first, 5.0)))
        await asyncio.sleep(TURN / 4)
        report = await attempt_batch(AttemptBatch(second, TURN / 4))
        await blocking
        assert (report.delivered, report.unfinished, report.held) == (0, 0, 2)
        assert (await delivery_rows(database, "reason, parked"))[1:] == [("busy", True)] * 2
        assert await released() == []
        clock.moment += timedelta(seconds=4)
        assert [report.delivered for report in await released()] == [2]


async def test_what_a_former_version_held_goes_on_as_a_workflow(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with slow_receiver() as listener:
        await an_endpoint(by, url_of(listener))
        batch = await a_batch(by, codes=2)
        held = "UPDATE delivery SET reason = 'circuit_open', next_at = now() WHERE sequence = 1"
        await database.execute(text(held))
        report = await attempt_batch(AttemptBatch(batch))
        assert len(listener.requests) == 1
    assert (report.delivered, report.unfinished) == (1, 0)
    assert [failure.reason for failure in report.failures] == ["circuit_open"]


async def test_messages_in_order_stay_in_order_over_goes(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with slow_receiver() as listener:
        await an_endpoint(by, url_of(listener))
        await one_at_a_time(database, ordering="'asset'")
        batch = await a_batch(by, codes=2)
        await database.execute(text("UPDATE delivery SET order_key = 'same'"))
        first = await attempt_batch(AttemptBatch(batch, TURN / 4))
        rows = await delivery_rows(database, "status")
        second = await attempt_batch(AttemptBatch(batch, TURN / 4))
    assert rows[0] == ("delivered",)
    assert (first.delivered + first.unfinished, second.delivered) == (2, 2)
