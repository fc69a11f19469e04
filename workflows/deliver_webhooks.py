"""The promise: everything due to an organization's endpoints is tried once, now.

One run makes the first attempt of a batch, all endpoints side by side, in as many goes as slow
receivers need. What fails becomes a `RetryDelivery` of its own. What has to wait is parked for
another batch, and what failed at a receiver that is away: a slow one holds back nobody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.cause import Cause
from activities.deliveries.attempting import AttemptBatch, BatchReport, Failure, attempt_batch
from workflows.policies import BRISK, fair
from workflows.queues import searchable
from workflows.retry_delivery import Retry, RetryDelivery


@dataclass(frozen=True)
class Deliveries:
    """A batch of first attempts of one organization."""

    organization_id: UUID
    batch_id: UUID
    cause: Cause


def retry_id(delivery_id: UUID, resend: int) -> str:
    """The id of the workflow that tries a delivery again; each time it is sent anew has its own."""
    return f"retry/{delivery_id}/{resend}" if resend else f"retry/{delivery_id}"


def details_of(report: BatchReport) -> str:
    """How far a batch is, in Markdown."""
    return (
        f"**{report.delivered}** delivered, **{len(report.failures)}** to be retried, "
        f"**{report.given_up}** given up, **{report.held}** held, "
        f"**{report.unfinished}** still to be tried"
    )


def retry_of(due: Deliveries, failure: Failure) -> Retry:
    """What tries it again."""
    return Retry(
        organization_id=due.organization_id,
        delivery_id=failure.delivery_id,
        number=failure.number,
        wait_seconds=failure.wait_seconds,
        cause=failure.cause,
        first=failure.first,
        resend=failure.resend,
        reason=failure.reason,
    )


@workflow.defn
class DeliverWebhooks:
    """Make the first attempt of each delivery of a batch; hand failures to `RetryDelivery`."""

    def __init__(self) -> None:
        self._failed: list[Failure] = []
        self._told: set[UUID] = set()

    @workflow.run
    async def run(self, due: Deliveries) -> BatchReport:
        while True:
            report = await self._attempt(due)
            await self._hand_over(due, report.failures)
            workflow.set_current_details(details_of(report))
            if not report.unfinished:
                workflow.logger.info("batch tried", extra={"request_id": due.cause.request_id})
                return report

    @workflow.signal
    def failed(self, failures: tuple[Failure, ...]) -> None:
        """These failed, while others of the batch are still under way."""
        self._failed.extend(failures)

    async def _attempt(self, due: Deliveries) -> BatchReport:
        attempt = workflow.start_activity(attempt_batch, AttemptBatch(due.batch_id), **BRISK)
        while not attempt.done():
            await workflow.wait_condition(lambda: attempt.done() or bool(self._failed))
            await self._hand_over(due, self._failed)
        return await attempt

    async def _hand_over(self, due: Deliveries, told: Sequence[Failure]) -> None:
        failures = [failure for failure in told if failure.delivery_id not in self._told]
        self._told.update(failure.delivery_id for failure in failures)
        self._failed = []
        if workflow.patched("handed over at once"):
            await asyncio.gather(*(self._keep_trying(due, failure) for failure in failures))
            return
        for failure in failures:
            await self._keep_trying(due, failure)

    async def _keep_trying(self, due: Deliveries, failure: Failure) -> None:
        try:
            await workflow.start_child_workflow(
                RetryDelivery.run,
                retry_of(due, failure),
                id=retry_id(failure.delivery_id, failure.resend),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                priority=fair(str(due.organization_id)),
                search_attributes=searchable(str(due.organization_id), event=failure.kind),
                static_summary=f"{failure.kind} to {failure.host}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("already being retried")
