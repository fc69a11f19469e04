"""The promise: each picture of a batch is drawn once into its archive, or says why not.

What is drawn, and what comes of it, stays in the database: the history holds ids and counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio import workflow

from activities.cause import Cause
from activities.pictures.batches_running import BatchProgress, RenderNextPart, render_next_part
from workflows.policies import BRISK


@dataclass(frozen=True)
class PicturesToRender:
    """A batch of an organization, of `total` pictures; after `parts` a run is followed by another,
    so that no history grows too long.
    """

    organization_id: UUID
    batch_id: UUID
    total: int
    cause: Cause
    parts: int = 500


@workflow.defn
class RenderBatch:
    """Draw part after part until nothing is left or somebody cancelled it."""

    def __init__(self) -> None:
        self._progress: BatchProgress | None = None

    @workflow.run
    async def run(self, job: PicturesToRender) -> BatchProgress:
        progress = BatchProgress("running", job.total, 0, 0)
        for _ in range(job.parts):
            progress = await workflow.execute_activity(
                render_next_part, RenderNextPart(job.batch_id), **BRISK
            )
            self._progress = progress
            workflow.set_current_details(
                f"**{progress.done}** drawn, **{progress.failed}** failed of {job.total}"
            )
            if progress.is_over:
                break
        else:
            workflow.continue_as_new(job)
        workflow.logger.info("batch ended", extra={"request_id": job.cause.request_id})
        return progress

    @workflow.query
    def progress(self) -> BatchProgress | None:
        """How far it is; None before the first part is drawn."""
        return self._progress
