"""What many tests of a module stand on: made once, and after each of them as it was before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.gateways.clock import FixedClock
from activities.gateways.drawers import Drawers
from activities.keys import forget_key
from activities.outside import Outside
from tests.conftest import NOW, a_connection, a_world
from tests.fakes.listener import Names


@dataclass(frozen=True)
class Stage:
    """A world and a connection on which one test plays after the other."""

    database: AsyncConnection
    world: Outside
    clock: FixedClock

    @asynccontextmanager
    async def scene(self) -> AsyncIterator[AsyncConnection]:
        """One test: what it writes is rolled back, the clock is put back, keys are looked up anew.

        Half of an answer may still be read when the other half said that there is none.
        """
        before = asyncio.all_tasks()
        self.clock.moment = NOW
        for (secret_hash,) in await self.database.execute(text("SELECT secret_hash FROM api_key")):
            forget_key(secret_hash)
        await self.database.execute(text("SAVEPOINT scene"))
        yield self.database
        if late := asyncio.all_tasks() - before - {asyncio.current_task()}:
            await asyncio.wait(late, timeout=5)
        await self.database.execute(text("ROLLBACK TO SAVEPOINT scene"))


@asynccontextmanager
async def a_stage(engine: AsyncEngine, drawers: Drawers) -> AsyncIterator[Stage]:
    """Everything that is made before the first scene stays for all of them."""
    clock = FixedClock(NOW)
    nobody = Names(OSError("nobody knows this name"))
    async with a_world(clock, nobody, drawers) as world, a_connection(engine) as database:
        yield Stage(database, world, clock)
