"""Sixty days of a schedule at once: Temporal's own backfill, over a range of its due times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from temporalio.client import (
    Client,
    ScheduleActionStartWorkflow,
    ScheduleBackfill,
    ScheduleHandle,
    ScheduleOverlapPolicy,
    ScheduleState,
)

from workers.schedules import SCHEDULES, every, schedule_of
from workflows.queues import SHORT

DAY = timedelta(days=1)
DAYS = 60
PATIENCE = 100
"""Seconds that all runs may take on a busy machine."""


@asynccontextmanager
async def nightly(
    client: Client, *names: str, queue: str = SHORT
) -> AsyncIterator[tuple[ScheduleHandle, ...]]:
    """Schedules as they are declared, but at midnight (UTC), and paused: for backfills only."""
    handles = []
    for one in SCHEDULES:
        if one.name in names:
            declared = replace(one, spec=every(DAY), jitter=timedelta(0))
            paused = schedule_of(declared, ScheduleState(paused=True))
            assert isinstance(paused.action, ScheduleActionStartWorkflow)
            paused.action.task_queue = queue
            handles.append(await client.create_schedule(f"{one.name}-{uuid4()}", paused))
    assert len(handles) == len(names)
    yield tuple(handles)
    for handle in handles:
        await handle.delete()


async def backfilled(
    client: Client,
    schedules: Sequence[ScheduleHandle],
    begin: datetime,
    *,
    in_order: Sequence[str] = (),
    days: int = DAYS,
) -> None:
    """Let all of them do so many days; those whose names begin so, one day after the other.

    A schedule does not know of runs that it let run side by side, so they are counted by the
    server's list of runs.
    """
    span = (begin - timedelta(seconds=1), begin + days * DAY - timedelta(seconds=1))
    wanted = {schedule.id: await _completed(client, schedule.id) + days for schedule in schedules}
    for schedule in schedules:
        overlap = ScheduleOverlapPolicy.ALLOW_ALL
        if schedule.id.startswith(tuple(in_order)):
            overlap = ScheduleOverlapPolicy.BUFFER_ALL
        await schedule.backfill(ScheduleBackfill(*span, overlap=overlap))
    async with asyncio.timeout(PATIENCE):
        for name, number in wanted.items():
            while await _completed(client, name) < number:
                await asyncio.sleep(0.1)
    for schedule in schedules:
        assert (await schedule.describe()).info.num_actions == wanted[schedule.id]


async def _completed(client: Client, name: str) -> int:
    """How many runs of this schedule came to their end."""
    query = f"TemporalScheduledById = '{name}' AND ExecutionStatus = 'Completed'"
    return (await client.count_workflows(query)).count
