"""API processes beside the one of a stack."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from tests.journeys.conftest import until
from workers.ports import LOOPBACK, free_ports
from workers.processes import Child, Command
from workers.stack import STEPS, Stack


@dataclass(frozen=True)
class Api:
    """A process that answers."""

    pid: int
    port: int
    client: httpx.AsyncClient


@asynccontextmanager
async def another_api(
    stack: Stack, folder: Path, env: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Api]:
    """One more process with the settings of the stack's own, but for its port and what `env` says.

    It writes its log into the folder.
    """
    port = free_ports(1)[0]
    own = {**stack._env(), "PORT": str(port), **env}
    argv = (sys.executable, "-m", "workers.cli", "serve")
    child = Child(Command(argv, Path(__file__).parents[2], folder / "serve.log", STEPS, own))
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client:
            await until(lambda: _is_ready(client), 60)
            yield Api(child.pid, port, client)
    finally:
        child.stop()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/api/status/")).status_code == 200
    except httpx.TransportError:
        return False
