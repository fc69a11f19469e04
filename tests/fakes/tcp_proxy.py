"""A wire between a client and a server that can be held still, cut, and laid again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class TcpProxy:
    """Passes on everything between those who connect to `port` and a server at 127.0.0.1."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self._server_port = server_port
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_words = b""
        self._is_said = False

    def hold(self) -> None:
        """Pass nothing on from now on; the ends do not notice."""
        self._flows.clear()

    def go_on(self) -> None:
        """Pass on what was held, and everything after it."""
        self._flows.set()

    def cut(self) -> None:
        """End every connection; who connects is sent away."""
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def lay(self) -> None:
        """Take new connections."""
        self._is_cut = self._is_said = False
        self._last_words = b""

    def cut_after(self, words: bytes) -> None:
        """Pass these words on to the server, and cut before its answer to them is passed on."""
        self._last_words = words

    async def serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One connection."""
        if self._is_cut:
            back.transport.abort()
            return
        server, there = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._ends |= {back, there}
        up = asyncio.create_task(self._pass(client, there, is_up=True))
        down = asyncio.create_task(self._pass(server, back, is_up=False))
        self._tasks |= {up, down}
        await asyncio.wait((up, down))
        self._tasks -= {up, down}
        self._ends -= {back, there}

    async def close(self) -> None:
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(
        self, source: asyncio.StreamReader, goal: asyncio.StreamWriter, *, is_up: bool
    ) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                await self._flows.wait()
                if not is_up and self._is_said:
                    self.cut()
                    return
                if is_up and self._last_words and self._last_words in data:
                    self._is_said = True
                goal.write(data)
                await goal.drain()
        goal.close()


@asynccontextmanager
async def a_wire(server_port: int) -> AsyncIterator[TcpProxy]:
    """A wire to the server at this port of the loopback."""
    wire = TcpProxy(server_port)
    listening = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = listening.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        listening.close()
        await wire.close()
