"""kill -9, and what a supervisor does after it."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.journeys.conftest import until
from workers.stack import Stack

VICTIMS = ("work", "relay", "serve", "temporal", "postgresql")
"""Every process that a promise has to survive; the servers keep their files."""


async def kill_and_restart(stack: Stack, victim: str) -> None:
    """End it without a word, and start it again."""
    os.kill(stack.pids()[victim], signal.SIGKILL)
    if victim in ("temporal", "postgresql"):
        server = stack._temporal if victim == "temporal" else stack._postgres
        assert server is not None
        await until(lambda: not server.alive)
        await asyncio.to_thread(server.start)
        return
    await until(lambda: not stack.children[victim].alive)
    await until(lambda: stack.restart_dead() == [victim])
