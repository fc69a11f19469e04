"""The promise: what waits for the mail of the day comes in it, once, at the chosen hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.notices.daily import SendDailyDigests, send_daily_digests
from workflows.periods import scheduled_time
from workflows.policies import BRISK


@dataclass(frozen=True)
class Digests:
    """How many mails of the day were queued that were due at `now`."""

    now: datetime
    mails: int = 0


@workflow.defn
class SendNotifications:
    """Everybody whose hour has come, a minute's work at a time until nobody is left."""

    def __init__(self) -> None:
        self._digests: Digests | None = None

    @workflow.run
    async def run(self) -> Digests:
        so_far = self._tell(Digests(scheduled_time()))
        is_done = False
        while not is_done:
            sent = await workflow.execute_activity(
                send_daily_digests, SendDailyDigests(so_far.now), **BRISK
            )
            so_far = self._tell(Digests(so_far.now, so_far.mails + sent.mails))
            is_done = sent.is_done
        return so_far

    def _tell(self, digests: Digests) -> Digests:
        self._digests = digests
        workflow.set_current_details(
            f"due at {digests.now:%F %T} UTC: **{digests.mails}** daily digests queued"
        )
        return digests

    @workflow.query
    def progress(self) -> Digests | None:
        """What is queued so far."""
        return self._digests
