"""Very many assets in the order of their ends, told of part after part.

Visits go on meanwhile: what a part takes of processors and disk, they wait for. So little is done
at a time, with pauses, and commits wait for no disk. The benchmark `expire` says what visits
notice: with few of them, p99 was twice as long with 250 assets at once, a quarter longer with
commits that wait, and a fifth as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.notices.ends import EndKind, TellOfEnds, tell_of_ends
from activities.outbox import EmitAll, emit_all
from activities.rules.events import Event
from activities.shifts import Shift
from schema.db import commit_lazily, transaction

SLICE = 25
"""Assets of one statement. Statements name the number, so that one plan serves them all."""

SLICES = 4
"""Statements of one transaction: what it holds is free again within a tenth of a second."""

A_SECOND = 1800
"""Assets that are taken at most: 100,000 in less than a minute."""

PAUSE_SECONDS = 0.001
"""Between two statements at least."""

LATE_SECONDS = 0.25

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Telling:
    """What is looked for, and how what is found is told.

    The statement takes `:after_at` and `:after_id` beside the `values`; it answers at most `SLICE`
    rows in order of `expires_at` and `id`, and whether each `is_new`: only these are told. Without
    an `event` only their people hear of them.
    """

    statement: str
    values: Mapping[str, Any]
    event: Callable[[Any, datetime], Event] | None
    kind: EndKind
    noun: Literal["code", "link"]
    now: datetime


@dataclass(frozen=True)
class _Place:
    """How far a walk is: behind this asset."""

    expires_at: datetime = datetime(1, 1, 1, tzinfo=UTC)
    id: UUID = NOBODY

    @property
    def values(self) -> dict[str, Any]:
        return {"after_at": self.expires_at, "after_id": self.id}


class Walk:
    """Steps until nothing is left, `seconds` are over or the worker stops.

    What others hold is left for the next walk.
    """

    def __init__(self, seconds: float) -> None:
        self._shift = Shift(seconds)
        self._next_at = 0.0

    async def along(self, telling: Telling) -> tuple[int, bool]:
        """How many were told of, and whether nothing is left."""
        place, told = _Place(), 0
        while not self._shift.is_over():
            async with transaction() as session:
                await commit_lazily(session)
                rows = await self._rows(session, telling, place)
                told += await _tell(telling, rows)
            if len(rows) < SLICE * SLICES:
                return told, True
            place = _behind(rows)
        return told, False

    async def _rows(self, session: AsyncSession, telling: Telling, place: _Place) -> list[Any]:
        rows: list[Any] = []
        for _ in range(SLICES):
            values = {**telling.values, **place.values}
            some = (await session.execute(text(telling.statement), values)).all()
            rows += some
            if len(some) < SLICE:
                break
            place = _behind(rows)
            await self._pause()
        return rows

    async def _pause(self) -> None:
        """Until the next statement may be begun; what was late is made up for, a little of it."""
        now = asyncio.get_running_loop().time()
        self._next_at = max(self._next_at + SLICE / A_SECOND, now - LATE_SECONDS)
        await asyncio.sleep(max(self._next_at - now, PAUSE_SECONDS))


def _behind(rows: Sequence[Any]) -> _Place:
    return _Place(rows[-1].expires_at, rows[-1].id)


async def _tell(telling: Telling, rows: Sequence[Any]) -> int:
    """Record an event of each that is new, and let the organizations know how many there are."""
    new = [row for row in rows if row.is_new]
    if telling.event is not None:
        await emit_all(EmitAll(tuple(telling.event(row, telling.now) for row in new)))
    whose = tuple(row.organization_id for row in new)
    await tell_of_ends(TellOfEnds(telling.kind, telling.noun, telling.now, whose))
    return len(new)
