"""How a delivery waits for its next attempt, and what it is told meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow

from activities.deliveries.trying import DeliveryReport
from activities.rules.holds import explain


@dataclass(frozen=True)
class Why:
    """Why a delivery is not delivered: `attempts` were made, the next is due at `next_at`.

    `reason` is what holds it, empty where only its time has not come; `told` is a sentence.
    """

    attempts: int
    paused: bool
    next_at: datetime | None
    reason: str = ""
    told: str = ""


class Waiting:
    """The state of one delivery between its attempts. Lives inside a workflow."""

    def __init__(self) -> None:
        self.paused = False
        self.send_now = False
        self.cancelled = False
        self._woken = False
        self._report = DeliveryReport("pending", 1, None)
        self._next_at: datetime | None = None

    async def until_due(self, report: DeliveryReport) -> bool:
        """Sleep until the attempt is due, or what held it is over, and nobody pauses it; or until
        somebody says cancel, or now. Whether it was now.
        """
        seconds = timedelta(seconds=report.wait_seconds or 0.0)
        self._report, self._next_at = report, workflow.now() + seconds
        self._woken = self._woken and bool(report.reason)
        number = report.attempts + 1
        workflow.set_current_details(f"attempt {number} at {self._next_at:%F %T} UTC")
        try:
            await workflow.wait_condition(
                lambda: self.send_now or self.cancelled or self._woken, timeout=seconds
            )
        except TimeoutError:
            self._woken = True
        if self._woken:
            await workflow.wait_condition(
                lambda: not self.paused or self.send_now or self.cancelled
            )
        forced, self.send_now, self._woken = self.send_now, False, False
        self._next_at = None
        return forced

    @property
    def is_told(self) -> bool:
        """Whether somebody asked for something that is not done yet."""
        return self.cancelled or self.send_now

    def look_again(self) -> None:
        """What held it is over: it wakes, now or when the attempt under way was held.

        One that only waits for its time goes on waiting.
        """
        self._woken = self._next_at is None or bool(self._report.reason)

    def why(self) -> Why:
        """Why it is not delivered."""
        report = self._report
        return Why(report.attempts, self.paused, self._next_at, report.reason, self._told())

    def _told(self) -> str:
        if self.paused:
            return "It is paused by an operator; resume it, or send it now."
        if self._next_at is None:
            return "An attempt is under way, or about to be."
        moment = f"{self._next_at:%F %T} UTC"
        if self._report.reason:
            return f"{explain(self._report.reason)} It looks again by {moment}."
        return f"It waits for attempt {self._report.attempts + 1} at {moment}."
