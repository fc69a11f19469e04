"""How long `inkloom up` takes on a data folder that it has run in before."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from time import perf_counter

from tests.benchmarks.lab import ROOT, Lab
from tests.benchmarks.measure import Lost, Row, in_turns
from workers.graceful import GRACE_SECONDS
from workers.processes import Child, Command
from workers.stack import STEPS

NAMES = ("start",)

FULL, TINY = 3, 1
LONGEST = 60.0
IMPORTS = "import temporalio, fastapi, sqlmodel"


async def measure(lab: Lab) -> list[Row]:
    """Seconds from the command to its ready file, which it writes when everything answers."""
    folder = await lab.prepared_folder()

    async def up() -> float:
        lab.say("start: inkloom up")
        ready = lab.folder / "ready.json"
        options = ("--data-dir", str(folder), "--ready-file", str(ready), "--quiet")
        argv = (sys.executable, "-m", "workers.cli", "up", *options)
        began = perf_counter()
        child = Child(Command(argv, ROOT, lab.folder / "up.log", _PATIENT, {}))
        try:
            await _ready(child, ready)
            return perf_counter() - began
        finally:
            await asyncio.to_thread(child.stop)

    async def imports() -> float:
        began = perf_counter()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", IMPORTS)
        if await process.wait():
            raise Lost(f"`{IMPORTS}` failed")
        return perf_counter() - began

    value, anchor = await in_turns(TINY if lab.tiny else FULL, up, imports)
    goal = 6
    return [Row("start", value, "s", "Python, 3 imports", anchor, "under 6 s", value < goal)]


_PATIENT = tuple((step, patience + GRACE_SECONDS) for step, patience in STEPS)
"""It waits for its own children before it ends."""


async def _ready(child: Child, ready: Path) -> None:
    deadline = perf_counter() + LONGEST
    while not ready.exists():
        if not child.alive or perf_counter() > deadline:
            raise Lost(f"inkloom up was not ready: {child.said()}")
        await asyncio.sleep(0.01)
