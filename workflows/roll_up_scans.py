"""The promise: scans are in their totals soon, and what is over of them is forgotten.

One run is about an hour: a look after the storage, and one long round after the other beside it.
Then the next run follows by itself, so that no history grows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from temporalio import workflow

from activities.statistics.keeping import KeepRolledUp, keep_rolled_up
from activities.statistics.storage import KeepScanStorage, keep_scan_storage
from workflows.policies import BRISK


@dataclass(frozen=True)
class Rolling:
    """How many rounds a run has, each of `seconds`; `scans` are those of the runs before."""

    rounds: int = 30
    seconds: float = 120.0
    scans: int = 0


@dataclass(frozen=True)
class RollingProgress:
    """How many scans were rolled up, by this run and those before; and what was left, if any."""

    scans: int
    oldest_waiting: datetime | None = None


@workflow.defn
class RollUpScans:
    """Roll up without end, and look after the storage once in a run."""

    def __init__(self) -> None:
        self._progress = RollingProgress(0)

    @workflow.run
    async def run(self, rolling: Rolling) -> None:
        self._progress = RollingProgress(rolling.scans)
        # Not waited for: totals are kept up while something is wrong with the storage.
        workflow.start_activity(keep_scan_storage, KeepScanStorage(), **BRISK)
        for number in range(rolling.rounds):
            report = await workflow.execute_activity(
                keep_rolled_up, KeepRolledUp(rolling.seconds), **BRISK
            )
            scans = self._progress.scans + report.scans
            self._progress = RollingProgress(scans, report.oldest_waiting)
            left = f"since {report.oldest_waiting:%F %T} UTC" if report.oldest_waiting else "none"
            workflow.set_current_details(
                f"round {number + 1} of {rolling.rounds}: **{report.scans}** scans rolled up, "
                f"waiting: **{left}**"
            )
        workflow.continue_as_new(replace(rolling, scans=self._progress.scans))

    @workflow.query
    def progress(self) -> RollingProgress:
        """How far it is, as of the last round that ended."""
        return self._progress
