"""Deliveries a second out of a full outbox, against one workflow for each on the same server.

Time runs from the commit of the events to the arrival of the last delivery, over plain HTTP and
over HTTPS. Each must arrive exactly once.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter

from temporalio.client import Client

from tests.benchmarks.lab import Lab, quiet, until
from tests.benchmarks.measure import Row, in_turns
from tests.benchmarks.one_each import deliver_one_each
from tests.benchmarks.receiver import Arrival, receiving
from tests.benchmarks.webhook_crowd import Crowd, Inbox, a_crowd
from workers.bootstrap import connector
from workers.stack import Stack

NAMES = ("webhook_sustained", "webhook_sustained_https")

GOAL = 2000
PATIENCE = 240.0
DUPLICATES_SHOW_WITHIN = 1.0


@dataclass(frozen=True)
class Size:
    """Rounds; in each, events (each due to one endpoint), and workflows of the anchor."""

    rounds: int
    organizations: int
    events: int
    workflows: int


FULL, TINY = Size(2, 10, 20_000, 60), Size(1, 1, 60, 10)
"""Full: 100 endpoints, 40,000 deliveries by either way."""


class Post:
    """Where arrivals go now: the inbox of the round that is measured."""

    def __init__(self) -> None:
        self.inbox = Inbox()

    def take(self, arrival: Arrival) -> None:
        """Keep it, unless it is the anchor's."""
        if arrival.path != "/bare":
            self.inbox.take(arrival)


async def measure(lab: Lab) -> list[Row]:
    """Deliveries a second; raises `Lost` unless each arrives, and once."""
    size, post = TINY if lab.tiny else FULL, Post()
    async with AsyncExitStack() as held:
        stack = await held.enter_async_context(lab.stack())
        await quiet()
        lab.say("webhook_sustained: deliveries over HTTP and HTTPS in turns")
        tls = lab.authority.server_context()
        url = await held.enter_async_context(receiving(post.take))
        safe_url = await held.enter_async_context(receiving(post.take, tls=tls))
        plain = await a_crowd("plain", url, size.organizations)
        safe = await a_crowd("safe", safe_url, size.organizations)
        client = await connector(stack.settings)()

        async def over_http() -> float:
            return await _burst(stack, plain, post, size.events)

        async def over_https() -> float:
            return await _burst(stack, safe, post, size.events)

        async def one_each() -> float:
            return await _one_each(client, url, size.workflows)

        http, https, anchor = await in_turns(size.rounds, over_http, over_https, one_each)
    each, goal = "one workflow each", f"{GOAL:,}/s"
    return [
        Row("webhook_sustained", http, "1/s", each, anchor, goal, http >= GOAL),
        Row("webhook_sustained_https", https, "1/s", each, anchor, goal, https >= GOAL),
    ]


async def _burst(stack: Stack, crowd: Crowd, post: Post, events: int) -> float:
    inbox = post.inbox = Inbox()
    began = perf_counter()
    await crowd.pour(stack.database_url, events, inbox)
    await until(lambda: inbox.is_complete, f"{events} deliveries", PATIENCE)
    seconds = inbox.last - began
    await asyncio.sleep(DUPLICATES_SHOW_WITHIN)
    await quiet()
    inbox.check()
    return events / seconds


async def _one_each(client: Client, url: str, count: int) -> float:
    began = perf_counter()
    await deliver_one_each(client, f"{url}/bare", count, run=str(began))
    return count / (perf_counter() - began)
