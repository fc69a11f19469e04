"""One turn of the relay: what is refused is tried again and stops nobody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from activities.batching import Batch
from activities.dispatching import WaitingBatches, waiting_batches
from activities.gateways.clock import FixedClock
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from workers.relay import Relay
from workflows.starter import Starter, TemporalAway

pytestmark = pytest.mark.usefixtures("database", "world")


class Scripted(Starter):
    """A starter that refuses some batches, or is away."""

    def __init__(self) -> None:
        self.started: list[UUID] = []
        self.refused: set[UUID] = set()
        self.away = False

    async def is_here(self) -> bool:
        return not self.away

    async def deliver(self, batch: Batch) -> None:
        if self.away:
            raise TemporalAway("away")
        if batch.organization_id in self.refused:
            raise ValueError("Temporal does not take this")
        self.started.append(batch.organization_id)


async def test_a_batch_that_is_refused_stops_nobody_else(clock: FixedClock) -> None:
    bad, good = await a_tenant("bad"), await a_tenant("good")
    for by in (bad, good):
        await an_endpoint(by)
    starter = Scripted()
    starter.refused.add(bad.organization_id)
    relay = Relay(starter)
    await a_code(bad)
    assert await relay.turn() == 1
    clock.moment += timedelta(minutes=1)
    await a_code(good)
    assert await relay.turn() == 1
    assert starter.started == [good.organization_id]
    starter.refused.clear()
    clock.moment += timedelta(minutes=1)
    await relay.turn()
    assert starter.started == [good.organization_id, bad.organization_id]


async def test_while_temporal_is_away_nothing_more_is_taken_out(clock: FixedClock) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    starter = Scripted()
    starter.away = True
    relay = Relay(starter)
    await a_code(by)
    await relay.turn()
    await a_code(by)
    assert [await relay.turn() for _ in range(3)] == [0, 0, 0]
    clock.moment += timedelta(seconds=1)
    assert len(await waiting_batches(WaitingBatches(older_than=timedelta(0)))) == 1
    starter.away = False
    assert await relay.turn() == 1
    assert len(starter.started) == 2
