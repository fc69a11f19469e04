"""Stopping: SIGTERM and SIGINT ask once; what is under way gets ten seconds."""

from __future__ import annotations

import asyncio
import signal

GRACE_SECONDS = 10


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, asked.set)
    return asked
