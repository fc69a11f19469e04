"""The promise: who leads an organization hears 7, 3 and 1 days before that its trial ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio import workflow

from activities.trials import NOBODY, RemindOfTrials, remind_of_trials
from workflows.periods import scheduled_time
from workflows.policies import BRISK


@dataclass(frozen=True)
class Reminders:
    """How many trials end within a week of `now`; their leaders know."""

    now: datetime
    trials: int = 0


@workflow.defn
class TrialReminders:
    """Every trial that ends soon, a minute's work at a time until each was looked at."""

    def __init__(self) -> None:
        self._reminders: Reminders | None = None

    @workflow.run
    async def run(self) -> Reminders:
        so_far = self._tell(Reminders(scheduled_time()))
        after: UUID | None = NOBODY
        while after is not None:
            part = await workflow.execute_activity(
                remind_of_trials, RemindOfTrials(so_far.now, after), **BRISK
            )
            so_far = self._tell(Reminders(so_far.now, so_far.trials + part.trials))
            after = part.after
        return so_far

    def _tell(self, reminders: Reminders) -> Reminders:
        self._reminders = reminders
        workflow.set_current_details(
            f"as of {reminders.now:%F %T} UTC: **{reminders.trials}** trials end within a week"
        )
        return reminders

    @workflow.query
    def progress(self) -> Reminders | None:
        """How far it is."""
        return self._reminders
