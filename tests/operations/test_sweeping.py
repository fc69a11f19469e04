"""What is over is forgotten, what is not stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.idempotency import Once, once
from activities.meters import Take, take
from activities.retention.forgetting import Forget, forget
from activities.rules.throttles import Throttle
from activities.sweeping import SweepExpired, Swept, sweep_expired

pytestmark = pytest.mark.usefixtures("database", "world")

TABLES = ("idempotency_key", "rate_bucket")


async def counts(database: AsyncConnection) -> list[int]:
    return [await database.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES]


async def _answer() -> bytes:
    return b"answer"


async def test_what_is_over_goes_in_bounded_turns(
    database: AsyncConnection, clock: FixedClock
) -> None:
    for n in range(3):
        await take(Take(Throttle("t", 1, 5), str(n)))
    assert await sweep_expired(SweepExpired()) == Swept(0, is_done=True)
    clock.moment += timedelta(hours=25)
    assert await sweep_expired(SweepExpired(limit=2)) == Swept(2, is_done=False)
    assert await sweep_expired(SweepExpired(limit=2)) == Swept(1, is_done=True)
    assert await counts(database) == [0, 0]


async def test_answers_that_are_over_are_left_to_the_night_and_its_report(
    database: AsyncConnection, clock: FixedClock
) -> None:
    for n in range(3):
        await once(Once(UUID(int=1), f"k{n}", b"x", _answer))
    clock.moment += timedelta(hours=25)
    assert not (await once(Once(UUID(int=1), "k0", b"other", _answer))).is_replay
    assert await sweep_expired(SweepExpired()) == Swept(0, is_done=True)
    assert await counts(database) == [3, 0]
    gone = await forget(Forget("idempotency_keys", clock.moment))
    assert (gone.rows, await counts(database)) == (2, [1, 0])
