"""A delivery or recovery that lasts goes on in another run, and forgets nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from tests.builders.waiting import until
from tests.workflows.receivers import (
    LONG,
    ORGANIZATION,
    Script,
    start_recovery,
    working,
)
from workflows.recover_deliveries import RecoverDeliveries
from workflows.retry_delivery import Retry, RetryDelivery

FAR = timedelta(days=3000).total_seconds()
MOST_EVENTS = 2 * LONG


async def start(
    temporal: WorkflowEnvironment, queue: str, seconds: float, **more: Any
) -> WorkflowHandle[RetryDelivery, Any]:
    delivery = uuid4()
    return await temporal.client.start_workflow(
        RetryDelivery.run,
        Retry(ORGANIZATION, delivery, 3, seconds, Cause("r-1"), first=2, resend=1, **more),
        id=f"retry/{delivery}/1",
        task_queue=queue,
    )


async def runs_of(temporal: WorkflowEnvironment, handle: WorkflowHandle[Any, Any]) -> list[int]:
    """How many events each run of a workflow has, from the first to the last."""
    found, run = [], handle.first_execution_run_id
    while run:
        one = temporal.client.get_workflow_handle(handle.id, run_id=run)
        events = (await one.fetch_history()).events
        found.append(len(events))
        last = events[-1]
        went_on = last.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
        told = last.workflow_execution_continued_as_new_event_attributes
        run = told.new_execution_run_id if went_on else ""
    return found


async def test_a_delivery_that_is_held_again_and_again_goes_on_in_short_runs(
    temporal: WorkflowEnvironment,
) -> None:
    holds = [("throttled", 0.0), ("circuit_open", 0.0), ("busy", 0.0)] * 15
    script = Script(failures=4, delays=(0.0,) * 10, holds=holds)
    async with working(temporal, script) as queue:
        handle = await start(temporal, queue, 0.0)
        report = await asyncio.wait_for(handle.result(), 60)
        runs = await runs_of(temporal, handle)
    assert (report.status, report.attempts) == ("delivered", 5)
    assert script.tried == [3, 4, 5]
    assert {(asked.first, asked.resend) for asked in script.asked} == {(2, 1)}
    assert len(runs) >= 2
    assert max(runs) < MOST_EVENTS


async def test_a_paused_delivery_stays_so_over_many_signals_and_runs(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=0, delays=(5.0,), holds=[("throttled", FAR)] * 200)
    async with working(temporal, script) as queue:
        handle = await start(temporal, queue, FAR, reason="circuit_open")
        asked = 0
        while await is_first_run(temporal, handle):
            # It looks, is held again, and is paused and resumed meanwhile.
            for signal in (RetryDelivery.pause, RetryDelivery.look_again, RetryDelivery.resume):
                await handle.signal(signal)
            asked += 1
            await until(lambda asked=asked: has_looked(script, asked))  # type: ignore[misc]
            assert asked < 150
        await handle.signal(RetryDelivery.pause)
        why = await handle.query(RetryDelivery.why)
        assert (why.paused, why.attempts, why.reason) == (True, 2, "throttled")
        assert script.tried == []
        await handle.signal(RetryDelivery.send_now)
        report = await asyncio.wait_for(handle.result(), 20)
    assert (report.status, script.tried) == ("delivered", [3])


async def test_a_delivery_is_paused_in_its_next_run_as_it_was(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=0, delays=(5.0,))
    async with working(temporal, script) as queue:
        handle = await start(temporal, queue, 5.0, paused=True, reason="throttled")
        await temporal.fast_forward(handle, timedelta(hours=1))
        assert (await handle.query(RetryDelivery.why)).paused
        assert script.asked == []
        await handle.signal(RetryDelivery.resume)
        assert (await asyncio.wait_for(handle.result(), 20)).status == "delivered"


async def test_a_recovery_that_is_cancelled_as_its_run_ends_is_cancelled(
    temporal: WorkflowEnvironment,
) -> None:
    script = Script(failures=0, delays=(5.0,), parts=(1, 1, 1, 1))
    async with working(temporal, script) as queue:
        handle = await start_recovery(temporal, queue, total=4, per_minute=1, parts=1)
        await until(lambda: is_made(handle, 1))
        await handle.signal(RecoverDeliveries.cancel)
        ended = await asyncio.wait_for(handle.result(), 20)
    assert (ended.status, ended.made < 4) == ("cancelled", True)


async def has_looked(script: Script, times: int) -> bool:
    return len(script.asked) >= times


async def is_first_run(temporal: WorkflowEnvironment, handle: WorkflowHandle[Any, Any]) -> bool:
    first = temporal.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
    return (await first.describe()).status is WorkflowExecutionStatus.RUNNING


async def is_made(handle: WorkflowHandle[RecoverDeliveries, Any], count: int) -> bool:
    return (await handle.query(RecoverDeliveries.progress)).made >= count
