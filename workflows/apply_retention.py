"""The promise: what is kept for a time is forgotten after it, and a report says how much it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.retention.forgetting import Forget, forget
from activities.rules.retention import KINDS
from workflows.periods import scheduled_time
from workflows.policies import BRISK

MOST_PARTS = 120
"""Minutes that one kind has in a night; the next night goes on with the rest."""


@dataclass(frozen=True)
class Forgotten:
    """How many rows of a kind went; `is_done` unless some are left for the next night."""

    kind: str
    rows: int
    is_done: bool


@dataclass(frozen=True)
class RetentionReport:
    """What was over at `now` and is forgotten, by kind, in the order of work."""

    now: datetime
    kinds: tuple[Forgotten, ...] = ()


@workflow.defn
class ApplyRetention:
    """Kind after kind, a minute's work at a time; what refers to others goes before them."""

    def __init__(self) -> None:
        self._report: RetentionReport | None = None

    @workflow.run
    async def run(self) -> RetentionReport:
        now = scheduled_time()
        report = RetentionReport(now)
        for kind in KINDS:
            rows, is_done = 0, False
            for _ in range(MOST_PARTS):
                part = await workflow.execute_activity(forget, Forget(kind, now), **BRISK)
                rows, is_done = rows + part.rows, part.is_done
                if is_done:
                    break
            report = RetentionReport(now, (*report.kinds, Forgotten(kind, rows, is_done)))
            self._report = report
            workflow.set_current_details(_told(report))
        return report

    @workflow.query
    def progress(self) -> RetentionReport | None:
        """What is forgotten so far."""
        return self._report


def _told(report: RetentionReport) -> str:
    """The report as a table for operators."""
    lines = [f"| {one.kind.replace('_', ' ')} | {one.rows} |" for one in report.kinds]
    head = [f"{len(lines)} of {len(KINDS)} kinds, as of {report.now:%F %T} UTC", ""]
    return "\n".join([*head, "| kind | rows forgotten |", "|---|---|", *lines])
