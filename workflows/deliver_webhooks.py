"""The promise: everything due to an organization's endpoints is tried once, now.

One run makes the first attempt of a batch, all endpoints side by side, in as many goes as slow
receivers need. What fails becomes a `RetryDelivery` of its own, and what has to wait is parked for
another batch, so a slow receiver holds back nobody else's message.
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


@workflow.defn
class DeliverWebhooks:
    """Make the first attempt of each delivery of a batch; hand failures to `RetryDelivery`."""

    @workflow.run
    async def run(self, due: Deliveries) -> BatchReport:
        told: set[UUID] = set()
        while True:
            report: BatchReport = await workflow.execute_activity(
                attempt_batch, AttemptBatch(due.batch_id), **BRISK
            )
            fresh = [one for one in report.failures if one.delivery_id not in told]
            await self._hand_over(due, fresh)
            told.update(failure.delivery_id for failure in report.failures)
            workflow.set_current_details(
                f"**{report.delivered}** delivered, **{len(report.failures)}** to be retried, "
                f"**{report.given_up}** given up, **{report.held}** held, "
                f"**{report.unfinished}** still to be tried"
            )
            if not report.unfinished:
                break
        workflow.logger.info("batch tried", extra={"request_id": due.cause.request_id})
        return report

    async def _hand_over(self, due: Deliveries, failures: Sequence[Failure]) -> None:
        if workflow.patched("handed over at once"):
            await asyncio.gather(*(self._keep_trying(due, failure) for failure in failures))
            return
        for failure in failures:
            await self._keep_trying(due, failure)

    async def _keep_trying(self, due: Deliveries, failure: Failure) -> None:
        try:
            await workflow.start_child_workflow(
                RetryDelivery.run,
                Retry(
                    organization_id=due.organization_id,
                    delivery_id=failure.delivery_id,
                    number=failure.number,
                    wait_seconds=failure.wait_seconds,
                    cause=failure.cause,
                    first=failure.first,
                    resend=failure.resend,
                    reason=failure.reason,
                ),
                id=retry_id(failure.delivery_id, failure.resend),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                priority=fair(str(due.organization_id)),
                search_attributes=searchable(str(due.organization_id), event=failure.kind),
                static_summary=f"{failure.kind} to {failure.host}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("already being retried")
