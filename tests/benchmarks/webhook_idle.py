"""How soon a receiver hears of a fact when nothing else goes on, against a bare POST to it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from time import perf_counter

import aiohttp

from activities.endpoints.creating import CreateEndpoint, create_endpoint
from tests.benchmarks.lab import Lab, a_tenant, quiet
from tests.benchmarks.measure import Lost, Row, in_turns
from tests.benchmarks.receiver import Arrival, receiving

NAMES = ("webhook_idle",)

FULL, TINY = 50, 5
LONGEST = 20.0
PAUSE = 0.05
"""Seconds of rest before each, so that the one before is recorded as well."""


async def measure(lab: Lab) -> list[Row]:
    """Milliseconds from the request that makes a code to the arrival of `qr.created`."""
    arrived: asyncio.Queue[Arrival] = asyncio.Queue()
    async with AsyncExitStack() as held:
        stack = await held.enter_async_context(lab.stack())
        await quiet()
        lab.say("webhook_idle: codes, one after the other")
        url = await held.enter_async_context(receiving(arrived.put_nowait))
        tenant = await a_tenant("idle")
        await create_endpoint(CreateEndpoint(tenant.actor, f"{url}/hook", ("qr.created",)))
        session = await held.enter_async_context(aiohttp.ClientSession())

        async def announced() -> float:
            await asyncio.sleep(PAUSE)
            began = perf_counter()
            target = {"destination_url": "https://example.com/idle"}
            async with session.post(
                f"{stack.api}/api/v1/dynamic/", json=target, headers={"X-Api-Key": tenant.key}
            ) as made:
                code = (await made.json())["short_id"]
            arrival = await _next(arrived)
            if code.encode() not in arrival.body:
                raise Lost(f"another event arrived than that of {code}: {arrival.body[:200]!r}")
            return (arrival.at - began) * 1000

        async def bare() -> float:
            began = perf_counter()
            async with session.post(f"{url}/bare", data=b"{}") as answer:
                await answer.read()
            return ((await _next(arrived)).at - began) * 1000

        await in_turns(2, announced, bare)
        value, anchor = await in_turns(TINY if lab.tiny else FULL, announced, bare)
    goal = 100
    posted = "bare aiohttp POST"
    return [Row("webhook_idle", value, "ms", posted, anchor, "under 100 ms", value < goal)]


async def _next(arrived: asyncio.Queue[Arrival]) -> Arrival:
    try:
        async with asyncio.timeout(LONGEST):
            return await arrived.get()
    except TimeoutError as fault:
        raise Lost(f"nothing arrived within {LONGEST:g} s") from fault
