"""Waiting for what happens beside a test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(happened: Callable[[], Awaitable[bool]], seconds: float = 15.0) -> None:
    """Ask again and again; fails when it does not happen in time."""
    deadline = time.monotonic() + seconds
    while not await happened():
        assert time.monotonic() < deadline, f"this did not happen in {seconds} s"
        await asyncio.sleep(0.02)
