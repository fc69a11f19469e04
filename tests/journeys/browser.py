"""A real browser, where Chromium is installed: one tab, driven by the DevTools protocol."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
)
"""It asks nobody but us, and needs no more shared memory than a container has."""

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@dataclass
class Tab:
    """A page; `complaints` is what the browser would have written to the console as errors."""

    socket: aiohttp.ClientWebSocketResponse
    complaints: list[str] = field(default_factory=list)
    _ids: count[int] = field(default_factory=count)

    async def open(self, address: str) -> None:
        """Go there and wait until everything is loaded."""
        await self._ask("Page.navigate", url=address)
        await self._until("Page.loadEventFired")

    async def run(self, script: str) -> Any:
        """The value of the expression; a promise is waited for."""
        told = await self._ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def travel(self, address: str, *, offline: bool = False) -> None:
        """Ask from another network address, as a trusted proxy tells it; offline, nobody at all."""
        await self._ask("Network.enable")
        forwarded = {"X-Forwarded-For": address}
        await self._ask("Network.setExtraHTTPHeaders", headers=forwarded)
        link = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        await self._ask("Network.emulateNetworkConditions", offline=offline, **link)

    async def _ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._ids)
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._hear()
            if message.get("id") == number:
                return message["result"]

    async def _until(self, event: str) -> None:
        while (await self._hear()).get("method") != event:
            pass

    async def _hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.receive_str(timeout=30))
        if message.get("method") == "Log.entryAdded":
            entry = message["params"]["entry"]
            if entry["level"] == "error":
                self.complaints.append(f"{entry['text']} {entry.get('url', '')}")
        return message


@asynccontextmanager
async def a_tab(profile: Path, language: str = "en") -> AsyncIterator[Tab]:
    """A tab of a browser of its own, closed at the end."""
    assert CHROMIUM
    browser = await asyncio.create_subprocess_exec(
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"),
        *QUIET,
        *(f"--user-data-dir={profile}", f"--lang={language}", f"--accept-lang={language}"),
        "about:blank",
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    drain: asyncio.Task[bytes] | None = None
    try:
        assert browser.stderr
        line = ""
        while "DevTools listening on ws://" not in line:
            line = (await asyncio.wait_for(browser.stderr.readline(), 30)).decode()
            assert line, "the browser did not start"
        drain = asyncio.create_task(browser.stderr.read())
        host = line.split("ws://")[1].split("/")[0]
        async with aiohttp.ClientSession() as session:
            tabs = await (await session.get(f"http://{host}/json/list")).json()
            address = next(tab for tab in tabs if tab["type"] == "page")["webSocketDebuggerUrl"]
            async with session.ws_connect(address) as socket:
                tab = Tab(socket)
                for domain in ("Page", "Log", "Runtime"):
                    await tab._ask(f"{domain}.enable")
                yield tab
    finally:
        browser.kill()
        await browser.wait()
        if drain:
            await drain
