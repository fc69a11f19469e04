"""`/api/org/{orgId}/scans/live` over a real server: scans as they come in."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.outside import Outside
from activities.rules.spelling import prefixed
from activities.sessions import OpenSession, open_session
from activities.statistics.live import FURTHEST_BACK, Live, Pace
from api.app import make_app
from schema.db import transaction
from tests.api.conftest import Tenant
from tests.api.traffic import actor_of
from tests.builders.batches import Seen, a_batch
from tests.builders.databases import a_database
from tests.builders.qr_codes import a_dynamic
from tests.builders.tenants import an_organization
from tests.builders.visits import scan

QUICK = Pace(look=0.05, heartbeat=30, check=30, longest=60, most_of_one=3, most=4)
SECONDS = 10.0
"""How long is waited for what has to come."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Served:
    """A server of this process, and what it tells."""

    live: Live
    server: uvicorn.Server
    task: asyncio.Task[None]
    client: httpx.AsyncClient


Serve = Callable[[Pace], Awaitable[Served]]


@asynccontextmanager
async def served(pace: Pace) -> AsyncIterator[Served]:
    """Over TCP, as everything is for clients."""

    async def here() -> bool:
        return True

    live = Live(pace)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    application = make_app(temporal_here=here, public_url=address, live=live)
    config = uvicorn.Config(application, lifespan="off", log_config=None, access_log=False)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    async with httpx.AsyncClient(base_url=address, timeout=SECONDS) as client:
        while not server.started:
            await asyncio.sleep(0.01)
        yield Served(live, server, task, client)
        live.stop()
        server.should_exit = True
    await asyncio.wait_for(task, SECONDS)


@pytest_asyncio.fixture
async def quick(database: AsyncConnection, world: Outside) -> AsyncIterator[Served]:
    async with served(QUICK) as server:
        yield server


@dataclass
class Stream:
    """What a stream tells, piece by piece."""

    answer: httpx.Response
    pieces: AsyncIterator[str]

    async def block(self) -> str:
        """Up to the next empty line."""
        lines: list[str] = []
        async with asyncio.timeout(SECONDS):
            async for line in self.pieces:
                if not line:
                    return "\n".join(lines)
                lines.append(line)
        return "(over)"

    async def event(self) -> tuple[str, Any]:
        """The id and the data of the next event."""
        id_, name, data = (await self.block()).splitlines()
        assert name == "event: scans"
        return id_.removeprefix("id: "), json.loads(data.removeprefix("data: "))

    async def is_over(self) -> bool:
        return await self.block() == "(over)"


@asynccontextmanager
async def watching(
    quick: Served, tenant: Tenant, after: str | None = None
) -> AsyncIterator[Stream]:
    headers = httpx.Headers(tenant.workspace, encoding="latin-1")
    if after:
        headers["Last-Event-ID"] = after
    path = f"/api/org/{tenant.organization}/scans/live"
    async with quick.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        stream = Stream(answer, answer.aiter_lines())
        assert await stream.block() == "retry: 3000"
        yield stream


def pass_by(clock: FixedClock, seconds: float = 3) -> None:
    clock.moment += timedelta(seconds=seconds)


async def test_a_scan_is_told_as_it_comes_in(
    quick: Served, tenant: Tenant, clock: FixedClock
) -> None:
    code = await a_dynamic(await actor_of(tenant), short_code="menu")
    async with watching(quick, tenant) as stream:
        headers = stream.answer.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert "x-ratelimit-limit" in headers
        pass_by(clock)
        await scan("menu")
        at = clock.moment
        pass_by(clock)
        id_, data = await stream.event()
    assert int(id_) == int((clock.moment - timedelta(seconds=2)).timestamp() * 1000)
    assert (data["count"], data["more"]) == (1, 0)
    (told,) = data["scans"]
    assert told == {
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "kind": "qr",
        "assetId": prefixed("qr", code.id),
        "isBot": False,
        "variant": None,
        "rule": None,
        "country": "DE",
        "region": None,
        "city": None,
        "device": "mobile",
        "os": "iOS",
        "browser": "Mobile Safari",
        "language": "de",
        "referrer": "example.org",
    }


