"""Totals kept up to date: one round after the other, for some minutes at a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from prometheus_client import Counter, Gauge
from temporalio import activity

from activities.outside import outside
from activities.statistics.rolling import RolledUp, RollUp, roll_up
from schema.db import DatabaseAway

PAUSE_SECONDS = 1.0
"""Between rounds when nothing is left: scans gather meanwhile, and a total is written once."""

LONGEST_PAUSE_SECONDS = 5.0
"""While the database is away."""

ROLLED_UP = Counter("inkloom_scans_rolled_up", "Scans added to their totals")
BEHIND = Gauge("inkloom_scans_behind_seconds", "Age of the oldest visit left for the next round")

log = structlog.get_logger("inkloom.rolling")


@dataclass(frozen=True)
class KeepRolledUp:
    """Roll up for `seconds`."""

    seconds: float = 120.0


@dataclass(frozen=True)
class RollingReport:
    """What was rolled up. `oldest_waiting` is the first visit of what was left, None for nothing.

    `rounds` are those that found something.
    """

    rounds: int
    scans: int
    batches: int
    oldest_waiting: datetime | None


@activity.defn
async def keep_rolled_up(command: KeepRolledUp) -> RollingReport:
    """Roll up about every second, and without pauses while there is more; heartbeats tell how far.

    Ends when the time is over, and at once when the worker stops. Waits for a database that is
    away, and for one that is busy with the same rows.
    """
    clock = asyncio.get_running_loop()
    ends_at, report, pause = clock.time() + command.seconds, RollingReport(0, 0, 0, None), 0.0
    while True:
        try:
            rolled = await roll_up(RollUp())
        except DatabaseAway as fault:
            log.warning("scans wait to be rolled up", reason=str(fault))
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2 or PAUSE_SECONDS)
        else:
            report = _with(report, rolled)
            pause = PAUSE_SECONDS if rolled.oldest_waiting is None else 0.0
        if activity.in_activity():
            activity.heartbeat(report)
        left = ends_at - clock.time()
        if left <= 0 or await _is_stopped_within(min(pause, left)):
            return report


def _with(report: RollingReport, rolled: RolledUp) -> RollingReport:
    ROLLED_UP.inc(rolled.scans)
    oldest = rolled.oldest_waiting
    BEHIND.set((outside().clock.now() - oldest).total_seconds() if oldest else 0)
    return RollingReport(
        report.rounds + (1 if rolled.batches else 0),
        report.scans + rolled.scans,
        report.batches + rolled.batches,
        oldest,
    )


async def _is_stopped_within(seconds: float) -> bool:
    """Wait so long, unless the worker stops."""
    if not activity.in_activity():
        await asyncio.sleep(seconds)
        return False
    with suppress(TimeoutError):
        await asyncio.wait_for(activity.wait_for_worker_shutdown(), seconds)
    return activity.is_worker_shutdown()
