"""The relay wakes what may go, and tells of what waits."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.service import RPCError, RPCStatusCode

from activities.batching import Batch
from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.deliveries.backlog import ReadBacklogs, read_backlogs
from activities.dispatching import WaitingBatches, waiting_batches
from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from tests.builders.deliveries import a_batch
from tests.builders.tenants import a_tenant, an_endpoint
from workers.waking import send_parked, tell_backlogs, wake_released
from workflows.starter import Starter, TemporalAway

pytestmark = pytest.mark.usefixtures("database", "world")


class Remembering(Starter):
    """A starter that remembers whom it woke, and what it started; so many it refuses first."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.refused = 0
        self.woken: list[tuple[UUID, int]] = []
        self.started: list[Batch] = []
        self.is_away = is_away

    async def deliver(self, batch: Batch) -> None:
        if self.is_away:
            raise TemporalAway("no answer in time")
        self._refuse()
        self.started.append(batch)

    async def wake_delivery(self, delivery_id: UUID, resend: int) -> bool:
        self._refuse()
        self.woken.append((delivery_id, resend))
        return True

    def _refuse(self) -> None:
        if self.refused:
            self.refused -= 1
            raise RPCError("the server does not take this", RPCStatusCode.INTERNAL, b"")


async def held_batch(database: AsyncConnection, codes: int) -> None:
    """Deliveries to an endpoint that is paused."""
    by = await a_tenant()
    await an_endpoint(by)
    await held(database, by, codes)


async def held(database: AsyncConnection, by: Actor, codes: int = 1) -> None:
    """That many of one organization, whose endpoint was paused meanwhile."""
    batch = await a_batch(by, codes)
    await database.execute(text("UPDATE endpoint SET status = 'paused'"))
    assert (await attempt_batch(AttemptBatch(batch))).held == codes


async def test_what_is_parked_is_sent_when_its_endpoint_is_resumed(
    database: AsyncConnection,
) -> None:
    starter = Remembering()
    await held_batch(database, 3)
    assert await send_parked(starter) == 0
    await database.execute(text("UPDATE endpoint SET status = 'active'"))
    assert await send_parked(starter) == 3
    assert [batch.size for batch in starter.started] == [3]
    assert await send_parked(starter) == 0


async def test_a_batch_that_could_not_be_started_is_left_to_the_relay(
    database: AsyncConnection, clock: FixedClock
) -> None:
    starter = Remembering(is_away=True)
    await held_batch(database, 3)
    await database.execute(text("UPDATE endpoint SET status = 'active'"))
    with pytest.raises(TemporalAway):
        await send_parked(starter)
    clock.moment += timedelta(seconds=1)
    left = await waiting_batches(WaitingBatches(timedelta(0)))
    assert [batch.summary for batch in left] == ["3 x qr.created", "3 that were held"]


async def test_a_batch_that_is_refused_stops_no_other_and_is_left_to_the_relay(
    database: AsyncConnection, clock: FixedClock
) -> None:
    """Those of three organizations are three batches."""
    starter = Remembering()
    starter.refused = 1
    for name in ("one", "two", "three"):
        by = await a_tenant(name)
        await an_endpoint(by)
        await held(database, by)
    await database.execute(text("UPDATE endpoint SET status = 'active'"))
    assert await send_parked(starter) == 3
    assert len(starter.started) == 2
    clock.moment += timedelta(seconds=1)
    left = await waiting_batches(WaitingBatches(timedelta(0)))
    assert not {batch.id for batch in left} & {batch.id for batch in starter.started}
    assert "1 that were held" in [batch.summary for batch in left]


async def test_one_that_cannot_be_woken_keeps_no_other_from_it(database: AsyncConnection) -> None:
    starter = Remembering()
    await held_batch(database, 3)
    await database.execute(text("UPDATE delivery SET parked = false"))
    await database.execute(text("UPDATE endpoint SET status = 'active'"))
    starter.refused = 1
    assert await wake_released(starter) == 3
    assert len(starter.woken) == 2


async def test_what_is_held_between_attempts_is_woken_when_its_endpoint_is_resumed(
    database: AsyncConnection,
) -> None:
    starter = Remembering()
    await held_batch(database, 3)
    await database.execute(text("UPDATE delivery SET parked = false"))
    assert await wake_released(starter) == 0
    await database.execute(text("UPDATE endpoint SET status = 'active'"))
    assert await wake_released(starter) == 3
    assert len(set(starter.woken)) == 3
    assert await wake_released(starter) == 0


async def test_the_gauges_tell_what_waits_and_nothing_that_waited(
    database: AsyncConnection, clock: FixedClock
) -> None:
    await held_batch(database, 2)
    clock.moment += timedelta(minutes=1)
    (backlog,) = await read_backlogs(ReadBacklogs())
    labels = {"endpoint": f"whe_{backlog.endpoint_id.hex}", "state": "endpoint_paused"}
    tell_backlogs((backlog,))
    value = REGISTRY.get_sample_value
    assert value("inkloom_webhooks_endpoint_undelivered", labels) == 2
    assert value("inkloom_webhooks_endpoint_oldest_seconds", labels) == 60
    tell_backlogs(())
    assert value("inkloom_webhooks_endpoint_undelivered", labels) is None
