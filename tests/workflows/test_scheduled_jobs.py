"""Scheduled workflows do what was due at their scheduled time, however late or often they run."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import (
    ScheduleActionExecutionStartWorkflow,
    ScheduleBackfill,
    ScheduleOverlapPolicy,
)
from temporalio.testing import WorkflowEnvironment

from activities.rules.retention import KINDS
from tests.workflows.backfills import nightly
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


@pytest.mark.usefixtures("database", "world")
async def test_a_run_takes_the_time_that_it_was_due_at(
    temporal: WorkflowEnvironment,
) -> None:
    span = (BEGIN - timedelta(seconds=1), BEGIN)
    async with (
        make_worker(temporal.client, SHORT),
        nightly(temporal.client, "expire") as (schedule,),
    ):
        await schedule.backfill(ScheduleBackfill(*span, overlap=ScheduleOverlapPolicy.ALLOW_ALL))
        while not (recent := (await schedule.describe()).info.recent_actions):
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
        assert report.kinds == (
            *(
                Forgotten(kind, 11 if n and n % 9 == 0 else 7, is_done=True)
                for n, kind in enumerate(KINDS)
            ),
            Forgotten("months_of_scans", 2, is_done=True),
            Forgotten("scans_and_totals", 3, is_done=True),
        )
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
