"""Scans as they come in, for streams that stay open: one reader for all streams of a process.

It reads once a second what is new since each was told last; between two looks no connection is
held. A scan is told when it is `DELAY_MILLISECONDS` old: until then a batch with an earlier id may
still be committed. What arrives much later, from a disk, is not told here but counted in totals.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextvars import Context
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from activities.outside import outside
from activities.rules.errors import RateLimited
from activities.rules.throttles import Standing
from activities.statistics.fresh import Fresh, ReadFresh, read_fresh
from schema.db import DatabaseAway

DELAY_MILLISECONDS = 2000
FURTHEST_BACK = 30_000
"""Milliseconds that a stream may be behind when it begins or is read for again; it skips more."""

MOST_UNREAD = 60
"""Parts that wait for a slow client; with more of them its stream ends."""

OVER: Final = None

log = structlog.get_logger("inkloom.live")


@dataclass(frozen=True)
class Pace:
    """How often is looked, and how many streams there may be; seconds.

    `heartbeat` is how long a stream is silent at most, `check` how often its credential is looked
    at again, `longest` when it ends, `again` when somebody who was refused should come back.
    """

    look: float = 1.0
    heartbeat: float = 15.0
    check: float = 60.0
    longest: float = 900.0
    again: int = 30
    most_of_one: int = 10
    most: int = 200


class Watcher:
    """One stream's place; to be given back with `Live.leave`."""

    def __init__(self, organization_id: UUID, at: int) -> None:
        self.organization_id = organization_id
        self.at = at
        self._unread: asyncio.Queue[Fresh | None] = asyncio.Queue(MOST_UNREAD + 1)
        self.is_over = False

    async def next(self, seconds: float) -> Fresh | None:
        """What is new, as soon as there is something; None when nothing came in that time."""
        try:
            return await asyncio.wait_for(self._unread.get(), max(seconds, 0))
        except TimeoutError:
            return None

    def tell(self, part: Fresh) -> None:
        """Something is new."""
        if self._unread.qsize() >= MOST_UNREAD:
            self.end()
        elif not self.is_over:
            self._unread.put_nowait(part)

    def end(self) -> None:
        """Nothing will be told any more."""
        if not self.is_over:
            self.is_over = True
            self._unread.put_nowait(OVER)


class Live:
    """One of a process; it reads while anybody watches."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self._watchers: dict[UUID, set[Watcher]] = defaultdict(set)
        self._reading: asyncio.Task[None] | None = None
        self._is_stopped = False

    def join(self, organization_id: UUID, after: int | None = None) -> Watcher:
        """A place from now on, or from the millisecond `after` if that was a moment ago.

        Raises `RateLimited` when the organization or the process has too many, or stops.
        """
        mine = len(self._watchers.get(organization_id, ()))
        pace = self.pace
        if self._is_stopped or mine >= pace.most_of_one or self.count() >= pace.most:
            comes_back = int(outside().clock.now().timestamp()) + pace.again
            raise RateLimited(Standing(pace.most_of_one, 0, comes_back, retry_after=pace.again))
        now = _settled()
        at = now if after is None or not now - FURTHEST_BACK <= after <= now else after
        watcher = Watcher(organization_id, at)
        self._watchers[organization_id].add(watcher)
        if self._reading is None or self._reading.done():
            # Nothing of the request that happened to be the first belongs to the others.
            self._reading = asyncio.get_running_loop().create_task(self._read(), context=Context())
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """The place is free."""
        watcher.end()
        mine = self._watchers.get(watcher.organization_id)
        if mine is not None:
            mine.discard(watcher)
            if not mine:
                del self._watchers[watcher.organization_id]

    @property
    def is_stopped(self) -> bool:
        """Whether streams are to end."""
        return self._is_stopped

    def stop(self) -> None:
        """End all streams, and begin none."""
        self._is_stopped = True
        for mine in self._watchers.values():
            for watcher in mine:
                watcher.end()

    def count(self) -> int:
        """How many streams there are."""
        return sum(map(len, self._watchers.values()))

    async def _read(self) -> None:
        while self._watchers and not self._is_stopped:
            await asyncio.sleep(self.pace.look)
            try:
                await self._look()
            except DatabaseAway:
                continue
            except Exception:
                log.exception("fresh scans could not be read")

    async def _look(self) -> None:
        """Tell everybody what is new; those that were told together are read for together."""
        until = _settled()
        behind: dict[int, list[Watcher]] = defaultdict(list)
        for mine in self._watchers.values():
            for watcher in mine:
                if watcher.at < until:
                    behind[max(watcher.at, until - FURTHEST_BACK)].append(watcher)
        for at, watchers in behind.items():
            owners = tuple({watcher.organization_id for watcher in watchers})
            parts = await read_fresh(ReadFresh(owners, at, until))
            found = {part.organization_id: part for part in parts}
            for watcher in watchers:
                watcher.at = until
                if part := found.get(watcher.organization_id):
                    watcher.tell(part)


def _settled() -> int:
    """The millisecond until which no scan is on its way any more."""
    return int(outside().clock.now().timestamp() * 1000) - DELAY_MILLISECONDS
