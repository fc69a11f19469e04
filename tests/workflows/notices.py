"""Activities of the workflows that mail once a period, as fakes: each fails once on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from activities.notices.daily import SendDailyDigests
from activities.notices.digests import DigestsSent
from activities.notices.weekly import SendWeeklyDigests
from activities.trials import RemindOfTrials, TrialsRecalled
from tests.workflows.workers import working_on
from workflows.send_notifications import SendNotifications
from workflows.trial_reminders import TrialReminders
from workflows.weekly_digest import WeeklyDigest

HALFWAY = UUID(int=5)


@asynccontextmanager
async def noticing(
    temporal: WorkflowEnvironment, moments: list[datetime] | None = None
) -> AsyncIterator[str]:
    """A worker that sends 100 and then 7 of each digest, and recalls 3 and then 2 trials."""
    asked = [] if moments is None else moments
    parts = {"daily": 0, "weekly": 0}

    def sent(kind: str, now: datetime) -> DigestsSent:
        asked.append(now)
        parts[kind] += 1
        if parts[kind] == 2:
            raise RuntimeError("the database went away")
        return DigestsSent(100, False) if parts[kind] == 1 else DigestsSent(7, True)

    @activity.defn(name="send_daily_digests")
    async def send_daily_digests(command: SendDailyDigests) -> DigestsSent:
        return sent("daily", command.now)

    @activity.defn(name="send_weekly_digests")
    async def send_weekly_digests(command: SendWeeklyDigests) -> DigestsSent:
        return sent("weekly", command.now)

    @activity.defn(name="remind_of_trials")
    async def remind_of_trials(command: RemindOfTrials) -> TrialsRecalled:
        asked.append(command.now)
        if command.after == HALFWAY:
            return TrialsRecalled(2, None)
        return TrialsRecalled(3, HALFWAY)

    async with working_on(
        temporal,
        [SendNotifications, TrialReminders, WeeklyDigest],
        [send_daily_digests, send_weekly_digests, remind_of_trials],
    ) as queue:
        yield queue
