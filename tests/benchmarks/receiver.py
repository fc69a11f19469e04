"""A receiver of webhooks that costs next to nothing: it answers 200 and tells of the request.

`python -m tests.benchmarks.receiver PORT` runs one that tells nobody.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import uvloop

from workers.ports import LOOPBACK

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
_REFUSAL = b"HTTP/1.1 500 Broken\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nbad"

HANGS, FAILS = "/hangs", "/fails"
"""Paths of receivers that take a message and answer nothing, or 500; nobody is told of either."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that is here in full; `at` is a `perf_counter`, header names are lower-case."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


Take = Callable[[Arrival], None]


@asynccontextmanager
async def receiving(
    take: Take, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """A receiver in this process; answers its address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(take), LOOPBACK, port, backlog=1024, ssl=tls
    )
    scheme = "http" if tls is None else "https"
    try:
        yield f"{scheme}://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class _Connection(asyncio.Protocol):
    """Requests with a Content-Length, one after the other."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (path := self._one()) is not None:
            if not path.startswith(HANGS):
                self._transport.write(_REFUSAL if path.startswith(FAILS) else _ANSWER)

    def _one(self) -> str | None:
        """Take one request off the buffer, if it is there in full; its path."""
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        path = first.split(" ")[1]
        if not path.startswith((HANGS, FAILS)):
            self._take(Arrival(path, headers, rest[:length], perf_counter()))
        return path


async def _serve(port: int) -> None:
    async with receiving(lambda _: None, port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
