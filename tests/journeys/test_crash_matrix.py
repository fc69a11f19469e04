"""Whatever is killed while events are told: none is lost, none is doubled without cause, and what
was promised in order comes in order.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest
from aiohttp import web
from temporalio.client import Client
from temporalio.service import RPCError

from tests.journeys.conftest import Studio, until
from tests.journeys.killing import VICTIMS, kill_and_restart

FULL = os.environ.get("INKLOOM_PROOF") == "full"
ASSETS, CHANGES = (400, 4) if FULL else (20, 2)
ROUNDS = 8 if FULL else 1
"""Each kills every victim once."""
WRITERS = 8
IN_ORDER = ("2", "5", "8")
MOODY = ("4", "5")
"""Endpoints that refuse every third message the first time."""
NAMES = tuple(map(str, range(10)))
SILENCE = 150.0
"""Longer than any wait between two attempts here, and than a dead worker goes unnoticed."""
MOST_UNDER_WAY = 25
"""What may be under way to an endpoint at once, and so be sent again after a crash."""

pytestmark = pytest.mark.timeout(1800)


@dataclass
class Receiver:
    """One endpoint's side: what it took, in the order of coming."""

    taken: list[tuple[str, str, int]] = field(default_factory=list)
    """Message, asset and number of the change."""
    numbers: set[int] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    def times(self) -> Counter[str]:
        return Counter(message for message, _, _ in self.taken)


@dataclass
class Writers:
    """Clients of the API, who repeat what was not answered and know what was accepted."""

    client: httpx.AsyncClient
    accepted: int = 0
    assets: list[str] = field(default_factory=list)

    async def write(self) -> None:
        waiting = iter(range(ASSETS))

        async def writer() -> None:
            for number in waiting:
                await self._asset(number)

        await asyncio.gather(*(writer() for _ in range(WRITERS)))

    async def _asset(self, number: int) -> None:
        key = {"Idempotency-Key": f"matrix-{number}"}
        made = await self._accepted("POST", "/api/v1/dynamic/", change(0), key)
        code = str(made.json()["short_id"])
        self.assets.append(code)
        for step in range(1, CHANGES + 1):
            await self._accepted("PATCH", f"/api/v1/dynamic/{code}/", change(step), {})

    async def _accepted(
        self, method: str, path: str, body: dict[str, str], headers: dict[str, str]
    ) -> httpx.Response:
        while True:
            try:
                answer = await self.client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.is_success:
                self.accepted += 1
                return answer
            assert answer.status_code in (409, 429, 503), answer.text
            await asyncio.sleep(min(1.0, float(answer.headers.get("retry-after", "0.2"))))


def change(step: int) -> dict[str, str]:
    """A body that makes a difference each time, and none when it is repeated."""
    return {"destination_url": f"https://example.com/step/{step}"}


@asynccontextmanager
async def receivers(studio: Studio) -> AsyncIterator[dict[str, Receiver]]:
    """Ten endpoints of this organization, three in order, two moody; deleted at the end."""
    found = {name: Receiver() for name in NAMES}

    async def receive(request: web.Request) -> web.Response:
        name, message = request.match_info["name"], request.headers["webhook-id"]
        receiver, data = found[name], json.loads(await request.text())["data"]
        if name in MOODY and int(message[-2:], 16) % 3 == 0 and not receiver.refused[message]:
            receiver.refused[message] += 1
            return web.Response(status=500)
        step = int(data["destinationUrl"].rpartition("/")[2])
        receiver.taken.append((message, data["shortCode"], step))
        receiver.numbers.add(int(request.headers["X-Inkloom-Sequence"]))
        return web.Response()

    application = web.Application()
    application.router.add_post("/{name}", receive)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    hooks = [await hook(studio, f"{url}/{name}", name) for name in NAMES]
    yield found
    for path in hooks:
        await studio.client.delete(path)
    await runner.cleanup()


async def hook(studio: Studio, url: str, name: str) -> str:
    wish = {
        "url": url,
        "events": ["qr.created", "qr.updated"],
        "retry_policy": [1, 1, 2, 4, 8, 8, 16],
        "ordering": "asset" if name in IN_ORDER else "none",
    }
    made = await studio.client.post("/api/v1/webhooks/", json=wish)
    assert made.status_code == 201, made.text
    return f"/api/v1/webhooks/{made.json()['id']}/"


