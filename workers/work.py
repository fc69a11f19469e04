"""`inkloom work [queue]`: run workflows and activities of all queues, or of one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from schema.settings import Settings
from workers.bootstrap import set_up
from workers.collecting import collect_seldom
from workers.graceful import GRACE_SECONDS, stop_signal
from workers.interceptors import HouseInterceptor
from workers.keeping import keep
from workers.registry import REGISTRY
from workers.sandbox import make_runner
from workers.schedules import reconcile
from workers.search_attributes import ensure_search_attributes
from workflows.queues import SHORT, Queue
from workflows.starter import AWAY, Starter, TemporalAway

LOOK_AFTER_SECONDS = 60.0
"""How often a worker sees to it that scans are rolled up, whatever became of the workflow."""

log = structlog.get_logger("inkloom.work")


async def work(settings: Settings, queues: tuple[Queue, ...]) -> None:
    """Work until SIGTERM; activities under way are finished, 10 s at most."""
    async with set_up(settings, "work") as running:
        asked = stop_signal()
        client = await _connected(running.starter, asked)
        if client is None:
            return
        await ensure_search_attributes(client)
        async with AsyncExitStack() as stack:
            for queue in queues:
                await stack.enter_async_context(make_worker(client, queue))
            if SHORT in queues:
                rolling = asyncio.create_task(
                    keep("rolling", running.starter.roll_up_scans, LOOK_AFTER_SECONDS)
                )
                stack.callback(rolling.cancel)
                scheduling = asyncio.create_task(_keep_scheduled(client))
                stack.callback(scheduling.cancel)
            collect_seldom()
            log.info("working", queues=list(queues))
            await asked.wait()
            log.info("stopping", grace_seconds=GRACE_SECONDS)


def make_worker(client: Client, queue: Queue) -> Worker:
    """A worker of one queue, as in production and in the tests."""
    duty = REGISTRY[queue]
    return Worker(
        client,
        task_queue=queue,
        workflows=duty.workflows,
        activities=duty.activities,
        workflow_runner=make_runner(),
        interceptors=[HouseInterceptor()],
        max_concurrent_activities=duty.activities_at_once,
        max_cached_workflows=2000,
        graceful_shutdown_timeout=timedelta(seconds=GRACE_SECONDS),
        # The SDK would read and hash the code of every module that is loaded: a third of a second.
        build_id=f"inkloom {version('inkloom')}",
    )


async def _keep_scheduled(client: Client) -> None:
    """See to it once that the server has the schedules of this version."""

    async def check() -> None:
        try:
            await reconcile(client)
        except RPCError as fault:
            if fault.status in AWAY:
                raise TemporalAway(fault.message) from fault
            raise

    await keep("schedules", check, None)


async def _connected(starter: Starter, asked: asyncio.Event) -> Client | None:
    """The client as soon as Temporal answers; None when we are asked to stop before."""
    pause = 0.2
    while not asked.is_set():
        try:
            return await starter.client()
        except TemporalAway as fault:
            log.warning("waiting for temporal", reason=str(fault), again_in_seconds=pause)
        try:
            await asyncio.wait_for(asked.wait(), pause)
        except TimeoutError:
            pause = min(5.0, pause * 2)
    return None
