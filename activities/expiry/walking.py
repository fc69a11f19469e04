"""Very many assets in the order of their ends: part after part, each in its own transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from activities.shifts import Shift

AT_ONCE = 250
"""Assets of one transaction: what it holds is free again within some tenths of a second."""

PAUSE_SECONDS = 0.01
"""Between two transactions: who serves visits gets in between."""


NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Place:
    """How far a walk is: behind this asset."""

    expires_at: datetime = datetime(1, 1, 2, tzinfo=UTC)
    id: UUID = NOBODY

    @property
    def values(self) -> dict[str, Any]:
        """The place as statements take it."""
        return {"after_at": self.expires_at, "after_id": self.id}


@dataclass(frozen=True)
class Step:
    """What one transaction did: `told` events, and the place behind its last asset, None when
    there was none left.
    """

    told: int
    place: Place | None


class Walk:
    """Steps until nothing is left, `seconds` are over or the worker stops.

    What others hold is left for the next walk.
    """

    def __init__(self, seconds: float) -> None:
        self._shift = Shift(seconds)

    async def along(self, step: Callable[[Place], Awaitable[Step]]) -> tuple[int, bool]:
        """How many events the steps told, and whether nothing is left."""
        place, told = Place(), 0
        while not self._shift.is_over():
            done = await step(place)
            told += done.told
            if done.place is None:
                return told, True
            place = done.place
            await asyncio.sleep(PAUSE_SECONDS)
        return told, False


def place_behind(rows: Sequence[Any]) -> Place | None:
    """The place behind the last of some rows that were asked for `AT_ONCE`; None when they were
    the last ones.
    """
    return Place(rows[-1].expires_at, rows[-1].id) if len(rows) == AT_ONCE else None
