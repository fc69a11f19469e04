"""The promise: everything due to an organization's endpoints is tried once, now.

One run makes the first attempt of a batch, all endpoints side by side. What fails becomes a
`RetryDelivery` of its own, so a slow receiver holds back nobody else's message.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.cause import Cause
from activities.deliveries import AttemptBatch, BatchReport, Failure, attempt_batch
from workflows.policies import BRISK, fair
from workflows.queues import searchable
from workflows.retry_delivery import Retry, RetryDelivery


@dataclass(frozen=True)
class Deliveries:
    """A batch of first attempts of one organization."""

    organization_id: UUID
    batch_id: UUID
    cause: Cause


@workflow.defn
class DeliverWebhooks:
    """Make the first attempt of each delivery of a batch; hand failures to `RetryDelivery`."""

    @workflow.run
    async def run(self, due: Deliveries) -> BatchReport:
        report: BatchReport = await workflow.execute_activity(
            attempt_batch, AttemptBatch(due.batch_id), **BRISK
        )
        for failure in report.failures:
            await self._keep_trying(due, failure)
        workflow.set_current_details(
            f"**{report.delivered}** delivered, **{len(report.failures)}** to be retried, "
            f"**{report.given_up}** given up"
        )
        workflow.logger.info("batch tried", extra={"request_id": due.cause.request_id})
        return report

    async def _keep_trying(self, due: Deliveries, failure: Failure) -> None:
        try:
            await workflow.start_child_workflow(
                RetryDelivery.run,
                Retry(
                    due.organization_id, failure.delivery_id, 2, failure.wait_seconds, failure.cause
                ),
                id=f"retry/{failure.delivery_id}",
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                priority=fair(str(due.organization_id)),
                search_attributes=searchable(str(due.organization_id), event=failure.kind),
                static_summary=f"{failure.kind} to {failure.host}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("already being retried")
