"""The promise: the summary of a week comes once, on the reader's own Monday, at the chosen hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.notices.weekly import SendWeeklyDigests, send_weekly_digests
from workflows.periods import scheduled_time
from workflows.policies import BRISK


@dataclass(frozen=True)
class Summaries:
    """How many mails of the week were queued that were due at `now`."""

    now: datetime
    mails: int = 0


@workflow.defn
class WeeklyDigest:
    """Every member whose Monday has come, a minute's work at a time until nobody is left."""

    def __init__(self) -> None:
        self._summaries: Summaries | None = None

    @workflow.run
    async def run(self) -> Summaries:
        so_far = self._tell(Summaries(scheduled_time()))
        is_done = False
        while not is_done:
            sent = await workflow.execute_activity(
                send_weekly_digests, SendWeeklyDigests(so_far.now), **BRISK
            )
            so_far = self._tell(Summaries(so_far.now, so_far.mails + sent.mails))
            is_done = sent.is_done
        return so_far

    def _tell(self, summaries: Summaries) -> Summaries:
        self._summaries = summaries
        workflow.set_current_details(
            f"due at {summaries.now:%F %T} UTC: **{summaries.mails}** weekly digests queued"
        )
        return summaries

    @workflow.query
    def progress(self) -> Summaries | None:
        """What is queued so far."""
        return self._summaries
