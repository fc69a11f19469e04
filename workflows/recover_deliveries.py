"""The promise: what an endpoint missed is sent to it, no faster than asked for.

Each part becomes a batch of deliveries like any other. An operator may pause, resume or cancel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.cause import Cause
from activities.deliveries.recovering import Mode, RecoverPart, recover_part
from activities.rules.runs import CUT_SHORT, Cut
from workflows.deliver_webhooks import Deliveries, DeliverWebhooks
from workflows.policies import BRISK, BULK, fair
from workflows.queues import searchable

LARGEST_PART = 100


@dataclass(frozen=True)
class Recovering:
    """A recovery of about `total` deliveries; `made` of them are, behind the event `after`.

    After `parts` a run is followed by another, so that no history grows too long.
    """

    organization_id: UUID
    endpoint_id: UUID
    mode: Mode
    since: datetime
    until: datetime
    total: int
    per_minute: int
    cause: Cause
    after: int = 0
    made: int = 0
    parts: int = 200
    paused: bool = False


@dataclass(frozen=True)
class RecoveryProgress:
    """How far it is: `made` deliveries are on their way. `status` is running, paused, done or
    cancelled; `cut` says why nobody had to cancel it.
    """

    status: str
    made: int
    total: int
    cut: Cut | None = None


@workflow.defn
class RecoverDeliveries:
    """Take part after part until nothing is left, it is cancelled, or the endpoint ends it."""

    def __init__(self) -> None:
        self._paused = self._cancelled = False
        self._progress = RecoveryProgress("running", 0, 0)

    @workflow.run
    async def run(self, job: Recovering) -> RecoveryProgress:
        self._paused = self._paused or job.paused
        size = min(LARGEST_PART, job.per_minute)
        for _ in range(job.parts):
            self._progress = RecoveryProgress("running", job.made, job.total)
            workflow.set_current_details(in_words(self._progress))
            await workflow.wait_condition(lambda: not self._paused or self._cancelled)
            if self._cancelled:
                return self._end("cancelled")
            wanted = RecoverPart(job.endpoint_id, job.mode, job.since, job.until, job.after, size)
            part = await workflow.execute_activity(recover_part, wanted, **BRISK)
            if part.cut is not None:
                return self._end("cancelled", part.cut)
            if part.batch_id is not None:
                await start_batch(job, part.batch_id, part.count)
            job = replace(job, after=part.after, made=job.made + part.count)
            self._progress = RecoveryProgress("running", job.made, job.total)
            if part.is_over:
                break
            await workflow.sleep(timedelta(minutes=part.count / job.per_minute))
        else:
            if self._cancelled:
                return self._end("cancelled")
            workflow.continue_as_new(replace(job, paused=self._paused))
        return self._end("done")

    def _end(self, status: str, cut: Cut | None = None) -> RecoveryProgress:
        self._progress = replace(self._progress, status=status, cut=cut)
        workflow.set_current_details(in_words(self._progress))
        return self._progress

    @workflow.signal
    def pause(self) -> None:
        """Take no further part."""
        self._paused = True

    @workflow.signal
    def resume(self) -> None:
        """Go on."""
        self._paused = False

    @workflow.signal
    def cancel(self) -> None:
        """Take no further part, for good; what is on its way stays so."""
        self._cancelled = True

    @workflow.query
    def progress(self) -> RecoveryProgress:
        """How far it is."""
        is_held = self._paused and self._progress.status == "running"
        return replace(self._progress, status="paused") if is_held else self._progress


def in_words(progress: RecoveryProgress) -> str:
    """How far it is, for operators."""
    told = f"**{progress.made}** of {progress.total} on their way"
    if progress.status == "running":
        return told
    ended = f"{told}, {progress.status}"
    return f"{ended}. {CUT_SHORT[progress.cut]}" if progress.cut else ended


async def start_batch(job: Recovering, batch_id: UUID, size: int) -> None:
    """Let the part be sent; the relay may have been quicker."""
    try:
        await workflow.start_child_workflow(
            DeliverWebhooks.run,
            Deliveries(job.organization_id, batch_id, job.cause),
            id=f"deliver/{job.organization_id}/{batch_id}",
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            priority=fair(str(job.organization_id), BULK),
            search_attributes=searchable(str(job.organization_id)),
            static_summary=f"{size} recovered",
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("already being delivered")
