"""Temporal is away over several due times of a schedule: what was missed is done once it is back,
no more of it than the schedule wants caught up, and nothing twice.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from activities.expiry.ending import AssetsEnded, EndAssets
from activities.expiry.warning import EndsWarnedOf, WarnOfEnds
from tests.journeys.conftest import until
from tests.workflows.workers import BUILD
from workers.embedded_temporal import EmbeddedTemporal
from workers.sandbox import make_runner
from workers.schedules import SCHEDULES, Declared, every, schedule_of
from workflows.expire_assets import ExpireAssets
from workflows.queues import SHORT

pytestmark = pytest.mark.timeout(120)

EVERY = timedelta(seconds=3)
CATCH_UP = timedelta(seconds=10)
"""The shortest that Temporal keeps to; what is declared shorter counts as this."""
AWAY_SECONDS = 20.0
MOST_CAUGHT_UP = 6
"""Due times that a schedule of ours makes up for at most, however long Temporal was away."""


class Due:
    """The times for which the job was run."""

    def __init__(self) -> None:
        self.times: Counter[datetime] = Counter()

    @activity.defn(name="warn_of_ends")
    async def warn(self, command: WarnOfEnds) -> EndsWarnedOf:
        self.times[command.now] += 1
        return EndsWarnedOf(0, is_done=True)

    @activity.defn(name="end_assets")
    async def end(self, command: EndAssets) -> AssetsEnded:
        return AssetsEnded(0, 0, is_done=True)

    def since(self, moment: datetime) -> list[datetime]:
        return sorted(time for time in self.times if time > moment)


def kill(folder: Path) -> None:
    os.kill(int((folder / "temporal.pid").read_text().split()[0]), signal.SIGKILL)


async def test_what_was_missed_is_caught_up_once_and_is_no_storm(tmp_path: Path) -> None:
    due, folder = Due(), tmp_path / "t"
    server = EmbeddedTemporal(folder, headless=True)
    await asyncio.to_thread(server.start)
    try:
        client = await Client.connect(server.address, data_converter=pydantic_data_converter)
        often = Declared("expire", every(EVERY), "every 3 seconds", CATCH_UP)
        async with Worker(
            client,
            task_queue=SHORT,
            workflows=[ExpireAssets],
            activities=[due.warn, due.end],
            workflow_runner=make_runner(),
            build_id=BUILD,
        ):
            handle = await client.create_schedule("expire", schedule_of(often))

            async def is_between_two() -> bool:
                return bool(due.times) and not (await handle.describe()).info.running_actions

            await until(is_between_two)
            kill(folder)
            gone = datetime.now(UTC)
            await asyncio.sleep(AWAY_SECONDS)
            back = datetime.now(UTC)
            await asyncio.to_thread(server.start)
            ready = datetime.now(UTC)
            await until(lambda: len(due.since(ready)) >= 2, 60)
    finally:
        await asyncio.to_thread(server.stop)
    missed = [time for time in due.since(gone) if time < back]
    assert 1 <= len(missed) <= 2, "what was missed within the window, and no more"
    assert missed[0] >= back - CATCH_UP - EVERY
    assert max(due.times.values()) == 1


@pytest.mark.parametrize("declared", SCHEDULES, ids=lambda declared: declared.name)
def test_no_schedule_makes_up_for_more_than_a_few_times(declared: Declared) -> None:
    spans = [interval.every for interval in declared.spec.intervals] or [timedelta(days=1)]
    assert declared.catch_up / min(spans) <= MOST_CAUGHT_UP
