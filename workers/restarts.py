"""The relay's third duty: jobs that were kept, and not started by who was killed in between."""

from __future__ import annotations

import structlog

from activities.cause import current_cause
from activities.pictures.batches_reading import FindInterrupted, Interrupted, find_interrupted
from workers.keeping import keep
from workers.starting import each
from workflows.starter import Starter

PAUSE_SECONDS = 30.0

log = structlog.get_logger("inkloom.restarts")


async def keep_started(starter: Starter) -> None:
    """Look for such jobs until cancelled."""

    async def look() -> None:
        await start_interrupted(starter)

    await keep("restarts", look, PAUSE_SECONDS)


async def start_interrupted(starter: Starter) -> int:
    """Start what waits; how many. One that was started meanwhile is left as it is."""
    found = await find_interrupted(FindInterrupted())

    async def start(job: Interrupted) -> None:
        await starter.render_batch(job.batch, job.organization_id, current_cause())

    started, away = await each(found, start, lambda job: job.batch.id)
    if started:
        log.info("started what was interrupted", jobs=len(started))
    if away:
        raise away
    return len(started)