async def kill_in_turns(studio: Studio, writers: Writers) -> int:
    """Kill all of them, evenly over the time in which events are written; how many that were."""
    roll, total = random.Random(7), ASSETS * (CHANGES + 1)
    victims = [victim for _ in range(ROUNDS) for victim in roll.sample(VICTIMS, len(VICTIMS))]
    for number, victim in enumerate(victims, 1):
        due = total * number // (len(victims) + 1)
        await until(lambda due=due: writers.accepted >= due, 300)  # type: ignore[misc]
        await asyncio.sleep(roll.random() * 0.4)
        await kill_and_restart(studio.stack, victim)
    return len(victims)


async def arrived(studio: Studio, found: dict[str, Receiver], expected: int) -> None:
    """Everything came. Fails, with what the log says of the rest, when nothing comes any more."""

    def count() -> int:
        return sum(len(one.times()) for one in found.values())

    while (before := count()) < expected * len(found):
        try:
            await until(lambda before=before: count() > before, SILENCE)  # type: ignore[misc]
        except TimeoutError:
            missing = expected * len(found) - before
            told = await workflows_of(studio)
            pytest.fail(f"{missing} are missing: {waiting(studio)}; workflows: {told}")


async def workflows_of(studio: Studio) -> list[str]:
    """What Temporal knows of some deliveries that are not through."""
    with psycopg.connect(studio.stack.database_url) as database:
        rows = database.execute(
            "SELECT id, batch_id, organization_id FROM delivery WHERE status = 'pending' LIMIT 5"
        ).fetchall()
    client = await Client.connect(studio.stack.temporal_address)
    told = []
    for delivery, batch, organization in rows:
        for name in (f"retry/{delivery}", f"deliver/{organization}/{batch}"):
            try:
                handle = client.get_workflow_handle(name)
                about = await handle.describe()
                events = [event.event_type async for event in handle.fetch_history_events()]
                pending = about.raw_description.pending_activities
                told.append(f"{name} {about.status} {events[-8:]} {pending}")
            except RPCError as fault:
                told.append(f"{name}: {fault.message}")
    return told


def waiting(studio: Studio) -> list[tuple[object, ...]]:
    """What is not through, by endpoint, state and reason, and what is not even dispatched."""
    with psycopg.connect(studio.stack.database_url) as database:
        return database.execute(
            "SELECT right(url, 2), delivery.status, reason, attempts, count(*),"
            " min(next_at - now()) FROM delivery JOIN endpoint ON endpoint.id = endpoint_id"
            " WHERE delivery.status <> 'delivered' GROUP BY 1, 2, 3, 4"
            " UNION ALL SELECT 'event', NULL, NULL, NULL, count(*), NULL FROM event"
            " WHERE dispatched_at IS NULL"
        ).fetchall()


async def test_nothing_is_lost_and_order_is_kept_whatever_is_killed(studio: Studio) -> None:
    writers = Writers(studio.client)
    expected = ASSETS * (CHANGES + 1)
    async with receivers(studio) as found:
        kills, _ = await asyncio.gather(kill_in_turns(studio, writers), writers.write())
        assert writers.accepted == expected
        await arrived(studio, found, expected)
        await asyncio.sleep(2.0)
    facts = {(code, step) for code in writers.assets for step in range(CHANGES + 1)}
    assert len(facts) == expected
    for name, receiver in found.items():
        times = receiver.times()
        assert {(code, step) for _, code, step in receiver.taken} == facts, name
        assert len(times) == expected, "an event was told under two ids"
        assert receiver.numbers == set(range(1, expected + 1)), name
        again = times.total() - expected
        assert max(times.values()) - 1 <= kills, name
        assert again <= kills * MOST_UNDER_WAY, name
        print(f"endpoint {name}: {again} of {expected} once more after {kills} kills")
    for name in IN_ORDER:
        steps = defaultdict(list)
        for _, code, step in found[name].taken:
            steps[code].append(step)
        assert all(row == sorted(row) for row in steps.values()), name
    assert all(found[name].refused for name in MOODY)
