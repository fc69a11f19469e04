"""Tasks that go on for as long as the process does, whatever becomes of one step of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog
from prometheus_client import Counter

from schema.db import DatabaseAway
from workflows.starter import TemporalAway

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0

FAULTS = Counter(
    "inkloom_background_faults",
    "Steps of background tasks that failed though every server was there",
    ["task"],
)

log = structlog.get_logger("inkloom.keeping")

Step = Callable[[], Awaitable[bool | None]]


async def keep(name: str, step: Step, pause: float | None, *, rest: float = 0.0) -> None:
    """Do `step` again and again until cancelled, `pause` seconds after it ended.

    Where `pause` is None the first one that goes well is the last. One that answers True has left
    something to do and is done again at once. After any other one `rest` times as long as it took
    goes by at least. One that fails is done again after `seconds_after` so many failures in a row;
    where only a server is away that is said and counted elsewhere, and `pause` is enough.
    """
    faults = FAULTS.labels(name)
    failures = 0
    while True:
        began = monotonic()
        try:
            has_more = await step()
        except (DatabaseAway, TemporalAway):
            failures += 1
            wait = min(seconds_after(failures), pause or LONGEST_PAUSE_SECONDS)
        except Exception:
            failures += 1
            wait = seconds_after(failures)
            faults.inc()
            log.exception("failed in the background", task=name, again_in_seconds=wait)
        else:
            if pause is None:
                return
            failures, wait = 0, 0.0 if has_more else max(pause, rest * (monotonic() - began))
        if failures:
            wait = max(wait, min(rest * (monotonic() - began), LONGEST_PAUSE_SECONDS))
        await asyncio.sleep(wait)


def seconds_after(failures: int) -> float:
    """Until the next try after so many failures in a row: 1, 2, 4 ... at most 60."""
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 9))
