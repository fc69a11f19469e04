"""Processes that draw: CPU work that may be abused, with limits of time and memory.

One tenant has at most its lane: however much it asks for, a process is left for the others. What
waits is bounded; beyond that callers are told to come back.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from threading import Lock
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

T = TypeVar("T")

SECONDS = 10.0
"""What one piece of work may take."""

MEMORY_MB = 1536
"""Address space of one process."""

MOST_WAITING = 200
"""Pieces of work that wait; more are refused."""

_QUIET_TRACKER = "ignore::UserWarning:multiprocessing.resource_tracker"
_PRELOADED = ("activities.render.pictures",)
_TASKS_A_PROCESS = 2000
"""After so many a process is replaced: what libraries forget to free does not add up."""


class TooHeavy(Exception):
    """The work took too long or too much memory; the process that did it is gone."""


class DrawersBusy(Exception):
    """Too much waits already."""


@dataclass
class _Lane:
    """How much of a tenant runs and waits."""

    free: asyncio.Semaphore
    users: int = 0


class Drawers:
    """A pool of processes that starts when it is first needed, for one event loop."""

    def __init__(self, processes: int | None = None, *, memory_mb: int = MEMORY_MB) -> None:
        self._processes = processes or max(2, os.cpu_count() or 2)
        self._memory_mb = memory_mb
        self._pool: ProcessPool | None = None
        self._lock = Lock()
        self._closed = False
        self._lanes: dict[Hashable, _Lane] = {}
        self._waiting = 0

    async def run(
        self,
        tenant: Hashable,
        function: Callable[..., T],
        *args: object,
        seconds: float = SECONDS,
    ) -> T:
        """What a function of `activities.render` answers, or what it raises.

        Raises `TooHeavy` and `DrawersBusy`. A caller that is cancelled ends its work.
        """
        if self._waiting >= MOST_WAITING:
            raise DrawersBusy
        lane = self._lanes.setdefault(tenant, _Lane(asyncio.Semaphore(max(1, self._processes - 1))))
        lane.users += 1
        self._waiting += 1
        try:
            async with lane.free:
                return await self._run(function, args, seconds)
        finally:
            self._waiting -= 1
            lane.users -= 1
            if not lane.users:
                self._lanes.pop(tenant, None)

    def warm_up(self) -> None:
        """Start the processes. It takes a second or two; to be called in a thread.

        Raises RuntimeError or CancelledError when they are closed meanwhile.
        """
        pool = self._opened()
        for begun in [pool.schedule(_begin) for _ in range(self._processes)]:
            begun.result()

    def close(self) -> None:
        """End all processes, whatever they do. None starts after it."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    async def _run(self, function: Callable[..., T], args: tuple[object, ...], seconds: float) -> T:
        pool = self._pool
        if pool is None:
            pool = await asyncio.to_thread(self._opened)
        work: Future[T] = pool.schedule(function, args=args, timeout=seconds)
        try:
            return await asyncio.wrap_future(work)
        except TookTooLong as fault:
            raise TooHeavy(f"It took more than {seconds:g} s.") from fault
        except (MemoryError, ProcessExpired) as fault:
            raise TooHeavy("It took too much memory.") from fault

    def _opened(self) -> ProcessPool:
        with self._lock:
            if self._closed:
                raise RuntimeError("What draws is closed.")
            pool = self._pool or self._started()
            self._pool = pool
            return pool

    def _started(self) -> ProcessPool:
        # Who is killed leaves semaphores to the tracker, which removes them and warns of it, on
        # the error output of a process whose lines are JSON.
        if _QUIET_TRACKER not in sys.warnoptions:
            sys.warnoptions.append(_QUIET_TRACKER)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(_PRELOADED))
        return ProcessPool(
            max_workers=self._processes,
            max_tasks=_TASKS_A_PROCESS,
            initializer=_confine,
            initargs=[self._memory_mb],
            context=context,
        )


def end_helpers() -> None:
    """End what multiprocessing runs beside the pools, which are closed, and wait for it.

    The last thing of a process that used one: else both outlive it for a moment, as children of
    nobody. Python has no public way; its own tests use this one.
    """
    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001
    resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]  # noqa: SLF001


def _confine(memory_mb: int) -> None:
    """In the process: a limit of memory, and behind those who answer visitors."""
    octets = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (octets, octets))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


def _begin() -> None:
    """Nothing: the process is there."""
