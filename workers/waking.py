"""The relay's part in webhooks that wait: it lets go those that may, and tells of the others."""

from __future__ import annotations

import structlog
from prometheus_client import Gauge

from activities.deliveries.backlog import EndpointBacklog, ReadBacklogs, read_backlogs
from activities.deliveries.parking import ReleaseParked, release_parked
from activities.deliveries.releasing import Released, TakeReleased, take_released
from workers.keeping import keep
from workers.starting import each, start_batches
from workflows.starter import Starter

LOOK_SECONDS = 1.0
TELL_SECONDS = 15.0
MOST_AT_ONCE = 200
MOST_PARKED = 1000
WAKES_AT_ONCE = 16

WAITING = Gauge(
    "inkloom_webhooks_endpoint_undelivered",
    "Deliveries not finished, of the endpoints that wait longest",
    ["endpoint", "state"],
)
OLDEST = Gauge(
    "inkloom_webhooks_endpoint_oldest_seconds",
    "Age of the oldest of them, throttled and held ones included",
    ["endpoint", "state"],
)

log = structlog.get_logger("inkloom.waking")


async def keep_waking(starter: Starter) -> None:
    """Let go what may until cancelled.

    Looking takes longer the more assets have messages that wait for earlier ones; it is given a
    tenth of the time at most.
    """

    async def look() -> bool:
        sent = await send_parked(starter)
        woken = await wake_released(starter)
        return woken >= MOST_AT_ONCE or sent >= MOST_PARKED

    await keep("waking", look, LOOK_SECONDS, rest=9.0)


async def send_parked(starter: Starter) -> int:
    """Start batches of parked messages that may go; how many messages those have."""
    batches = await release_parked(ReleaseParked(MOST_PARKED))
    await start_batches(starter, batches)
    count = sum(batch.size for batch in batches)
    if count:
        log.info("let held webhooks go", deliveries=count, batches=len(batches))
    return count


async def wake_released(starter: Starter) -> int:
    """Wake deliveries whose endpoint may be sent to again, or whose turn has come; how many.

    One that nobody tries yet is found again some seconds later.
    """
    released = await take_released(TakeReleased(MOST_AT_ONCE))

    async def wake(held: Released) -> None:
        await starter.wake_delivery(held.delivery_id, held.resend)

    _, away = await each(released, wake, lambda held: held.delivery_id, at_once=WAKES_AT_ONCE)
    if away:
        raise away
    if released:
        log.info("woke held webhooks", deliveries=len(released))
    return len(released)


async def keep_telling() -> None:
    """Set the gauges until cancelled."""

    async def tell() -> None:
        tell_backlogs(await read_backlogs(ReadBacklogs()))

    await keep("telling", tell, TELL_SECONDS)


def tell_backlogs(backlogs: tuple[EndpointBacklog, ...]) -> None:
    """Set the gauges to this and nothing else."""
    WAITING.clear()
    OLDEST.clear()
    for told in backlogs:
        labels = (f"whe_{told.endpoint_id.hex}", told.state)
        WAITING.labels(*labels).set(told.waiting)
        OLDEST.labels(*labels).set(told.oldest_seconds)
