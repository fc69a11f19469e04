"""Mails that come once a period: sixty days in a backfill, twice, over changes of clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.gateways.clock import FixedClock
from activities.trials import SetTrial, set_trial
from tests.builders.members import a_member
from tests.builders.notices import DAY, a_home, live, noted_daily, run, scanned
from tests.builders.tenants import a_code
from tests.workflows.backfills import DAYS, backfilled, nightly
from tests.workflows.notices import noticing
from workers.work import make_worker
from workflows.queues import SHORT
from workflows.send_notifications import Digests, SendNotifications
from workflows.trial_reminders import Reminders, TrialReminders
from workflows.weekly_digest import Summaries, WeeklyDigest

NAMES = ("notifications", "weekly-workspace-digest", "trial-reminders")
BEGIN = datetime(2026, 9, 25, tzinfo=UTC)
"""Clocks are changed in Australia, in Europe and in America in the sixty days after it."""

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


async def digests(kind: str) -> dict[str, list[str]]:
    """The periods of each reader's digests that were mailed, by zone."""
    found: dict[str, list[str]] = {}
    for zone, period in await run(
        "SELECT u.time_zone, d.period FROM digest AS d JOIN account_user AS u ON u.id = d.user_id "
        "JOIN mail AS m ON m.id = d.mail_id WHERE d.kind = :kind ORDER BY d.period",
        kind=kind,
    ):
        found.setdefault(zone, []).append(period)
    return found


@pytest.mark.usefixtures("database", "world")
async def test_sixty_days_are_done_in_a_backfill_and_nothing_twice(
    temporal: WorkflowEnvironment, clock: FixedClock
) -> None:
    clock.moment = BEGIN - 30 * DAY
    home, owner = await a_home()
    await set_trial(SetTrial(home.id, BEGIN + 40 * DAY + timedelta(hours=5)))
    readers = [owner, *[await a_member(home, "editor", f"reader{n}") for n in range(3)]]
    for reader, zone in zip(readers, ZONES, strict=True):
        assert reader.user_id
        await live(reader.user_id, zone, at=150)
        await noted_daily(reader.user_id, home.id, BEGIN - DAY, DAYS)
    code = await a_code(owner)
    for n in range(DAYS):
        await scanned(owner, code.id, (BEGIN + n * DAY).date(), n)
    async with make_worker(temporal.client, SHORT), nightly(temporal.client, *NAMES) as schedules:
        await backfilled(temporal.client, schedules, BEGIN, in_order=["notifications"])
        daily, weekly = await digests("daily"), await digests("weekly")
        assert set(daily) == set(weekly) == set(ZONES)
        for zone in ZONES:
            first = date.fromisoformat(daily[zone][0])
            assert daily[zone] == [f"{first + n * DAY:%F}" for n in range(len(daily[zone]))]
            assert len(daily[zone]) in (DAYS - 1, DAYS)
            # On the last midnight (UTC) it is past 02:30 on Monday only in the east.
            last = 49 if zone.startswith("A") and "America" not in zone else 48
            assert weekly[zone] == [f"2026-W{n}" for n in range(40, last)]
        reminded = await run("SELECT recipient FROM mail WHERE kind = 'trial_ending'")
        assert reminded == [("acme@example.com",)] * 3
        before = await run("SELECT id FROM mail ORDER BY id")
        await backfilled(temporal.client, schedules, BEGIN)
        assert await run("SELECT id FROM mail ORDER BY id") == before


@pytest.mark.parametrize(
    ("name", "workflow", "end"),
    [
        ("SendNotifications", SendNotifications, Digests(BEGIN, 107)),
        ("WeeklyDigest", WeeklyDigest, Summaries(BEGIN, 107)),
        ("TrialReminders", TrialReminders, Reminders(BEGIN, 5)),
    ],
)
async def test_an_operator_sees_how_far_it_is(
    temporal: WorkflowEnvironment, name: str, workflow: Any, end: Any
) -> None:
    moments: list[datetime] = []
    async with noticing(temporal, moments) as queue:
        handle = await temporal.client.start_workflow(
            name, id=f"{name}-{uuid4()}", task_queue=queue, result_type=type(end)
        )
        result = await handle.result()
        started = (await handle.describe()).start_time
        assert result == replace(end, now=started)
        assert await handle.query(workflow.progress) == result
        assert set(moments) == {started}
