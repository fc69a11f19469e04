"""The promise: a message that failed is tried again by its endpoint's policy, never early.

What may not be sent yet waits, which is no attempt. An operator may pause, resume, send now or
cancel by signal, and ask `why` it is not delivered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from activities.cause import Cause
from activities.deliveries.attempting import AttemptDelivery, attempt_delivery
from activities.deliveries.cancelling import CancelDelivery, cancel_delivery
from activities.deliveries.trying import DeliveryReport
from workflows.policies import BRISK
from workflows.waiting import Waiting, Why


@dataclass(frozen=True)
class Retry:
    """A delivery whose attempt `number` is due in `wait_seconds`; `reason` says what holds it.

    Its policy counts from attempt `first`; `resend` is how often it was sent anew.
    """

    organization_id: UUID
    delivery_id: UUID
    number: int
    wait_seconds: float
    cause: Cause
    first: int = 1
    resend: int = 0
    reason: str = ""
    paused: bool = False


@workflow.defn
class RetryDelivery:
    """Wait, try, and wait longer, until it is delivered, given up or cancelled."""

    def __init__(self) -> None:
        self._waiting = Waiting()

    @workflow.run
    async def run(self, retry: Retry) -> DeliveryReport:
        try:
            return await self._keep_trying(retry)
        except BaseException as fault:
            if is_cancelled_exception(fault):  # by the button of the Temporal UI
                await give_up(retry.delivery_id)
            raise

    async def _keep_trying(self, retry: Retry) -> DeliveryReport:
        waiting, delivery = self._waiting, retry.delivery_id
        waiting.paused |= retry.paused
        report = DeliveryReport("pending", retry.number - 1, retry.wait_seconds, retry.reason)
        while report.wait_seconds is not None:
            if workflow.info().is_continue_as_new_suggested() and not waiting.is_told:
                workflow.continue_as_new(goes_on(retry, report, waiting.paused))
            forced = await waiting.until_due(report)
            if waiting.cancelled:
                return await give_up(delivery, report.attempts)
            number = report.attempts + 1
            attempt = AttemptDelivery(delivery, number, retry.first, retry.resend, forced)
            report = await workflow.execute_activity(attempt_delivery, attempt, **BRISK)
        workflow.set_current_details(f"**{report.status}** after {report.attempts} attempts")
        return report

    @workflow.signal
    def pause(self) -> None:
        """Hold further attempts."""
        self._waiting.paused = True

    @workflow.signal
    def resume(self) -> None:
        """Go on; an attempt that fell due meanwhile is made at once."""
        self._waiting.paused = False

    @workflow.signal
    def send_now(self) -> None:
        """Make the next attempt at once, whatever holds it."""
        self._waiting.send_now = True

    @workflow.signal
    def look_again(self) -> None:
        """What held it is over."""
        self._waiting.look_again()

    @workflow.signal
    def cancel(self) -> None:
        """Make no further attempt."""
        self._waiting.cancelled = True

    @workflow.query
    def why(self) -> Why:
        """Why it is not delivered, and when it is tried next."""
        return self._waiting.why()


async def give_up(delivery_id: UUID, attempts: int = 0) -> DeliveryReport:
    """Write down that it is cancelled."""
    await workflow.execute_activity(cancel_delivery, CancelDelivery(delivery_id), **BRISK)
    return DeliveryReport("cancelled", attempts, None)


def goes_on(retry: Retry, report: DeliveryReport, paused: bool) -> Retry:
    """The same delivery for another run, as the history of this one grows long."""
    wait = report.wait_seconds or 0.0
    number = report.attempts + 1
    return replace(retry, number=number, wait_seconds=wait, reason=report.reason, paused=paused)
