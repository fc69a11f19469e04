"""Scans are rolled up by a workflow that never ends, whatever becomes of its workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from activities.statistics.keeping import KeepRolledUp, keep_rolled_up
from tests.builders.batches import Seen, a_batch
from tests.builders.tenants import a_code, a_tenant
from tests.conftest import NOW
from workers.work import make_worker
from workflows.queues import SEARCH_ATTRIBUTES, SHORT
from workflows.roll_up_scans import Rolling, RollingProgress, RollUpScans
from workflows.starter import Starter

pytestmark = pytest.mark.usefixtures("database", "world")

Handle = WorkflowHandle[RollUpScans, None]


async def soon(true: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def starter(temporal: WorkflowEnvironment) -> AsyncIterator[Starter]:
    async def connect() -> object:
        return temporal.client

    yield Starter(connect)  # type: ignore[arg-type]
    try:
        await temporal.client.get_workflow_handle("roll-up-scans").terminate()
    except RPCError:
        return


@asynccontextmanager
async def quick(temporal: WorkflowEnvironment, rolling: Rolling) -> AsyncIterator[Handle]:
    """A run of short rounds, and a worker as in production."""
    async with make_worker(temporal.client, SHORT):
        handle = await temporal.client.start_workflow(
            RollUpScans.run, rolling, id=f"roll-up-scans-{uuid4()}", task_queue=SHORT
        )
        yield handle
        await handle.terminate()


async def waiting(database: AsyncConnection) -> int:
    return int(await database.scalar(text("SELECT count(*) FROM scan_batch")) or 0)


async def three_scans() -> None:
    by = await a_tenant(f"acme-{uuid4().hex[:8]}")
    await a_batch([Seen((await a_code(by)).id, by.organization_id, NOW, visitor=1)] * 3)


async def test_scans_are_rolled_up_and_the_next_run_goes_on(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    await three_scans()
    async with quick(temporal, Rolling(rounds=2, seconds=0.1)) as handle:
        first = temporal.client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)

        async def is_followed() -> bool:
            return (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW

        await soon(is_followed)
        assert (await first.describe()).history_length < 40
        progress = await handle.query(RollUpScans.progress)
    assert progress.scans == 3
    async with asyncio.timeout(5):
        while await database.scalar(text("SELECT count(*) FROM scan_day")) != 2:
            await asyncio.sleep(0.05)
    assert await waiting(database) == 0


async def test_an_operator_sees_what_it_is_for(
    temporal: WorkflowEnvironment, starter: Starter
) -> None:
    for _ in range(2):
        await starter.roll_up_scans()
    handle = temporal.client.get_workflow_handle_for(RollUpScans.run, "roll-up-scans")
    description = await handle.describe()
    assert await description.static_summary() == "scans into totals, months of scans, retention"
    assert description.typed_search_attributes[SEARCH_ATTRIBUTES[0]] == "everybody"
    async with make_worker(temporal.client, SHORT):
        assert await handle.query(RollUpScans.progress) == RollingProgress(0)


async def test_it_is_started_once_and_again_when_somebody_ended_it(
    temporal: WorkflowEnvironment, starter: Starter
) -> None:
    await starter.roll_up_scans()
    handle = temporal.client.get_workflow_handle("roll-up-scans")
    run = (await handle.describe()).run_id
    await starter.roll_up_scans()
    assert (await handle.describe()).run_id == run
    await handle.terminate()
    await starter.roll_up_scans()
    assert (await handle.describe()).run_id != run


async def test_a_worker_that_is_stopped_lets_go_at_once_and_another_goes_on(
    temporal: WorkflowEnvironment, starter: Starter, database: AsyncConnection
) -> None:
    await three_scans()
    clock = asyncio.get_running_loop()
    worker = make_worker(temporal.client, SHORT)
    working = asyncio.create_task(worker.run())
    await starter.roll_up_scans()

    async def is_rolled_up() -> bool:
        return await waiting(database) == 0

    await soon(is_rolled_up)
    began = clock.time()
    await worker.shutdown()
    await working
    assert clock.time() - began < 1.5
    await three_scans()
    async with make_worker(temporal.client, SHORT):
        await soon(is_rolled_up)


async def test_rounds_end_when_their_time_is_over(database: AsyncConnection) -> None:
    await three_scans()
    clock = asyncio.get_running_loop()
    began = clock.time()
    report = await keep_rolled_up(KeepRolledUp(seconds=0.3))
    assert 0.3 <= clock.time() - began < 1.5
    assert (report.rounds, report.scans, report.batches, report.oldest_waiting) == (1, 3, 1, None)
