"""How long an event waits for its attempt under a steady load, alone and beside bad neighbours.

Events come ten times a second; a wait runs from the commit of the event to the arrival. Then two
endpoints of the same organization take every event of it too: one never answers, one answers 500.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.ending import DeleteEndpoint, delete_endpoint
from activities.rules.actors import Actor
from tests.benchmarks.lab import Lab, quiet, until
from tests.benchmarks.measure import Row, percentile
from tests.benchmarks.receiver import FAILS, HANGS, receiving
from tests.benchmarks.webhook_crowd import KINDS, Crowd, Inbox, a_crowd
from tests.benchmarks.webhook_sustained import Post
from workers.stack import Stack

NAMES = ("webhook_p50", "webhook_p95", "webhook_p99", "webhook_p99_beside_bad")

TICK_SECONDS = 0.1
DRAIN_SECONDS = 60.0
MOST_WORSE = 1.1


@dataclass(frozen=True)
class Size:
    """Rounds of either kind, and how many events come a second for how long."""

    rounds: int
    organizations: int
    per_second: int
    seconds: float


FULL, TINY = Size(3, 10, 200, 15.0), Size(1, 1, 50, 1.0)


@dataclass
class Waits:
    """Milliseconds of each round."""

    p50: list[float]
    p95: list[float]
    p99: list[float]

    def add(self, waits: list[float]) -> None:
        for row, share in ((self.p50, 0.5), (self.p95, 0.95), (self.p99, 0.99)):
            row.append(percentile(waits, share) * 1000)


async def measure(lab: Lab) -> list[Row]:
    """Waits in ms; raises `Lost` unless each event arrives, and once."""
    size, post = TINY if lab.tiny else FULL, Post()
    alone, beside = Waits([], [], []), Waits([], [], [])
    async with AsyncExitStack() as held:
        stack = await held.enter_async_context(lab.stack())
        await quiet()
        url = await held.enter_async_context(receiving(post.take))
        crowd = await a_crowd("waits", url, size.organizations)
        for turn in range(size.rounds):
            lab.say(f"webhook_p50: a steady load, round {turn + 1} of {size.rounds}")
            alone.add(await _steadily(stack, crowd, post, size))
            await quiet(DRAIN_SECONDS)
            bad = [await _subscribe(crowd.first, url + path) for path in (HANGS, FAILS)]
            beside.add(await _steadily(stack, crowd, post, size))
            for command in bad:
                await delete_endpoint(command)
            await quiet(DRAIN_SECONDS)
    p50, p95, p99 = (median(row) for row in (alone.p50, alone.p95, alone.p99))
    worse, shopify = median(beside.p99), "Shopify's, as published"
    return [
        Row("webhook_p50", p50, "ms", shopify, 1000.0, "under 1 s", p50 < 1000),
        Row("webhook_p95", p95, "ms", "p50 of the same", p50, "under 7 s", p95 < 7000),
        Row("webhook_p99", p99, "ms", shopify, 7000.0, "under 7 s", p99 < 7000),
        Row(NAMES[3], worse, "ms", "p99 alone", p99, "at most 10% more", worse <= p99 * MOST_WORSE),
    ]


async def _steadily(stack: Stack, crowd: Crowd, post: Post, size: Size) -> list[float]:
    inbox = post.inbox = Inbox()
    began, ticks = perf_counter(), round(size.seconds / TICK_SECONDS)
    each = max(1, round(size.per_second * TICK_SECONDS))
    for tick in range(ticks):
        await asyncio.sleep(max(0.0, began + tick * TICK_SECONDS - perf_counter()))
        await crowd.pour(stack.database_url, each, inbox)
    await until(lambda: inbox.is_complete, "the last of a steady load", DRAIN_SECONDS)
    await asyncio.sleep(TICK_SECONDS)
    inbox.check()
    return inbox.waits


async def _subscribe(by: Actor, url: str) -> DeleteEndpoint:
    """An endpoint that takes everything; the command that ends it."""
    made = await create_endpoint(CreateEndpoint(by, url, KINDS))
    return DeleteEndpoint(by, made.id)
