"""Real servers on loopback over one desk: with the quick protocol, and with uvicorn's own."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from activities.visits.desk import Desk
from api.app import make_app
from api.visit_protocol import make_protocol

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


class _Server(uvicorn.Server):
    """Leaves signals to the test run."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Entrance:
    """The application, and how many requests it was given."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.entered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.entered += 1
        await self._application(scope, receive, send)


@dataclass
class Place:
    """A server that runs."""

    port: int
    entrance: Entrance
    _server: uvicorn.Server
    _serving: asyncio.Task[None]

    def ask_to_stop(self) -> None:
        """As SIGTERM does."""
        self._server.should_exit = True

    async def stopped(self) -> None:
        """Wait for the end of it."""
        await asyncio.wait_for(asyncio.shield(self._serving), 15)


@dataclass(frozen=True)
class Answer:
    """What came back; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def lasting(self) -> tuple[int, dict[str, str], bytes]:
        """All that is the same whenever it is asked."""
        passing = ("date", "x-request-id")
        headers = {name: text for name, text in self.headers.items() if name not in passing}
        return self.status, headers, self.body


@asynccontextmanager
async def a_server(
    desk: Desk, *, quick: bool, trusted: tuple[str, ...] = ()
) -> AsyncIterator[Place]:
    """A server over this desk, with or without the quick protocol."""
    proxies = [ipaddress.ip_network(one) for one in trusted]

    async def here() -> bool:
        return True

    application = make_app(
        temporal_here=here, trusted_proxies=proxies, public_url="https://ink.test", desk=desk
    )
    entrance = Entrance(application)
    config: dict[str, Any] = {
        "http": make_protocol(desk, proxies) if quick else "httptools",
        "lifespan": "off",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": 10,
    }
    server = _Server(uvicorn.Config(entrance, **config))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listening]))
        try:
            while not server.started:
                await asyncio.sleep(0.005)
            yield Place(listening.getsockname()[1], entrance, server, serving)
        finally:
            server.should_exit = True
            await serving


def request(target: str, method: str = "GET", version: str = "1.1", **headers: str) -> bytes:
    """A request's head; names of headers have underscores for their hyphens."""
    given = {"host": "ink.test", "user-agent": PHONE}
    given.update({name.replace("_", "-"): text for name, text in headers.items()})
    lines = "".join(f"{name}: {text}\r\n" for name, text in given.items())
    return f"{method} {target} HTTP/{version}\r\n{lines}\r\n".encode("latin-1")


class Line:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *raw: bytes) -> None:
        """In one piece."""
        self.writer.write(b"".join(raw))
        await self.writer.drain()

    async def answer(self, method: str = "GET") -> Answer:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): text for name, text in pairs}
        assert len(headers) == len(pairs), head
        length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
        body = await asyncio.wait_for(self.reader.readexactly(length), 20)
        return Answer(int(first.split(" ")[1]), headers, body)

    async def ask(self, target: str, method: str = "GET", **headers: str) -> Answer:
        await self.send(request(target, method, **headers))
        return await self.answer(method)

    async def is_over(self) -> bool:
        """Whether the server has ended the connection; waits a moment for it."""
        return await asyncio.wait_for(self.reader.read(), 5) == b""


@asynccontextmanager
async def a_line(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
