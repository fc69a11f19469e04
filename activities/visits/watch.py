"""Hears of changes that visits depend on: at once by NOTIFY, and by looking every second.

Triggers write each change into `route_change` and notify. Looking there heals what a lost
notification leaves: nothing stays remembered for longer than two seconds after it changed.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import monotonic

import structlog

from activities.visits.memory import Memory
from schema.db import DatabaseAway
from schema.direct import Direct, hear

CHANNEL = "inkloom_routes"
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
OVERLAP_SECONDS = 15.0
"""Changes become visible when they are committed, not in the order of their numbers: each look goes
back as far as this."""

LOOKED = """
SELECT id, changed FROM route_change
WHERE changed_at > clock_timestamp() - make_interval(secs => %(seconds)s) ORDER BY id
"""

log = structlog.get_logger("inkloom.watch")


class Watch:
    """Keeps one memory true, from `start` to `stop`."""

    def __init__(self, memory: Memory, *, overlap: float = OVERLAP_SECONDS) -> None:
        self._memory = memory
        self._overlap = overlap
        self._direct = Direct(patience=PATIENCE_SECONDS)
        self._seen: set[int] = set()
        self._looked_at = monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen and to look."""
        self._looked_at = monotonic()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look())]

    async def stop(self) -> None:
        """Hear no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._direct.close()

    async def look(self) -> None:
        """Look once. Raises `DatabaseAway`."""
        rows = await self._direct.read(LOOKED, {"seconds": self._overlap})
        if monotonic() - self._looked_at > self._overlap / 2:
            # For so long nobody could look, and others may have changed anything meanwhile.
            log.info("everything remembered is forgotten after a silence")
            self._memory.forget_all()
        self._looked_at = monotonic()
        for number, changed in rows:
            if number not in self._seen:
                self._memory.forget(changed)
        self._seen = {number for number, _ in rows}

    async def _look(self) -> None:
        while True:
            try:
                await self.look()
            except DatabaseAway:
                pass
            except Exception:
                log.exception("a change cannot be read; everything remembered is forgotten")
                self._memory.forget_all()
            await asyncio.sleep(LOOK_SECONDS)

    async def _listen(self) -> None:
        has_listened = False
        while True:
            try:
                async with aclosing(hear(CHANNEL)) as heard:
                    async for payload in heard:
                        if not payload:
                            # What was told while nobody listened may have begun long before.
                            if has_listened:
                                self._memory.forget_all()
                            has_listened = True
                            continue
                        number, _, changed = payload.partition(" ")
                        if int(number) not in self._seen:
                            self._seen.add(int(number))
                            self._memory.forget(changed)
            except DatabaseAway:
                await asyncio.sleep(LOOK_SECONDS)
            except Exception:
                log.exception("a change cannot be heard; everything remembered is forgotten")
                self._memory.forget_all()
                await asyncio.sleep(LOOK_SECONDS)
