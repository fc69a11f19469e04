"""Jobs that nobody began are started by the relay: one that is refused stops no other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from temporalio.service import RPCError, RPCStatusCode

from activities.cause import Cause
from activities.gateways.clock import FixedClock
from activities.pictures.batches import BatchView
from tests.builders.pictures import a_batch, some_items
from tests.builders.tenants import a_tenant
from workers.restarts import start_interrupted
from workflows.starter import Starter

pytestmark = pytest.mark.usefixtures("database", "world")


class Refusing(Starter):
    """A starter that refuses the first job it is given."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []

    async def render_batch(self, batch: BatchView, organization_id: UUID, cause: Cause) -> None:
        self.asked.append(batch.id)
        if len(self.asked) == 1:
            raise RPCError("the server does not take this", RPCStatusCode.INTERNAL, b"")


async def test_a_job_that_is_refused_stops_no_other(clock: FixedClock) -> None:
    by = await a_tenant()
    jobs = {(await a_batch(by, *some_items(2))).id for _ in range(3)}
    clock.moment += timedelta(minutes=2)
    starter = Refusing()
    assert await start_interrupted(starter) == 2
    assert set(starter.asked) == jobs
