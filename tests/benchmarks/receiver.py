"""A receiver of webhooks that costs next to nothing: it answers 200 and tells of the request.

`python -m tests.benchmarks.receiver PORT` runs one that tells nobody.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import uvloop

from workers.ports import LOOPBACK

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that is here in full; `at` is a `perf_counter`, header names are lower-case."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


Take = Callable[[Arrival], None]


@asynccontextmanager
async def receiving(take: Take, port: int = 0) -> AsyncIterator[str]:
    """A receiver in this process; answers its address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(take), LOOPBACK, port, backlog=1024)
    try:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
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
        while self._one():
            self._transport.write(_ANSWER)

    def _one(self) -> bool:
        """Take one request off the buffer, if it is there in full."""
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return False
        self._buffer = rest[length:]
        self._take(Arrival(first.split(" ")[1], headers, rest[:length], perf_counter()))
        return True


async def _serve(port: int) -> None:
    async with receiving(lambda _: None, port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
