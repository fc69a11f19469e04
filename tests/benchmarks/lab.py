"""Where measurements are taken: one running stack for all of them, and servers for the anchors.

The stack always brings its own database and Temporal, whatever the environment names, in a folder
of the checkout: commits meet the disk that a user's would.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

import psycopg

from activities.accounts import CreateOrganization, create_organization
from activities.keys import AuthenticateKey, CreateKey, authenticate_key, create_key
from activities.readiness import read_backlog
from activities.rules.actors import Actor
from schema.settings import load_settings
from tests.benchmarks.authority import Authority
from tests.benchmarks.measure import Lost
from workers.bootstrap import gateways
from workers.ports import LOOPBACK, free_ports
from workers.processes import Child, Command
from workers.stack import STEPS, Stack, Wishes

ROOT = Path(__file__).parents[2]
OPEN = {
    "ALLOW_PRIVATE_TARGETS": "true",
    "ALLOW_HTTP_TARGETS": "true",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "info",
}


SETTLED_WITHIN = 300.0
_VISITS_LEFT = "SELECT FROM scan_batch LIMIT 1"


@dataclass(frozen=True)
class Tenant:
    """An organization of a benchmark, through a studio key of its own."""

    actor: Actor
    key: str


class Lab:
    """Hands out what measurements need; `say` tells what is being done."""

    def __init__(self, *, tiny: bool, say: Callable[[str], None]) -> None:
        self.tiny = tiny
        self.say = say
        inkloom = ROOT / ".inkloom"
        inkloom.mkdir(mode=0o700, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="bench-", dir=inkloom))
        self.authority = Authority(self.folder / "authority.pem")
        self._stack: Stack | None = None

    @asynccontextmanager
    async def stack(self) -> AsyncIterator[Stack]:
        """The running stack, started when first asked for, with its operations open to us."""
        if self._stack is None:
            self.say("starting a stack")
            trusted = {"SSL_CERT_FILE": str(self.authority.path)}
            wishes = Wishes(self.folder / "data", headless=True, env=OPEN | trusted)
            stack = Stack(wishes, load_settings(database_url="", temporal_address=""))
            await asyncio.to_thread(stack.start, lambda _: None)
            self._stack = stack
        async with gateways(self._stack.settings):
            await self._settle(self._stack)
            yield self._stack

    async def _settle(self, stack: Stack) -> None:
        """Wait until the visits of what was measured before are rolled up: that takes a core."""
        async with await psycopg.AsyncConnection.connect(stack.database_url) as database:
            await database.set_autocommit(True)

            async def is_left() -> bool:
                return await (await database.execute(_VISITS_LEFT)).fetchone() is not None

            if not await is_left():
                return
            self.say("waiting until earlier visits are rolled up")
            deadline = perf_counter() + SETTLED_WITHIN
            while await is_left():
                if perf_counter() > deadline:
                    raise Lost(f"visits were not rolled up within {SETTLED_WITHIN:g} s")
                await asyncio.sleep(0.5)

    async def prepared_folder(self) -> Path:
        """The data folder of a stack that has run and is stopped."""
        if not (self.folder / "data").exists():
            async with self.stack():
                pass
        self.say("stopping the stack")
        await self._stop()
        return self.folder / "data"

    @asynccontextmanager
    async def server(
        self, module: str, env: Mapping[str, str] = MappingProxyType({})
    ) -> AsyncIterator[tuple[str, int]]:
        """A process that runs `python -m module PORT`; its address and pid when it listens."""
        port = free_ports(1)[0]
        argv = (sys.executable, "-m", module, str(port))
        child = Child(Command(argv, ROOT, self.folder / f"{module}.log", STEPS, env))
        try:
            await until(lambda: listens(port), f"{module} to listen", 20)
            yield f"http://{LOOPBACK}:{port}", child.pid
        finally:
            await asyncio.to_thread(child.stop)

    async def close(self) -> None:
        """Stop what runs and delete the folder."""
        await self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _stop(self) -> None:
        stack, self._stack = self._stack, None
        if stack is not None:
            await asyncio.to_thread(stack.stop)


async def a_tenant(slug: str) -> Tenant:
    """A new organization without limits of a plan."""
    organization = await create_organization(
        CreateOrganization(
            name=slug.title(),
            slug=slug,
            owner_email=f"{slug}@example.com",
            owner_name="Ada",
            plan="enterprise",
        )
    )
    secret = (await create_key(CreateKey(organization.id, "studio", "bench"))).secret
    return Tenant(await authenticate_key(AuthenticateKey("studio", secret)), secret)


async def quiet(seconds: float = 20) -> None:
    """Wait until no event of an earlier measurement waits to be told."""
    began = perf_counter()
    while perf_counter() - began < seconds:
        backlog = await read_backlog()
        if not (backlog.waiting_events or backlog.waiting_batches or backlog.undelivered):
            return
        await asyncio.sleep(0.1)
    raise Lost(f"the outbox was not empty after {seconds:g} s")


async def until(true: Callable[[], bool], what: str, seconds: float) -> None:
    """Look every 2 ms until it is true. Raises `Lost` when the seconds are over."""
    deadline = perf_counter() + seconds
    while not true():
        if perf_counter() > deadline:
            raise Lost(f"waited {seconds:g} s for {what}")
        await asyncio.sleep(0.002)


def listens(port: int) -> bool:
    """Whether somebody takes connections at the port."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False
