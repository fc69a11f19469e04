"""The promise: a rule that looks at scans fires once each time that what it looks for happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.alerts.judging import JudgeAlerts, judge_alerts
from workflows.periods import scheduled_time
from workflows.policies import BRISK


@dataclass(frozen=True)
class Alerts:
    """How many rules were judged for `now`, rested and fired."""

    now: datetime
    judged: int = 0
    resting: int = 0
    fired: int = 0


@workflow.defn
class SendAlerts:
    """Judge every rule for its scheduled time, a minute's work at a time until none is left."""

    def __init__(self) -> None:
        self._alerts: Alerts | None = None

    @workflow.run
    async def run(self) -> Alerts:
        so_far = self._tell(Alerts(scheduled_time()))
        is_done = False
        while not is_done:
            part = await workflow.execute_activity(judge_alerts, JudgeAlerts(so_far.now), **BRISK)
            so_far = self._tell(
                Alerts(
                    so_far.now,
                    so_far.judged + part.judged,
                    so_far.resting + part.resting,
                    so_far.fired + part.fired,
                )
            )
            is_done = part.is_done
        return so_far

    def _tell(self, alerts: Alerts) -> Alerts:
        self._alerts = alerts
        workflow.set_current_details(
            f"as of {alerts.now:%F %T} UTC: **{alerts.judged}** rules judged, "
            f"**{alerts.resting}** at rest, **{alerts.fired}** fired"
        )
        return alerts

    @workflow.query
    def progress(self) -> Alerts | None:
        """What was found so far."""
        return self._alerts
