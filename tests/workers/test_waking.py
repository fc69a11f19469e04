"""The relay wakes what may go, and tells of what waits."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.deliveries.backlog import ReadBacklogs, read_backlogs
from activities.gateways.clock import FixedClock
from tests.builders.deliveries import a_batch
from tests.builders.tenants import a_tenant, an_endpoint
from workers.waking import tell_backlogs, wake_released
from workflows.starter import Starter

pytestmark = pytest.mark.usefixtures("database", "world")


class Remembering(Starter):
    """A starter that remembers whom it woke."""

    def __init__(self) -> None:
        self.woken: list[tuple[UUID, int]] = []

    async def wake_delivery(self, delivery_id: UUID, resend: int) -> bool:
        self.woken.append((delivery_id, resend))
        return True


async def held_batch(database: AsyncConnection, codes: int) -> set[UUID]:
    """Deliveries to an endpoint that is paused."""
    by = await a_tenant()
    await an_endpoint(by)
    batch = await a_batch(by, codes)
    await database.execute(text("UPDATE endpoint SET status = 'paused'"))
    report = await attempt_batch(AttemptBatch(batch))
    return {failure.delivery_id for failure in report.failures}


async def test_what_is_held_is_woken_when_its_endpoint_is_resumed(
    database: AsyncConnection,
) -> None:
    held, starter = await held_batch(database, 3), Remembering()
    assert await wake_released(starter) == 0
    await database.execute(text("UPDATE endpoint SET status = 'active'"))
    assert await wake_released(starter) == 3
    assert {id_ for id_, _ in starter.woken} == held
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
