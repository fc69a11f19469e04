"""Looks at destinations: all that are due, side by side, or one that somebody asks for.

What a look shows is written down at once. A worker that dies leaves at most the looks that it had
under way, which somebody makes again when their claims are over.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from temporalio import activity

from activities.health.picking import (
    Enrol,
    PickDue,
    Picked,
    PickOfOne,
    PutOff,
    enrol,
    pick_due,
    pick_of_one,
    put_off,
)
from activities.health.recording import Looked, RecordLooks, record_looks
from activities.health.turns import NoTurn, TakeTurn, take_turn
from activities.outside import outside
from activities.run_ends import KeepRunDone, keep_run_done
from activities.shifts import Shift

AT_ONCE = 100
"""Looks under way on one worker."""

ASKING_FOR_TURNS = 4
"""How many of them ask the database for a turn at the same moment."""

GATHER_SECONDS = 0.05
"""How long looks that are over wait for others, to be written down together."""

LONGEST_WAIT = 6.0
"""Seconds for which a look waits for each turn of a host."""

TRIES_FOR_ONE = 120
PAUSE_FOR_ONE = 0.5


@dataclass(frozen=True)
class CheckDueLinks:
    """Look at what is due at `now`, for `seconds` at most; what is left is for the next pass."""

    now: datetime
    seconds: float = 45.0


@dataclass(frozen=True)
class LinksChecked:
    """How many destinations were looked at, put off as their hosts are busy, and changed."""

    looks: int
    put_off: int
    changes: int


@dataclass(frozen=True)
class CheckOneLink:
    """Look at what a link, or a code with this id, leads to now, for the run of this workflow."""

    link_id: UUID
    workflow_id: str | None = None


@activity.defn
async def check_due_links(command: CheckDueLinks) -> LinksChecked:
    """One look at each. Doing it again, or at the same time, looks at what is left."""
    await enrol(Enrol(command.now))
    shift, done = Shift(command.seconds), LinksChecked(0, 0, 0)
    running: dict[asyncio.Task[Looked | Picked], Picked] = {}
    gate = asyncio.Semaphore(ASKING_FOR_TURNS)
    try:
        while True:
            if not shift.is_over():
                free = AT_ONCE - len(running)
                picked = await pick_due(PickDue(command.now, free)) if free else ()
                running.update({asyncio.create_task(_look(one, gate)): one for one in picked})
            if not running:
                return done
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(GATHER_SECONDS)
            over = [task for task in running if task.done()]
            done = await _settle([task.result() for task in over], done)
            for task in over:
                del running[task]
    finally:
        for task in running:
            task.cancel()


@activity.defn
async def check_one_link(command: CheckOneLink) -> LinksChecked:
    """One look at each address that it leads to, but at those whose host is too busy.

    What somebody else looks at is waited for, and then looked at too. When all is done, so is the
    run.
    """
    done = await _look_at_all(command)
    if command.workflow_id is not None:
        await keep_run_done(KeepRunDone(command.workflow_id))
    return done


async def _look_at_all(command: CheckOneLink) -> LinksChecked:
    done, seen = LinksChecked(0, 0, 0), list[UUID]()
    for _ in range(TRIES_FOR_ONE):
        taken = await pick_of_one(PickOfOne(command.link_id, tuple(seen)))
        gate = asyncio.Semaphore(ASKING_FOR_TURNS)
        ended = await asyncio.gather(*(_look(one, gate) for one in taken.picked))
        done = await _settle(list(ended), done)
        seen += [one.url_hash for one in taken.picked]
        if taken.is_all:
            return done
        await asyncio.sleep(PAUSE_FOR_ONE)
    return replace(done, put_off=done.put_off + 1)


async def _look(picked: Picked, gate: asyncio.Semaphore) -> Looked | Picked:
    """The look; what was picked where its host had no turn."""

    async def turn(host: str) -> None:
        async with gate:
            wait = (await take_turn(TakeTurn(host, LONGEST_WAIT))).seconds
        await asyncio.sleep(wait)

    try:
        return Looked(picked, await outside().destinations.look(picked.url, turn))
    except NoTurn:
        return picked


async def _settle(ended: list[Looked | Picked], so_far: LinksChecked) -> LinksChecked:
    looks = tuple(one for one in ended if isinstance(one, Looked))
    waiting = [one for one in ended if isinstance(one, Picked)]
    recorded = await record_looks(RecordLooks(looks)) if looks else None
    for one in waiting:
        await put_off(PutOff(one))
    return LinksChecked(
        so_far.looks + (recorded.looks if recorded else 0),
        so_far.put_off + len(waiting),
        so_far.changes + (recorded.changes if recorded else 0),
    )