async def test_of_many_the_newest_hundred_are_told_and_the_others_counted(
    quick: Served, tenant: Tenant, clock: FixedClock
) -> None:
    by = await actor_of(tenant)
    code = await a_dynamic(by)
    async with watching(quick, tenant) as stream:
        pass_by(clock)
        countries = [{"country": f"{n:03}"} for n in range(250)]
        await a_batch([Seen(code.id, by.organization_id, clock.moment, told=c) for c in countries])
        pass_by(clock)
        _, data = await stream.event()
    assert (data["count"], data["more"]) == (250, 150)
    assert [one["country"] for one in data["scans"]] == [f"{n:03}" for n in range(150, 250)]


async def test_who_comes_back_is_told_what_came_meanwhile_once(
    quick: Served, tenant: Tenant, clock: FixedClock
) -> None:
    await a_dynamic(await actor_of(tenant), short_code="menu")
    async with watching(quick, tenant) as stream:
        pass_by(clock)
        await scan("menu")
        pass_by(clock)
        id_, _ = await stream.event()
    for _ in range(3):
        await scan("menu")
        pass_by(clock, 1)
    pass_by(clock)
    async with watching(quick, tenant, id_) as again, watching(quick, tenant) as other:
        pass_by(clock, 1)
        await scan("menu")
        pass_by(clock)
        counts = [(await again.event())[1]["count"]]
        if counts == [3]:
            counts.append((await again.event())[1]["count"])
        assert sum(counts) == 4
        assert (await other.event())[1]["count"] == 1


@pytest.mark.parametrize("after", ["x", "-1", "9" * 15, "9" * 40, "²", "0"])
async def test_a_place_that_is_none_of_ours_is_now(
    quick: Served, tenant: Tenant, clock: FixedClock, after: str
) -> None:
    await a_dynamic(await actor_of(tenant), short_code="menu")
    await scan("menu")
    pass_by(clock, 5)
    async with watching(quick, tenant, after) as stream:
        await scan("menu")
        await scan("menu")
        pass_by(clock)
        assert (await stream.event())[1]["count"] == 2


async def test_who_was_away_for_long_is_told_nothing_old(
    quick: Served, tenant: Tenant, clock: FixedClock
) -> None:
    await a_dynamic(await actor_of(tenant), short_code="menu")
    id_ = str(int(clock.moment.timestamp() * 1000))
    pass_by(clock, 1)
    await scan("menu")
    pass_by(clock, FURTHEST_BACK / 1000 + 5)
    async with watching(quick, tenant, id_) as stream:
        await scan("menu")
        await scan("menu")
        pass_by(clock)
        assert (await stream.event())[1]["count"] == 2


async def test_the_scans_of_others_are_not_told(
    quick: Served, tenant: Tenant, stranger: Tenant, clock: FixedClock
) -> None:
    await a_dynamic(await actor_of(tenant), short_code="menu")
    await a_dynamic(await actor_of(stranger), short_code="other")
    path = f"/api/org/{tenant.organization}/scans/live"
    assert (await quick.client.get(path, headers=stranger.workspace)).status_code == 404
    assert (await quick.client.get(path)).status_code == 401
    async with watching(quick, tenant) as mine, watching(quick, stranger) as theirs:
        pass_by(clock)
        await scan("menu")
        await scan("other")
        await scan("other")
        pass_by(clock)
        assert (await mine.event())[1]["count"] == 1
        assert (await theirs.event())[1]["count"] == 2


async def test_a_silent_stream_says_that_it_is_there(
    database: AsyncConnection, world: Outside, tenant: Tenant
) -> None:
    async with (
        served(Pace(look=0.05, heartbeat=0.2)) as quick,
        watching(quick, tenant) as stream,
    ):
        assert [await stream.block() for _ in range(3)] == [": still here"] * 3


