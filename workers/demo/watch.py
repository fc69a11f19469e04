"""Watches over the stack while the demo runs: a role that dies is started again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from workers.processes import StartFailed
from workers.stack import Stack

LOOK_SECONDS = 0.2
PIDS = "processes.json"


@dataclass(frozen=True)
class Restart:
    """A role died and was started again, when so many events had been received."""

    role: str
    events_received: int


class Watch:
    """Keeps the roles alive and `processes.json` (process ids by name) up to date."""

    def __init__(
        self,
        stack: Stack,
        console: Console,
        received: Callable[[], int],
        asked_to_stop: threading.Event,
    ) -> None:
        self.restarts: list[Restart] = []
        self._stack, self._console, self._received = stack, console, received
        self._asked_to_stop = asked_to_stop

    async def run(self) -> None:
        """Watch until asked to stop. Raises `StartFailed` when an embedded server dies."""
        self._write_pids()
        while not self._asked_to_stop.is_set():
            if server := self._stack.dead_server():
                raise StartFailed(server, f"has died; see its log in {self._stack.data_dir}/logs")
            for role in self._stack.restart_dead():
                self.restarts.append(Restart(role, self._received()))
                self._console.print(f"[yellow]! {role} had died and was started again[/yellow]")
                self._write_pids()
            await asyncio.sleep(LOOK_SECONDS)

    def _write_pids(self) -> None:
        path: Path = self._stack.data_dir / PIDS
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(self._stack.pids()))
        draft.replace(path)
