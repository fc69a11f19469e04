"""The activity that judges rules, as a fake that remembers for which moment it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from activities.alerts.judging import AlertsJudged, JudgeAlerts
from tests.workflows.workers import working_on
from workflows.send_alerts import SendAlerts


@asynccontextmanager
async def judging(
    temporal: WorkflowEnvironment, moments: list[datetime] | None = None
) -> AsyncIterator[str]:
    """A worker that judges rules in two parts, the second of which fails once."""
    parts = 0

    @activity.defn(name="judge_alerts")
    async def judge_alerts(command: JudgeAlerts) -> AlertsJudged:
        nonlocal parts
        parts += 1
        if moments is not None:
            moments.append(command.now)
        if parts == 2:
            raise RuntimeError("the database went away")
        return AlertsJudged(500, 3, 1, is_done=parts > 2)

    async with working_on(temporal, [SendAlerts], [judge_alerts]) as queue:
        yield queue
