"""The promise: what ends is announced as ended, and who wants it is told before, each once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from temporalio import workflow

from activities.expiry.ending import EndAssets, end_assets
from activities.expiry.warning import WarnOfEnds, warn_of_ends
from workflows.periods import scheduled_time
from workflows.policies import BRISK


@dataclass(frozen=True)
class Expiry:
    """What was announced, as it was at `now`."""

    now: datetime
    warnings: int = 0
    codes: int = 0
    links: int = 0


@workflow.defn
class ExpireAssets:
    """Warn first, then announce ends, a minute's work at a time until nothing is left."""

    def __init__(self) -> None:
        self._expiry: Expiry | None = None

    @workflow.run
    async def run(self) -> Expiry:
        now = scheduled_time()
        self._tell(Expiry(now))
        is_done = False
        while not is_done:
            warned = await workflow.execute_activity(warn_of_ends, WarnOfEnds(now), **BRISK)
            self._tell(Expiry(now, warned.codes + warned.links))
            is_done = warned.is_done
        is_done = False
        while not is_done:
            ended = await workflow.execute_activity(end_assets, EndAssets(now), **BRISK)
            self._tell(Expiry(now, 0, ended.codes, ended.links))
            is_done = ended.is_done
        return self.progress() or Expiry(now)

    def _tell(self, more: Expiry) -> None:
        so_far = self._expiry or Expiry(more.now)
        self._expiry = replace(
            so_far,
            warnings=so_far.warnings + more.warnings,
            codes=so_far.codes + more.codes,
            links=so_far.links + more.links,
        )
        told = self._expiry
        workflow.set_current_details(
            f"as of {told.now:%F %T} UTC: **{told.warnings}** warnings, **{told.codes}** codes "
            f"and **{told.links}** links deactivated"
        )

    @workflow.query
    def progress(self) -> Expiry | None:
        """What was announced so far."""
        return self._expiry
