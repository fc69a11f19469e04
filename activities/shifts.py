"""What activities do part by part: until nothing is left, the time is over or the worker stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import activity


class Shift:
    """So many seconds from now, for one event loop; `is_done` says that no part was left over."""

    def __init__(self, seconds: float) -> None:
        self._clock = asyncio.get_running_loop()
        self._ends_at = self._clock.time() + seconds
        self.is_done = True

    async def work(self, part: Callable[[], Awaitable[tuple[int, bool]]]) -> int:
        """How many rows the parts were about; a part says whether there is more."""
        rows, more = 0, True
        while more and not self.is_over():
            done, more = await part()
            rows += done
        self.is_done = self.is_done and not more
        return rows

    def seconds_left(self) -> float:
        """How long parts may still be begun; below nothing when it is over."""
        return self._ends_at - self._clock.time()

    def is_over(self) -> bool:
        """Whether no part should be begun any more."""
        if activity.in_activity() and activity.is_worker_shutdown():
            return True
        return self._clock.time() > self._ends_at
