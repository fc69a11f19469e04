"""Deliveries a second out of a full outbox, against one workflow for each on the same server.

The events are there before the relay is; time runs from when it begins to relay, which leaves out
the start of its process, to the arrival of the last delivery. Each must arrive exactly once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from time import perf_counter

from temporalio.client import Client

from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.actors import Actor
from tests.benchmarks.lab import Lab, a_tenant, quiet, until
from tests.benchmarks.measure import Lost, Row, in_turns
from tests.benchmarks.one_each import deliver_one_each
from tests.benchmarks.receiver import Arrival, receiving
from workers.bootstrap import connector
from workers.demo.crowd import each
from workers.stack import Stack

NAMES = ("webhook_sustained",)

ENDPOINTS = 10
DUPLICATES_SHOW_WITHIN = 0.3


@dataclass(frozen=True)
class Size:
    """Rounds; in each, events that are due to every endpoint, and workflows of the anchor."""

    rounds: int
    events: int
    workflows: int


FULL, TINY = Size(2, 150, 60), Size(1, 10, 10)
"""Full: 3,000 deliveries in all."""


@dataclass
class Inbox:
    """What arrived: how often each message came to each endpoint, and when the last did."""

    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    last: float = 0.0

    def take(self, arrival: Arrival) -> None:
        """Keep it, unless it is the anchor's."""
        if arrival.path != "/bare":
            self.seen[arrival.path, arrival.headers["webhook-id"]] += 1
            self.last = arrival.at


async def measure(lab: Lab) -> list[Row]:
    """Deliveries a second; raises `Lost` unless each arrives, and once."""
    size, inbox = TINY if lab.tiny else FULL, Inbox()
    async with AsyncExitStack() as held:
        stack = await held.enter_async_context(lab.stack())
        await quiet()
        lab.say("webhook_sustained: deliveries")
        url = await held.enter_async_context(receiving(inbox.take))
        by = (await a_tenant("sustained")).actor
        for number in range(ENDPOINTS):
            await create_endpoint(CreateEndpoint(by, f"{url}/{number}", ("qr.created",)))
        client = await connector(stack.settings)()

        async def ours() -> float:
            inbox.seen.clear()
            return await _burst(stack, by, inbox, size.events)

        async def one_each() -> float:
            return await _one_each(client, url, size.workflows)

        value, anchor = await in_turns(size.rounds, ours, one_each)
    goal = 2000
    name = "one workflow each"
    return [Row("webhook_sustained", value, "1/s", name, anchor, "2,000/s", value >= goal)]


async def _burst(stack: Stack, by: Actor, inbox: Inbox, events: int) -> float:
    async def make(_: int) -> None:
        await create_qr_code(CreateQrCode(by=by, destination_url="https://example.com/burst"))

    await asyncio.to_thread(stack.children["relay"].stop)
    try:
        await each(range(events), make, 8)
    finally:
        stack.start_role("relay")
    relay = stack.children["relay"]
    await until(lambda: "relaying" in relay.said(lines=1_000_000), "the relay to begin", 20)
    began = perf_counter()
    wanted = events * ENDPOINTS
    await until(lambda: len(inbox.seen) >= wanted, f"{wanted} deliveries", 60)
    seconds = inbox.last - began
    await asyncio.sleep(DUPLICATES_SHOW_WITHIN)
    await quiet()
    if inbox.seen.total() != wanted:
        raise Lost(f"{inbox.seen.total()} deliveries arrived where {wanted} were due")
    return wanted / seconds


async def _one_each(client: Client, url: str, count: int) -> float:
    began = perf_counter()
    await deliver_one_each(client, f"{url}/bare", count, run=str(began))
    return count / (perf_counter() - began)
