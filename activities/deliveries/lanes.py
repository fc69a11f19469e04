"""How many messages are under way to each endpoint from this process: no more than it allows."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from contextlib import suppress
from uuid import UUID


class Lanes:
    """Places on the way to endpoints. Who waits gets one in the order of coming."""

    def __init__(self) -> None:
        self._taken: Counter[UUID] = Counter()
        self._waiting: dict[UUID, deque[asyncio.Future[None]]] = defaultdict(deque)

    async def enter(self, endpoint_id: UUID, places: int, *, seconds: float) -> bool:
        """Take one of `places`; False when none became free in time. Then do not `leave`."""
        if self._taken[endpoint_id] < places:
            self._taken[endpoint_id] += 1
            return True
        if seconds <= 0:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[endpoint_id].append(turn)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await turn
        except asyncio.CancelledError:
            if _was_given(turn):
                self.leave(endpoint_id)
            raise
        return _was_given(turn)

    def leave(self, endpoint_id: UUID) -> None:
        """Give the place to who waits longest, or free it."""
        waiting = self._waiting.get(endpoint_id)
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._waiting.pop(endpoint_id, None)
        self._taken[endpoint_id] -= 1
        if self._taken[endpoint_id] <= 0:
            del self._taken[endpoint_id]


def _was_given(turn: asyncio.Future[None]) -> bool:
    return turn.done() and not turn.cancelled()
