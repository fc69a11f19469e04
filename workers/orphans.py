"""The relay's fourth duty: messages that no workflow is about any more are tried all the same."""

from __future__ import annotations

import structlog
from prometheus_client import Counter

from activities.deliveries.orphans import FindOrphans, Orphan, find_orphans
from workers.keeping import keep
from workers.starting import each
from workflows.retries import adopt
from workflows.starter import Starter

PAUSE_SECONDS = 600.0

FOUND = Counter("inkloom_webhooks_found_again", "Deliveries that no workflow was about any more")

log = structlog.get_logger("inkloom.orphans")


async def keep_adopting(starter: Starter) -> None:
    """Look for them until cancelled."""

    async def look() -> None:
        await adopt_all(starter)

    await keep("orphans", look, PAUSE_SECONDS)


async def adopt_all(starter: Starter, page: int = 200) -> int:
    """Give each of them a workflow; how many had none."""
    adopted: list[Orphan] = []

    async def take(orphan: Orphan) -> None:
        if await adopt(starter, orphan):
            adopted.append(orphan)

    found = await find_orphans(FindOrphans(limit=page))
    while found:
        _, away = await each(found, take, lambda orphan: orphan.id)
        if away:
            raise away
        if len(found) < page:
            break
        found = await find_orphans(FindOrphans(found[-1].id, page))
    FOUND.inc(len(adopted))
    if adopted:
        log.warning("webhooks found that no workflow was about", deliveries=len(adopted))
    return len(adopted)
