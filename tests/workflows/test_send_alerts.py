"""Rules are judged for their scheduled time: a backfill of sixty days tells each crossing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.testing import WorkflowEnvironment

from tests.builders.alerts import about, firings, noted, scanned
from tests.builders.keys import an_actor
from tests.builders.tenants import a_code, an_organization
from tests.workflows.alerting import judging
from tests.workflows.backfills import DAY, backfilled, nightly
from workers.work import make_worker
from workflows.queues import SHORT
from workflows.send_alerts import Alerts, SendAlerts

BEGIN = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.mark.usefixtures("world")
async def test_sixty_days_tell_each_crossing_once_however_often_they_are_done(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by = await an_actor(await an_organization())
    code = await a_code(by)
    over = await about(by, code.id, threshold=5, window_minutes=1440)
    silent = await about(by, code.id, "silence", window_minutes=2880)
    for table, column in (("alert", "since"), ("qr_code", "created_at")):
        statement = f"UPDATE {table} SET {column} = :begin"
        await database.execute(text(statement), {"begin": BEGIN - 30 * DAY})
    busy = [BEGIN + n * DAY + timedelta(hours=6) for n in (3, 4, 20, 40)]
    for moment in busy:
        await scanned(by, code.id, moment, 6)
    async with (
        make_worker(temporal.client, SHORT),
        nightly(temporal.client, "qr-alerts") as schedules,
    ):
        await backfilled(temporal.client, schedules, BEGIN, in_order=["qr-alerts"])
        told = await firings()
        assert [at for one, at, *_ in told if one == over.id] == [
            BEGIN + n * DAY for n in (4, 21, 41)
        ]
        assert [at for one, at, *_ in told if one == silent.id] == [
            BEGIN + n * DAY for n in (7, 23, 43)
        ]
        assert len(await noted()) == 6
        await backfilled(temporal.client, schedules, BEGIN)
        assert await firings() == told
        assert len(await noted()) == 6


async def test_all_parts_of_a_run_are_for_one_moment(temporal: WorkflowEnvironment) -> None:
    moments: list[datetime] = []
    async with judging(temporal, moments) as queue:
        handle = await temporal.client.start_workflow(
            "SendAlerts", id=f"qr-alerts-{uuid4()}", task_queue=queue, result_type=Alerts
        )
        alerts = await handle.result()
        started = (await handle.describe()).start_time
        assert alerts == Alerts(started, 1000, 6, 2)
        assert set(moments) == {started}
        assert await handle.query(SendAlerts.progress) == alerts
