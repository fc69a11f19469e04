"""What one webhook costs the sender in CPU, against the HTTP client under it used bare."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import process_time

import aiohttp

from activities.gateways.dns import SystemResolver
from activities.gateways.receivers import OutgoingRequest, Receivers
from tests.benchmarks.lab import Lab
from tests.benchmarks.measure import Lost, Row, in_turns
from workers.demo.crowd import each

NAMES = ("webhook_client",)

AT_ONCE = 16
FULL_ROUNDS, FULL = 4, 500
TINY_ROUNDS, TINY = 1, 50

HEADERS = {
    "content-type": "application/json",
    "user-agent": "Inkloom-Webhooks/1",
    "webhook-id": "evt_0123456789abcdef0123456789abcdef",
    "webhook-timestamp": "1790000000",
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
}
BODY = b'{"type":"qr.created","data":{"name":"%b"}}' % (b"x" * 400)


async def measure(lab: Lab) -> list[Row]:
    """Microseconds of this process a request, 16 under way, connections kept."""
    lab.say("webhook_client: requests")
    rounds, count = (TINY_ROUNDS, TINY) if lab.tiny else (FULL_ROUNDS, FULL)
    resolver = SystemResolver()
    receivers = Receivers(resolver, allow_private=True, allow_http=True)
    async with (
        lab.server("tests.benchmarks.receiver") as (url, _),
        aiohttp.ClientSession() as session,
    ):

        async def send(_: int) -> None:
            outcome = await receivers.send(OutgoingRequest(url + "/hook", HEADERS, BODY))
            if outcome.error or outcome.status_code != 200:
                raise Lost(f"a webhook was not taken: {outcome.error} {outcome.detail}")

        async def post(_: int) -> None:
            async with session.post(url + "/hook", headers=HEADERS, data=BODY) as response:
                await response.read()

        try:
            await in_turns(1, lambda: _cpu(send, AT_ONCE), lambda: _cpu(post, AT_ONCE))
            value, anchor = await in_turns(
                rounds, lambda: _cpu(send, count), lambda: _cpu(post, count)
            )
        finally:
            await receivers.close()
            await resolver.close()
    goal = 160
    bare = "bare aiohttp POST"
    return [Row("webhook_client", value, "us", bare, anchor, "160 us", value <= goal)]


async def _cpu(work: Callable[[int], Awaitable[None]], count: int) -> float:
    began = process_time()
    await each(range(count), work, AT_ONCE)
    return (process_time() - began) / count * 1e6