async def test_a_stream_ends_when_its_time_is_over(
    database: AsyncConnection, world: Outside, tenant: Tenant
) -> None:
    async with served(Pace(look=0.05, longest=0.3)) as quick, watching(quick, tenant) as stream:
        began = monotonic()
        assert await stream.is_over()
        assert monotonic() - began >= 0.2


ENDINGS = {
    "session revoked": "UPDATE browser_session SET revoked_at = '2026-11-20'",
    "session over": "UPDATE browser_session SET expires_at = '2026-11-20'",
    "membership ended": "DELETE FROM membership",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
async def test_a_stream_ends_with_what_it_stood_on(
    database: AsyncConnection, world: Outside, tenant: Tenant, ending: str
) -> None:
    pace = Pace(look=0.05, heartbeat=0.2, check=0.3)
    async with served(pace) as quick, watching(quick, tenant) as stream:
        # Checked at least twice by then, and well.
        assert [await stream.block() for _ in range(4)] == [": still here"] * 4
        await database.execute(text(ending))
        blocks = [await stream.block() for _ in range(4)]
        assert "(over)" in blocks


async def test_streams_are_few_and_places_are_given_back(
    quick: Served, tenant: Tenant, stranger: Tenant
) -> None:
    path = f"/api/org/{tenant.organization}/scans/live"
    async with watching(quick, tenant), watching(quick, tenant):
        async with watching(quick, tenant):
            refused = await quick.client.get(path, headers=tenant.workspace)
            assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
            assert refused.headers["retry-after"] == "30"
            # The fourth place is the process's last one.
            async with watching(quick, stranger):
                other = f"/api/org/{stranger.organization}/scans/live"
                refused = await quick.client.get(other, headers=stranger.workspace)
                assert refused.status_code == 429
        await places(quick, 2)
        async with watching(quick, tenant):
            pass
    await places(quick, 0)


async def places(quick: Served, taken: int) -> None:
    """Wait until so many are taken."""
    async with asyncio.timeout(SECONDS):
        while quick.live.count() != taken:
            await asyncio.sleep(0.02)


async def test_a_server_that_stops_ends_its_streams(
    database: AsyncConnection, world: Outside, tenant: Tenant
) -> None:
    async with served(QUICK) as quick, watching(quick, tenant) as stream:
        began = monotonic()
        quick.live.stop()
        quick.server.should_exit = True
        assert await stream.is_over()
        await asyncio.wait_for(quick.task, 5)
        assert monotonic() - began < 5


async def test_open_streams_hold_no_connection(
    database_url: str, world: Outside, clock: FixedClock
) -> None:
    async with a_database(database_url, connections=1):
        organization = await an_organization()
        token = (await open_session(OpenSession(organization.owner_id))).token
        cookie = {"Cookie": f"ink_session={token}"}
        path = f"/api/org/org_{organization.id.hex}"
        live = f"{path}/scans/live"
        async with (
            asyncio.timeout(30),
            served(QUICK) as quick,
            quick.client.stream("GET", live, headers=cookie) as one,
            quick.client.stream("GET", live, headers=cookie) as other,
        ):
            assert (one.status_code, other.status_code) == (200, 200)
            for _ in range(20):
                # Each moves on to be looked for.
                pass_by(clock, 0.1)
                answer = await quick.client.get(path, headers=cookie)
                assert answer.status_code == 200
                await asyncio.sleep(0.02)


async def rename(table: str, name: str) -> None:
    """In a turn of its own: who looks for scans meanwhile fails on the same connection."""
    async with transaction() as session:
        await session.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


async def test_the_database_may_be_away_for_a_while(
    quick: Served, tenant: Tenant, clock: FixedClock
) -> None:
    await a_dynamic(await actor_of(tenant), short_code="menu")
    async with watching(quick, tenant) as stream:
        pass_by(clock)
        await scan("menu")
        await rename("scan", "scan_away")
        pass_by(clock)
        await asyncio.sleep(0.3)
        await rename("scan_away", "scan")
        assert (await stream.event())[1]["count"] == 1
