"""Deliveries that wait for something, and recoveries: on the real server, with its time skipped."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.deliveries.trying import DeliveryReport
from activities.rules.backoff import RETRY_POLICIES
from tests.workflows.receivers import (
    ORGANIZATION,
    Script,
    start_recovery,
    start_retry,
    working,
)
from workflows.deliver_webhooks import Deliveries, DeliverWebhooks, retry_id
from workflows.recover_deliveries import RecoverDeliveries
from workflows.retry_delivery import Retry, RetryDelivery, goes_on
from workflows.starter import Starter

STANDARD = RETRY_POLICIES["standard"]
FAR = timedelta(days=3000).total_seconds()


async def start_held(
    temporal: WorkflowEnvironment, queue: str, reason: str, seconds: float = FAR
) -> WorkflowHandle[RetryDelivery, Any]:
    """A delivery whose first attempt is held."""
    delivery = uuid4()
    return await temporal.client.start_workflow(
        RetryDelivery.run,
        Retry(ORGANIZATION, delivery, 1, seconds, Cause("r-1"), reason=reason),
        id=f"retry/{delivery}",
        task_queue=queue,
    )


async def test_a_hold_is_no_attempt(temporal: WorkflowEnvironment) -> None:
    holds = [("throttled", 3600.0), ("circuit_open", 60.0), ("rate_limit", 5.0)]
    script = Script(failures=2, delays=STANDARD, holds=holds)
    async with working(temporal, script) as queue:
        report = await (await start_retry(temporal, queue, 5.0)).result()
    assert [asked.number for asked in script.asked] == [2, 2, 2, 2, 3]
    assert script.tried == [2, 3]
    assert (report.status, report.attempts) == ("delivered", 3)


async def test_a_first_attempt_that_was_held_is_made_by_itself(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=0, delays=STANDARD, holds=[("endpoint_paused", 600.0)])
    batch = uuid4()
    async with working(temporal, script) as queue:
        await temporal.client.execute_workflow(
            DeliverWebhooks.run,
            Deliveries(ORGANIZATION, batch, Cause("r-1")),
            id=f"deliver/{ORGANIZATION}/{batch}",
            task_queue=queue,
        )
        child = temporal.client.get_workflow_handle_for(RetryDelivery.run, f"retry/{batch}")
        assert (await child.result()).status == "delivered"
    assert script.tried == [1]


async def test_why_tells_what_holds_it(temporal: WorkflowEnvironment) -> None:
    script = Script(failures=0, delays=STANDARD)
    async with working(temporal, script) as queue:
        handle = await start_held(temporal, queue, "earlier_message")
        why = await handle.query(RetryDelivery.why)
        assert (why.attempts, why.reason) == (0, "earlier_message")
        assert "earlier message about the same asset" in why.told
        await handle.signal(RetryDelivery.pause)
        why = await handle.query(RetryDelivery.why)
        assert why.paused
        assert "paused by an operator" in why.told
        await handle.signal(RetryDelivery.cancel)
        await handle.result()
        waits = await start_retry(temporal, queue, FAR)
        assert "waits for attempt 2 at " in (await waits.query(RetryDelivery.why)).told
        await waits.signal(RetryDelivery.cancel)


async def test_a_held_message_goes_as_soon_as_it_is_woken(temporal: WorkflowEnvironment) -> None:
    script = Script(failures=0, delays=STANDARD)

    async def connect() -> Any:
        return temporal.client

    async with working(temporal, script) as queue:
        handle = await start_held(temporal, queue, "earlier_message")
        starter = Starter(connect)
        assert await starter.wake_delivery(UUID(handle.id.removeprefix("retry/")), 0)
        report = await asyncio.wait_for(handle.result(), 20)
        assert not await starter.wake_delivery(uuid4(), 0), "nobody tries that one"
    assert report.status == "delivered"


async def test_a_message_that_waits_for_its_time_is_not_woken(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=0, delays=STANDARD)
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, FAR)
        await handle.signal(RetryDelivery.look_again)
        assert (await handle.query(RetryDelivery.why)).next_at is not None
        assert script.asked == []
        await handle.signal(RetryDelivery.cancel)
        await asyncio.wait_for(handle.result(), 20)


async def test_a_message_that_an_operator_paused_is_not_woken(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=0, delays=STANDARD)
    async with working(temporal, script) as queue:
        handle = await start_held(temporal, queue, "circuit_open")
        await handle.signal(RetryDelivery.pause)
        await handle.signal(RetryDelivery.look_again)
        assert (await handle.query(RetryDelivery.why)).paused
        assert script.asked == []
        await handle.signal(RetryDelivery.resume)
        assert (await asyncio.wait_for(handle.result(), 20)).status == "delivered"


async def test_send_now_goes_through_every_hold(temporal: WorkflowEnvironment) -> None:
    holds = [("throttled", FAR)]
    script = Script(failures=0, delays=STANDARD, holds=holds)
    async with working(temporal, script) as queue:
        handle = await start_held(temporal, queue, "throttled")
        await handle.signal(RetryDelivery.send_now)
        assert (await asyncio.wait_for(handle.result(), 20)).status == "delivered"
    assert [asked.is_forced for asked in script.asked] == [True]


def test_a_delivery_goes_on_in_another_run_where_it_was() -> None:
    retry = Retry(ORGANIZATION, uuid4(), 3, 5.0, Cause("r-1"), first=2, resend=1)
    report = DeliveryReport("pending", 4, 60.0, "circuit_open")
    further = goes_on(retry, report, True)
    assert (further.number, further.wait_seconds, further.reason) == (5, 60.0, "circuit_open")
    assert (further.first, further.resend, further.paused) == (2, 1, True)
    assert further.delivery_id == retry.delivery_id


def test_each_resend_has_a_workflow_of_its_own() -> None:
    delivery = uuid4()
    assert retry_id(delivery, 0) == f"retry/{delivery}"
    assert retry_id(delivery, 2) == f"retry/{delivery}/2"


async def test_a_recovery_takes_part_after_part_no_faster_than_asked(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=0, delays=STANDARD, parts=(60, 60, 30))
    async with working(temporal, script) as queue:
        handle = await start_recovery(temporal, queue, total=150, per_minute=60)
        progress = await handle.result()
        told = await handle.describe()
    assert (progress.status, progress.made, progress.total) == ("done", 150, 150)
    assert told.close_time is not None
    assert told.close_time - told.start_time >= timedelta(minutes=2.5)


async def test_a_recovery_can_be_paused_and_cancelled(temporal: WorkflowEnvironment) -> None:
    script = Script(failures=0, delays=STANDARD, parts=[1] * 1000)
    async with working(temporal, script) as queue:
        handle = await start_recovery(temporal, queue, total=1000, per_minute=1)
        await handle.signal(RecoverDeliveries.pause)
        progress = await handle.query(RecoverDeliveries.progress)
        assert progress.status == "paused"
        await handle.signal(RecoverDeliveries.cancel)
        ended = await asyncio.wait_for(handle.result(), 20)
    assert ended.status == "cancelled"
    assert ended.made < 1000
