"""The relay's third duty: jobs that were kept, and not started by who was killed in between."""

from __future__ import annotations

import structlog

from activities.cause import current_cause
from activities.pictures.batches_reading import FindInterrupted, find_interrupted
from workers.keeping import keep
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
    for each in found:
        await starter.render_batch(each.batch, each.organization_id, current_cause())
    if found:
        log.info("started what was interrupted", jobs=len(found))
    return len(found)
