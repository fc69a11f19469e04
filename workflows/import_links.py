"""The promise: each good line of a file becomes one link, or says why not.

Lines and addresses stay in the database: the history holds ids and counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio import workflow

from activities.cause import Cause
from activities.imports.running import ImportPart, ImportProgress, import_part
from workflows.policies import BRISK


@dataclass(frozen=True)
class LinksToImport:
    """An import of an organization, of `total` lines."""

    organization_id: UUID
    import_id: UUID
    total: int
    cause: Cause


@workflow.defn
class ImportLinks:
    """Make part after part until nothing is left or somebody cancelled it."""

    def __init__(self) -> None:
        self._progress: ImportProgress | None = None

    @workflow.run
    async def run(self, job: LinksToImport) -> ImportProgress:
        progress = ImportProgress("running", job.total, 0, 0)
        while not progress.is_over:
            progress = await workflow.execute_activity(
                import_part, ImportPart(job.import_id), **BRISK
            )
            self._progress = progress
            workflow.set_current_details(
                f"**{progress.made}** made, **{progress.failed}** failed of {progress.total}"
            )
        workflow.logger.info("import ended", extra={"request_id": job.cause.request_id})
        return progress

    @workflow.query
    def progress(self) -> ImportProgress | None:
        """How far it is; None before the first part is made."""
        return self._progress
