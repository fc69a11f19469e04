"""A message that no workflow is about any more is found and tried; others are left alone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import WorkflowIDReusePolicy
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.deliveries.backlog import FindWaiting, find_waiting
from activities.gateways.clock import FixedClock
from tests.builders.deliveries import BROKEN, a_batch, some_batches, url_of
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import answering, listening
from tests.workflows.receivers import ORGANIZATION
from tests.workflows.test_operator_commands import starter_of
from workers.orphans import adopt_all
from workers.webhooks_desk import tell_workflow
from workflows.deliver_webhooks import retry_id
from workflows.retry_delivery import Retry, RetryDelivery

pytestmark = pytest.mark.usefixtures("world")


async def is_running(temporal: WorkflowEnvironment, delivery: UUID) -> bool:
    told = await temporal.client.get_workflow_handle(retry_id(delivery, 0)).describe()
    return told.status is WorkflowExecutionStatus.RUNNING


async def retried(temporal: WorkflowEnvironment, delivery: UUID) -> None:
    """As a batch hands it over; nobody works on the queue."""
    await temporal.client.start_workflow(
        RetryDelivery.run,
        Retry(ORGANIZATION, delivery, 2, 30.0, Cause("r-1")),
        id=retry_id(delivery, 0),
        task_queue="nobody",
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )


async def test_what_lost_its_workflow_gets_another(
    temporal: WorkflowEnvironment, database: AsyncConnection, clock: FixedClock
) -> None:
    by, starter = await a_tenant(), starter_of(temporal)
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(30.0,))
        report = await attempt_batch(AttemptBatch(await a_batch(by, 3)))
    terminated, lost, kept = [failure.delivery_id for failure in report.failures]
    for delivery in (terminated, kept):
        await retried(temporal, delivery)
    await temporal.client.get_workflow_handle(retry_id(terminated, 0)).terminate()
    assert await adopt_all(starter) == 0, "it is not late yet"
    clock.moment += timedelta(hours=2)
    assert await adopt_all(starter, page=2) == 2
    assert await is_running(temporal, terminated)
    assert await is_running(temporal, lost)
    assert await adopt_all(starter) == 0


async def test_what_is_parked_or_over_is_left_alone(
    temporal: WorkflowEnvironment, database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    await database.execute(text("UPDATE endpoint SET failures = 10, open_until = '2999-01-01'"))
    await some_batches(by, 2)
    over = "UPDATE delivery SET status = 'failed', parked = false WHERE sequence = 1"
    await database.execute(text(over))
    clock.moment += timedelta(hours=2)
    assert await adopt_all(starter_of(temporal)) == 0


async def test_what_is_taken_in_hand_after_it_failed_keeps_to_its_policy(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by, starter = await a_tenant(), starter_of(temporal)
    await an_endpoint(by)
    await database.execute(text("UPDATE endpoint SET failures = 10, open_until = '2999-01-01'"))
    await some_batches(by)
    await database.execute(text("UPDATE delivery SET attempts = 2, reason = 'retry'"))
    (found,) = await find_waiting(FindWaiting())
    await tell_workflow(starter, found, "pause")
    handle = temporal.client.get_workflow_handle(retry_id(found.id, 0))
    begun = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    (retry,) = await temporal.client.data_converter.decode(begun.input.payloads, [Retry])
    assert (retry.number, retry.first) == (3, 1)
