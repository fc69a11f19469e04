"""Scheduled workflows do what was due at their scheduled time, however late or often they run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import (
    ScheduleActionExecutionStartWorkflow,
    ScheduleBackfill,
    ScheduleHandle,
    ScheduleOverlapPolicy,
    ScheduleState,
)
from temporalio.testing import WorkflowEnvironment

from activities.rules.retention import KINDS
from tests.builders.qr_codes import a_dynamic, events
from tests.builders.tenants import a_tenant
from tests.workflows.housework import House, keeping
from workers.schedules import SCHEDULES, every, schedule_of
from workers.work import make_worker
from workflows.apply_retention import ApplyRetention, Forgotten, RetentionReport
from workflows.expire_assets import ExpireAssets, Expiry
from workflows.job_runs import JobEnd, start_job, wait_for_job
from workflows.queues import SHORT
from workflows.scheduled import JOBS
from workflows.starter import Starter

(EXPIRE,) = (one for one in SCHEDULES if one.name == "expire")
BEGIN = datetime(2026, 8, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 60


@pytest_asyncio.fixture
async def nightly(temporal: WorkflowEnvironment) -> AsyncIterator[ScheduleHandle]:
    """`expire` as it is declared, but once a day, and paused: it runs in backfills only."""
    declared = replace(EXPIRE, spec=every(DAY), jitter=timedelta(0))
    paused = schedule_of(declared, ScheduleState(paused=True))
    handle = await temporal.client.create_schedule("expire-nightly", paused)
    yield handle
    await handle.delete()


async def backfilled(handle: ScheduleHandle, overlap: ScheduleOverlapPolicy) -> None:
    """Let it do all of the days."""
    before = (await handle.describe()).info.num_actions
    span = (BEGIN - timedelta(seconds=1), BEGIN + DAYS * DAY - timedelta(seconds=1))
    await handle.backfill(ScheduleBackfill(*span, overlap=overlap))
    async with asyncio.timeout(90):
        while True:
            info = (await handle.describe()).info
            if info.num_actions == before + DAYS and not info.running_actions:
                return
            await asyncio.sleep(0.1)


@pytest.mark.usefixtures("database", "world")
async def test_sixty_days_are_done_in_a_backfill_and_nothing_twice(
    temporal: WorkflowEnvironment, nightly: ScheduleHandle
) -> None:
    by = await a_tenant()
    ends = [BEGIN + n * DAY - timedelta(hours=5) for n in (10, 30, 50, 90)]
    codes = [await a_dynamic(by, expires_at=moment) for moment in ends]
    made = len(await events())
    async with make_worker(temporal.client, SHORT):
        await backfilled(nightly, ScheduleOverlapPolicy.BUFFER_ALL)
        told = (await events())[made:]
        assert Counter(kind for kind, _ in told) == {"qr.expiry_warning": 6, "qr.expired": 3}
        for code, moment in zip(codes[:3], ends, strict=False):
            mine = [(k, p) for k, p in told if p["id"] == f"qr_{code.id.hex}"]
            assert [_moment(kind, payload) for kind, payload in mine] == [
                ("qr.expiry_warning", moment + timedelta(hours=5) - 7 * DAY),
                ("qr.expiry_warning", moment + timedelta(hours=5) - DAY),
                ("qr.expired", moment + timedelta(hours=5)),
            ]
        await backfilled(nightly, ScheduleOverlapPolicy.ALLOW_ALL)
        assert (await events())[made:] == told


def _moment(kind: str, payload: Any) -> tuple[str, datetime]:
    told = payload["warnedAt" if kind == "qr.expiry_warning" else "deactivatedAt"]
    return kind, datetime.fromisoformat(told)


@pytest.mark.usefixtures("database", "world")
async def test_a_run_takes_the_time_that_it_was_due_at(
    temporal: WorkflowEnvironment, nightly: ScheduleHandle
) -> None:
    span = (BEGIN - timedelta(seconds=1), BEGIN)
    async with make_worker(temporal.client, SHORT):
        await nightly.backfill(ScheduleBackfill(*span, overlap=ScheduleOverlapPolicy.ALLOW_ALL))
        while not (recent := (await nightly.describe()).info.recent_actions):
            await asyncio.sleep(0.1)
        action = recent[0].action
        assert isinstance(action, ScheduleActionExecutionStartWorkflow)
        handle = temporal.client.get_workflow_handle(action.workflow_id, result_type=Expiry)
        assert await handle.result() == Expiry(BEGIN)
        assert await (await handle.describe()).static_summary() == JOBS["expire"].summary


async def test_started_by_hand_it_takes_the_time_of_its_start(
    temporal: WorkflowEnvironment,
) -> None:
    house = House()
    async with keeping(temporal, house) as queue:
        handle = await temporal.client.start_workflow(
            "ExpireAssets", id=f"expire-{uuid4()}", task_queue=queue, result_type=Expiry
        )
        expiry = await handle.result()
        started = (await handle.describe()).start_time
        assert expiry == Expiry(started, 3, 1000, 2)
        assert house.moments == [started]
        assert await handle.query(ExpireAssets.progress) == expiry


async def test_a_night_of_retention_is_reported_by_kind(temporal: WorkflowEnvironment) -> None:
    async with keeping(temporal, House()) as queue:
        handle = await temporal.client.start_workflow(
            "ApplyRetention",
            id=f"retention-{uuid4()}",
            task_queue=queue,
            result_type=RetentionReport,
        )
        report = await handle.result()
        assert report.kinds == tuple(Forgotten(kind, 7, is_done=True) for kind in KINDS)
        assert await handle.query(ApplyRetention.progress) == report


async def test_a_job_is_started_once_in_a_minute_and_its_end_waited_for(
    temporal: WorkflowEnvironment, database: object, world: object
) -> None:
    async def connect() -> Any:
        return temporal.client

    starter, moment = Starter(connect), datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    first = await start_job(starter, "expire", moment)
    again = await start_job(starter, "expire", moment + timedelta(seconds=50))
    assert first == again
    assert first.workflow_id == "expire/2031-01-02T03:04Z"
    assert await wait_for_job(starter, first, 0.2) == JobEnd("running")
    async with make_worker(temporal.client, SHORT):
        end = await wait_for_job(starter, first, 20)
    assert end.status == "done"
    assert end.result is not None
    assert set(end.result) == {"now", "warnings", "codes", "links"}
    later = await start_job(starter, "expire", moment + timedelta(minutes=1))
    assert later.run_id != first.run_id
    await temporal.client.get_workflow_handle(later.workflow_id).terminate()
    assert (await wait_for_job(starter, later, 20)).status == "failed"


async def test_due_times_without_a_worker_become_one_run(temporal: WorkflowEnvironment) -> None:
    often = replace(EXPIRE, spec=every(timedelta(seconds=1)), jitter=timedelta(0))
    handle = await temporal.client.create_schedule("expire-often", schedule_of(often))
    try:
        async with asyncio.timeout(15):
            while (info := (await handle.describe()).info).num_actions_skipped_overlap < 2:
                await asyncio.sleep(0.1)
        assert info.num_actions == len(info.running_actions) == 1
    finally:
        await handle.delete()
        for running in info.running_actions:
            assert isinstance(running, ScheduleActionExecutionStartWorkflow)
            await temporal.client.get_workflow_handle(running.workflow_id).terminate()
