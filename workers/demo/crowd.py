"""Many of the same, some at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def each(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], at_once: int
) -> list[Result]:
    """`work` done for every item, `at_once` side by side; results in the order of the items.

    The first exception ends it and is raised.
    """
    queue = enumerate(items)
    results: dict[int, Result] = {}

    async def worker() -> None:
        for number, item in queue:
            results[number] = await work(item)

    workers = [asyncio.create_task(worker()) for _ in range(at_once)]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
    return [results[number] for number in sorted(results)]
