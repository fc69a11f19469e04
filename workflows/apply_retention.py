"""The promise: what is kept for a time is forgotten after it, and a report says how much it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.retention.forgetting import Forget, ForgetOver, forget, forget_over
from activities.rules.retention import KINDS, KINDS_BEFORE, Kind
from activities.statistics.storage import KeepScanStorage, keep_scan_storage
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
    """Kind after kind, what refers to others before them, a minute's work at a time.

    Months of scans, and scans and totals past their time, come last.
    """

    def __init__(self) -> None:
        self._report: RetentionReport | None = None

    @workflow.run
    async def run(self) -> RetentionReport:
        report = RetentionReport(now := scheduled_time())
        if workflow.patched("kinds together"):
            report = await self._forget(report)
        elif workflow.patched("notifications and scans"):
            report = await self._one_by_one(report, KINDS)
        else:
            return await self._one_by_one(report, KINDS_BEFORE)
        storage = KeepScanStorage(now=now)
        kept = await workflow.execute_activity(keep_scan_storage, storage, **BRISK)
        months = Forgotten("months_of_scans", kept.months_dropped, kept.is_done)
        report = self._tell(report, months)
        return self._tell(report, Forgotten("scans_and_totals", kept.rows, kept.is_done))

    async def _forget(self, report: RetentionReport) -> RetentionReport:
        left, rows, parts = KINDS, 0, 0
        while left:
            over = ForgetOver(left, report.now)
            for ended in await workflow.execute_activity(forget_over, over, **BRISK):
                rows, parts = rows + ended.rows, parts + 1
                if ended.is_done or parts == MOST_PARTS:
                    report = self._tell(report, Forgotten(ended.kind, rows, ended.is_done))
                    left, rows, parts = left[1:], 0, 0
        return report

    async def _one_by_one(
        self, report: RetentionReport, kinds: tuple[Kind, ...]
    ) -> RetentionReport:
        """How nights went that began before kinds were forgotten together."""
        for kind in kinds:
            rows, is_done = 0, False
            for _ in range(MOST_PARTS):
                part = await workflow.execute_activity(forget, Forget(kind, report.now), **BRISK)
                rows, is_done = rows + part.rows, part.is_done
                if is_done:
                    break
            report = self._tell(report, Forgotten(kind, rows, is_done))
        return report

    def _tell(self, report: RetentionReport, more: Forgotten) -> RetentionReport:
        self._report = RetentionReport(report.now, (*report.kinds, more))
        workflow.set_current_details(_told(self._report))
        return self._report

    @workflow.query
    def progress(self) -> RetentionReport | None:
        """What is forgotten so far."""
        return self._report


def _told(report: RetentionReport) -> str:
    """The report as a table for operators."""
    lines = [f"| {one.kind.replace('_', ' ')} | {one.rows} |" for one in report.kinds]
    head = [f"{len(lines)} of {len(KINDS) + 2} kinds, as of {report.now:%F %T} UTC", ""]
    return "\n".join([*head, "| kind | rows forgotten |", "|---|---|", *lines])
