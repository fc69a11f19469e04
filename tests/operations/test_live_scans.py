"""Scans told as they come in: slow clients, those that are behind, a database that goes away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.rules.errors import Forbidden, RateLimited
from activities.statistics.fresh import BeginToWatch, Fresh, ReadFresh, begin_to_watch, read_fresh
from activities.statistics.live import (
    DELAY_MILLISECONDS,
    FURTHEST_BACK,
    MOST_UNREAD,
    Live,
    Pace,
    Watcher,
)
from schema.db import bind, connect, disconnect
from tests.builders.batches import Seen, a_batch
from tests.builders.keys import an_actor
from tests.builders.tenants import an_organization
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

QUICK = Pace(look=0.02)


def milliseconds(seconds: float = 0) -> int:
    return int((NOW + timedelta(seconds=seconds)).timestamp() * 1000)


async def seen(owner: UUID, seconds: float, count: int = 1) -> None:
    """So many scans that were made so many seconds after noon."""
    at = NOW + timedelta(seconds=seconds)
    await a_batch([Seen(uuid4(), owner, at) for _ in range(count)])


async def test_a_range_is_read_once_without_gap_or_overlap() -> None:
    owner, dice = uuid4(), Random(3)
    moments = sorted(dice.uniform(0, 10) for _ in range(100))
    for moment in moments:
        await seen(owner, moment)
    cuts = sorted({milliseconds(dice.uniform(0, 10)) for _ in range(20)})
    edges = [milliseconds(-1), *cuts, milliseconds(11)]
    read = [
        part.total
        for after, until in pairwise(edges)
        for part in await read_fresh(ReadFresh((owner,), after, until))
    ]
    assert sum(read) == 100


async def test_each_is_told_its_own() -> None:
    one, other, third = uuid4(), uuid4(), uuid4()
    await seen(one, 1, 150)
    await seen(other, 2, 2)
    await seen(third, 2, 5)
    asked = ReadFresh((one, other), milliseconds(), milliseconds(3), most=10)
    parts = {part.organization_id: part for part in await read_fresh(asked)}
    assert set(parts) == {one, other}
    assert (parts[one].total, len(parts[one].scans)) == (150, 10)
    ids = [scan.id for scan in parts[one].scans]
    assert ids == sorted(ids)
    assert (parts[other].total, len(parts[other].scans)) == (2, 2)


async def test_who_sees_one_workspace_does_not_watch_all() -> None:
    home = await an_organization()
    await begin_to_watch(BeginToWatch(await an_actor(home, "viewer")))
    with pytest.raises(Forbidden):
        await begin_to_watch(BeginToWatch(await an_actor(home, workspace_id=uuid4())))


async def test_a_client_that_does_not_read_is_let_go() -> None:
    watcher = Watcher(uuid4(), 0)
    for n in range(MOST_UNREAD + 5):
        watcher.tell(Fresh(watcher.organization_id, n, 1, ()))
    assert watcher.is_over
    read = [await watcher.next(0.1) for _ in range(MOST_UNREAD)]
    assert [part.until for part in read if part] == list(range(MOST_UNREAD))
    assert await watcher.next(0.1) is None


async def test_watchers_who_are_behind_are_told_their_own_past(clock: FixedClock) -> None:
    owner = uuid4()
    for second in range(8):
        await seen(owner, second)
    clock.moment = NOW + timedelta(seconds=12)
    live = Live(QUICK)
    now = live.join(owner)
    behind = [live.join(owner, milliseconds(second)) for second in (5, 2)]
    try:
        totals = [part.total if (part := await w.next(2)) else 0 for w in behind]
        # That of the very millisecond was told before.
        assert totals == [2, 5]
        assert await now.next(0.1) is None
    finally:
        for watcher in (now, *behind):
            live.leave(watcher)
    assert live.count() == 0


async def test_what_is_too_young_waits(clock: FixedClock) -> None:
    owner, live = uuid4(), Live(QUICK)
    watcher = live.join(owner)
    await seen(owner, 0)
    clock.moment = NOW + timedelta(milliseconds=DELAY_MILLISECONDS - 1)
    assert await watcher.next(0.2) is None
    clock.moment = NOW + timedelta(milliseconds=DELAY_MILLISECONDS)
    assert await watcher.next(2) is not None
    live.leave(watcher)


async def test_a_database_that_was_away_is_read_from_where_it_ended(
    clock: FixedClock, database: AsyncConnection
) -> None:
    owner, live = uuid4(), Live(QUICK)
    await seen(owner, 1)
    watcher = live.join(owner)
    bind(None)
    await connect("postgresql://nobody@127.0.0.1:1/nowhere")
    clock.moment = NOW + timedelta(seconds=10)
    assert await watcher.next(0.3) is None
    await disconnect()
    bind(database)
    part = await watcher.next(5)
    assert part is not None
    assert part.total == 1
    live.leave(watcher)


async def test_a_database_that_was_away_for_long_is_not_read_from_the_beginning(
    clock: FixedClock,
) -> None:
    owner, live = uuid4(), Live(Pace(look=0.2))
    await seen(owner, 1)
    await seen(owner, 100)
    watcher = live.join(owner)
    clock.moment = NOW + timedelta(seconds=100, milliseconds=FURTHEST_BACK)
    part = await watcher.next(5)
    assert part is not None
    assert part.total == 1
    live.leave(watcher)


async def test_nothing_is_read_when_nobody_watches() -> None:
    live = Live(QUICK)
    watcher = live.join(uuid4())
    live.leave(watcher)
    live.leave(watcher)
    await asyncio.sleep(0.1)
    assert live._reading is not None
    assert live._reading.done()


async def test_a_stopped_one_takes_nobody() -> None:
    live = Live(QUICK)
    watcher = live.join(uuid4())
    live.stop()
    assert watcher.is_over
    assert await watcher.next(1) is None
    with pytest.raises(RateLimited):
        live.join(uuid4())
    live.leave(watcher)
