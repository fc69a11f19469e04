"""A whole Inkloom of real processes, and a receiver that keeps what it gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest
import pytest_asyncio
from aiohttp import web
from standardwebhooks import Webhook

from schema.settings import load_settings
from workers.first_run import ensure_local_key
from workers.stack import Stack, Wishes

OPEN = {
    "ALLOW_PRIVATE_TARGETS": "true",
    "ALLOW_HTTP_TARGETS": "true",
    "TRUSTED_PROXIES": "127.0.0.1/32",
    "CRON_SECRET": "a-secret-of-these-journeys",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "info",
}
PERSON = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
}


@dataclass
class Inbox:
    """A receiver: verifies every message, keeps it, and answers what the test wants."""

    url: str = ""
    secret: str = ""
    status: int = 200
    messages: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    refused: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """While cleared, a message is taken and not answered."""

    def __post_init__(self) -> None:
        self.open.set()

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.text()
        Webhook(self.secret).verify(body, dict(request.headers))
        if self.status >= 300:
            self.refused += 1
            return web.Response(status=self.status)
        self.messages.append((request.headers["webhook-id"], json.loads(body)))
        await self.open.wait()
        return web.Response(status=self.status)

    def kinds(self) -> list[object]:
        return [message["type"] for _, message in self.messages]


@dataclass
class Studio:
    """A running stack, a client with its key, and a receiver that is subscribed."""

    stack: Stack
    client: httpx.AsyncClient
    inbox: Inbox

    async def create(self, destination: str) -> str:
        made = await self.client.post("/api/v1/dynamic/", json={"destination_url": destination})
        assert made.status_code == 201, made.text
        return str(made.json()["short_id"])

    async def visit(self, code: str) -> httpx.Response:
        return await self.client.get(f"/q/{code}", headers=PERSON)


@pytest.fixture(scope="session")
def stack(server_folder: Path) -> Iterator[Stack]:
    wishes = Wishes(server_folder / "stack", env=OPEN)
    stack = Stack(wishes, load_settings())
    stack.start(lambda _: None)
    yield stack
    stack.stop()


@pytest_asyncio.fixture
async def studio(stack: Stack) -> AsyncIterator[Studio]:
    """The stack with a subscribed receiver of this test."""
    loop = asyncio.get_running_loop()
    key = await loop.run_in_executor(None, ensure_local_key, stack.settings, stack.data_dir)
    inbox = Inbox()
    application = web.Application()
    application.router.add_post("/hook", inbox.receive)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    inbox.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    async with httpx.AsyncClient(
        base_url=stack.api, headers={"X-Api-Key": key.secret}, timeout=10
    ) as client:
        await until(lambda: _is_told(stack))
        hook = {"url": inbox.url, "events": ["qr.*"], "retry_policy": [1, 1, 2, 4, 8, 8]}
        made = await client.post("/api/v1/webhooks/", json=hook)
        assert made.status_code == 201, made.text
        inbox.secret = made.json()["secret"]
        yield Studio(stack, client, inbox)
    # Else every event of later tests would be tried, and tried again, at a receiver that is gone.
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        gone = "UPDATE endpoint SET deleted_at = now() WHERE id = %s"
        await connection.execute(gone, (made.json()["id"],))
    await runner.cleanup()


async def _is_told(stack: Stack) -> bool:
    """Whether all that happened has left the outbox.

    Tests share an organization, and its events go to the endpoints there are when the relay takes
    them: after a test that stopped PostgreSQL this may be some seconds later.
    """
    waiting = "SELECT EXISTS (SELECT FROM event WHERE dispatched_at IS NULL)"
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        row = await (await connection.execute(waiting)).fetchone()
    return row == (False,)


async def until(true: Callable[[], Awaitable[bool] | bool], seconds: float = 30) -> None:
    """Wait for it, or fail."""
    async with asyncio.timeout(seconds):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.05)
