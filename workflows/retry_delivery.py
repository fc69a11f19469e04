"""The promise: a message that failed is tried again by its endpoint's policy, never early.

An operator may pause, resume, send now or cancel by signal, and ask `why` it is not delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow

from activities.cause import Cause
from activities.deliveries import (
    AttemptDelivery,
    CancelDelivery,
    DeliveryReport,
    attempt_delivery,
    cancel_delivery,
)
from workflows.policies import BRISK


@dataclass(frozen=True)
class Retry:
    """A delivery whose attempt `number` is due in `wait_seconds`."""

    organization_id: UUID
    delivery_id: UUID
    number: int
    wait_seconds: float
    cause: Cause


@dataclass(frozen=True)
class Why:
    """Why a delivery is not delivered: `attempts` were made, the next is due at `next_at`."""

    attempts: int
    paused: bool
    next_at: datetime | None


@workflow.defn
class RetryDelivery:
    """Wait, try, and wait longer, until it is delivered, given up or cancelled."""

    def __init__(self) -> None:
        self._paused = self._now = self._cancelled = False
        self._why = Why(attempts=1, paused=False, next_at=None)

    @workflow.run
    async def run(self, retry: Retry) -> DeliveryReport:
        report = DeliveryReport("pending", retry.number - 1, retry.wait_seconds)
        while report.wait_seconds is not None:
            await self._until_due(report.attempts, report.wait_seconds)
            if self._cancelled:
                await workflow.execute_activity(
                    cancel_delivery, CancelDelivery(retry.delivery_id), **BRISK
                )
                return DeliveryReport("cancelled", report.attempts, None)
            report = await workflow.execute_activity(
                attempt_delivery, AttemptDelivery(retry.delivery_id, report.attempts + 1), **BRISK
            )
        workflow.set_current_details(f"**{report.status}** after {report.attempts} attempts")
        return report

    async def _until_due(self, attempts: int, seconds: float) -> None:
        """Sleep until the attempt is due, someone says now or cancel, and nobody holds it."""
        self._why = Why(attempts, self._paused, workflow.now() + timedelta(seconds=seconds))
        workflow.set_current_details(f"attempt {attempts + 1} at {self._why.next_at:%F %T} UTC")
        try:
            await workflow.wait_condition(
                lambda: self._now or self._cancelled, timeout=timedelta(seconds=seconds)
            )
        except TimeoutError:
            await workflow.wait_condition(lambda: not self._paused or self._now or self._cancelled)
        self._now = False

    @workflow.signal
    def pause(self) -> None:
        """Hold further attempts."""
        self._paused = True

    @workflow.signal
    def resume(self) -> None:
        """Go on; an attempt that fell due meanwhile is made at once."""
        self._paused = False

    @workflow.signal
    def send_now(self) -> None:
        """Make the next attempt at once."""
        self._now = True

    @workflow.signal
    def cancel(self) -> None:
        """Make no further attempt."""
        self._cancelled = True

    @workflow.query
    def why(self) -> Why:
        """Why it is not delivered, and when it is tried next."""
        return Why(self._why.attempts, self._paused, self._why.next_at)
