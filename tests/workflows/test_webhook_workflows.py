"""Deliveries over days: on the real server, with its time skipped."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError, WorkflowAlreadyStartedError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.rules.backoff import RETRY_POLICIES
from tests.workflows.receivers import ORGANIZATION, Script, start_retry, working
from workflows.deliver_webhooks import Deliveries, DeliverWebhooks
from workflows.retry_delivery import RetryDelivery

STANDARD = RETRY_POLICIES["standard"]


async def test_the_standard_policy_tries_ten_times_over_three_days(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=99, delays=STANDARD)
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, STANDARD[0])
        report = await handle.result()
    assert script.tried == list(range(2, 11))
    assert (report.status, report.attempts) == ("failed", 10)
    told = await handle.describe()
    assert told.close_time is not None
    lasted = told.close_time - told.start_time
    assert timedelta(hours=75, minutes=35, seconds=5) <= lasted < timedelta(hours=75, minutes=45)


async def test_a_receiver_that_recovers_gets_its_message(temporal: WorkflowEnvironment) -> None:
    script = Script(failures=3, delays=STANDARD)
    async with working(temporal, script) as queue:
        report = await (await start_retry(temporal, queue, STANDARD[0])).result()
    assert script.tried == [2, 3, 4]
    assert report.status == "delivered"


async def test_a_database_that_is_away_costs_no_attempt(temporal: WorkflowEnvironment) -> None:
    script = Script(failures=1, delays=STANDARD)
    script.faults = 3
    async with working(temporal, script) as queue:
        report = await (await start_retry(temporal, queue, 1.0)).result()
    assert script.tried == [2]
    assert report.status == "delivered"


async def test_a_batch_goes_on_until_everything_had_its_turn(
    temporal: WorkflowEnvironment,
) -> None:
    """The failure of the first go is told again by the others, and handed over once."""
    script = Script(failures=1, delays=STANDARD)
    script.goes = 3
    batch = uuid4()
    async with working(temporal, script) as queue:
        report = await temporal.client.execute_workflow(
            DeliverWebhooks.run,
            Deliveries(ORGANIZATION, batch, Cause("r-1")),
            id=f"deliver/{ORGANIZATION}/{batch}",
            task_queue=queue,
        )
        child = temporal.client.get_workflow_handle_for(RetryDelivery.run, f"retry/{batch}")
        assert (await child.result()).status == "delivered"
        history = await temporal.client.get_workflow_handle(
            f"deliver/{ORGANIZATION}/{batch}"
        ).fetch_history()
    assert report.unfinished == 0
    assert script.tried == [1, 1, 1, 2]
    kinds: list[object] = [event.WhichOneof("attributes") for event in history.events]
    begun: object = "start_child_workflow_execution_initiated_event_attributes"
    assert kinds.count(begun) == 1


async def test_a_failed_message_of_a_batch_is_retried_by_itself(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=1, delays=STANDARD)
    batch = uuid4()
    async with working(temporal, script) as queue:
        report = await temporal.client.execute_workflow(
            DeliverWebhooks.run,
            Deliveries(ORGANIZATION, batch, Cause("r-1")),
            id=f"deliver/{ORGANIZATION}/{batch}",
            task_queue=queue,
        )
        assert len(report.failures) == 1
        child = temporal.client.get_workflow_handle_for(RetryDelivery.run, f"retry/{batch}")
        assert (await child.result()).status == "delivered"
    assert script.tried == [1, 2]


async def test_a_delivery_is_retried_by_one_workflow_only(temporal: WorkflowEnvironment) -> None:
    script = Script(failures=1, delays=STANDARD)
    delivery = uuid4()
    async with working(temporal, script) as queue:
        await (await start_retry(temporal, queue, 1.0, delivery)).result()
        with pytest.raises(WorkflowAlreadyStartedError):
            await start_retry(temporal, queue, 1.0, delivery)


async def test_an_operator_can_ask_why_and_send_now(temporal: WorkflowEnvironment) -> None:
    script = Script(failures=1, delays=STANDARD)
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, timedelta(days=3000).total_seconds())
        await handle.signal(RetryDelivery.pause)
        why = await handle.query(RetryDelivery.why)
        assert (why.attempts, why.paused) == (1, True)
        assert why.next_at is not None
        await handle.signal(RetryDelivery.send_now)
        assert (await asyncio.wait_for(handle.result(), 20)).status == "delivered"


async def test_a_paused_delivery_waits_past_its_time_and_goes_on_when_resumed(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=1, delays=STANDARD)
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, 3600.0)
        await handle.signal(RetryDelivery.pause)
        await temporal.fast_forward(handle, timedelta(hours=2))
        assert script.tried == []
        await handle.signal(RetryDelivery.resume)
        assert (await asyncio.wait_for(handle.result(), 20)).status == "delivered"


async def test_a_cancelled_delivery_is_marked_and_tried_no_more(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=99, delays=STANDARD)
    delivery = uuid4()
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, timedelta(days=3000).total_seconds(), delivery)
        await handle.signal(RetryDelivery.cancel)
        report = await asyncio.wait_for(handle.result(), 20)
    assert report.status == "cancelled"
    assert script.cancelled == [delivery]
    assert script.tried == []


async def test_the_cancel_button_of_the_ui_cancels_the_delivery(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=1, delays=STANDARD)
    delivery = uuid4()
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, timedelta(days=3000).total_seconds(), delivery)
        await handle.query(RetryDelivery.why)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as ended:
            await asyncio.wait_for(handle.result(), 20)
    assert isinstance(ended.value.cause, CancelledError)
    assert script.cancelled == [delivery]


async def test_who_failed_does_not_wait_for_the_rest_of_the_batch(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=1, delays=STANDARD)
    script.tells = asyncio.Event()
    batch = uuid4()
    async with working(temporal, script) as queue:
        handle = await temporal.client.start_workflow(
            DeliverWebhooks.run,
            Deliveries(ORGANIZATION, batch, Cause("r-1")),
            id=f"deliver/{ORGANIZATION}/{batch}",
            task_queue=queue,
        )
        child = temporal.client.get_workflow_handle_for(RetryDelivery.run, f"retry/{batch}")

        async def is_begun() -> bool:
            with suppress(RPCError):
                return (await child.describe()).id == child.id
            return False

        async with asyncio.timeout(20):
            while not await is_begun():
                await asyncio.sleep(0.05)
        assert script.tried == [1], "the batch is still under way"
        script.tells.set()
        assert len((await handle.result()).failures) == 1
        assert (await child.result()).status == "delivered"
    assert script.tried == [1, 2]
