"""The relay's other duty: now and then it forgets what is over."""

from __future__ import annotations

import asyncio

import structlog
from prometheus_client import Counter

from activities.sweeping import SweepExpired, sweep_expired
from workers.keeping import keep

FIRST_SECONDS = 60.0
PAUSE_SECONDS = 600.0

SWEPT = Counter("inkloom_swept_rows", "Rows forgotten because they were over")

log = structlog.get_logger("inkloom.sweep")


async def keep_swept() -> None:
    """Sweep until cancelled: a minute after the start, then every ten minutes."""
    await asyncio.sleep(FIRST_SECONDS)
    await keep("sweep", sweep_all, PAUSE_SECONDS)


async def sweep_all() -> None:
    """Sweep until nothing is left."""
    rows, is_done = 0, False
    while not is_done:
        swept = await sweep_expired(SweepExpired())
        rows, is_done = rows + swept.rows, swept.is_done
    SWEPT.inc(rows)
    if rows:
        log.info("swept", rows=rows)
