"""A client for redirects: requests made beforehand, kept connections, one under way on each."""

from __future__ import annotations

import asyncio
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from time import perf_counter
from typing import cast

from tests.benchmarks.measure import Lost
from workers.ports import LOOPBACK

STUCK_SECONDS = 30.0

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Visit:
    """A request in bytes, and what its answer must have in its head."""

    request: bytes
    location: bytes


@dataclass
class Load:
    """What a slice of load came to; `times` are seconds from request to answer, `wrong` answers
    that are no 302 to the right place.
    """

    seconds: float = 0.0
    times: array[float] = field(default_factory=lambda: array("d"))
    wrong: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds


async def put_load(
    port: int, visits: Sequence[Visit], *, at_once: int, seconds: float = 0.0, once: bool = False
) -> Load:
    """Make visits over `at_once` connections until the seconds are over, and finish each.

    Every connection walks through all visits, each from a place of its own; with `once` they share
    the visits, and it ends when each was made. Raises `Lost` for a wrong answer and for a
    connection that is closed or silent.
    """
    loop, load = asyncio.get_running_loop(), Load()
    parts = [visits[n::at_once] if once else visits for n in range(min(at_once, len(visits) or 1))]
    if not once:
        parts = [visits] * at_once
    connections = [
        (await loop.create_connection(lambda p=p, n=n: _Visitor(load, p, n), LOOPBACK, port))[1]  # type: ignore[misc]
        for p, n in zip(parts, count(0, 0 if once else 7), strict=False)
    ]
    began = perf_counter()
    try:
        for connection in connections:
            connection.begin(until=inf if once else began + seconds, most=once)
        async with asyncio.timeout(seconds + STUCK_SECONDS):
            await asyncio.gather(*(connection.done for connection in connections))
    except (TimeoutError, ConnectionError) as fault:
        raise Lost(f"a visit got no answer ({fault or 'out of time'})") from fault
    finally:
        for connection in connections:
            connection.transport.close()
    load.seconds = perf_counter() - began
    if load.wrong:
        raise Lost(f"{len(load.wrong)} of {len(load.times)} visits: {load.wrong[0][:80]!r}")
    return load


class _Visitor(asyncio.Protocol):
    """One connection; `done` when its last answer is here."""

    def __init__(self, load: Load, visits: Sequence[Visit], first: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._load, self._visits, self._next = load, visits, first
        self._buffer = b""
        self._sent = self._until = 0.0
        self._left = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def begin(self, until: float, *, most: bool) -> None:
        self._until = until
        self._left = len(self._visits) if most else -1
        self._send(perf_counter())

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        if len(self._buffer) < head + 4 + (int(length[1]) if length else 0):
            return
        now = perf_counter()
        self._load.times.append(now - self._sent)
        if not self._buffer.startswith(b"HTTP/1.1 302") or self._location not in self._buffer:
            self._load.wrong.append(self._buffer)
        self._buffer = b""
        if now < self._until and self._left:
            self._send(now)
        else:
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the connection was closed"))

    def _send(self, now: float) -> None:
        visit = self._visits[self._next % len(self._visits)]
        self._next += 1
        self._left -= 1
        self._location = visit.location
        self._sent = now
        self.transport.write(visit.request)
