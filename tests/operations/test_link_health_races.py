"""Looks of several workers at once, of one that dies, and very many of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest_asyncio

from activities.gateways.clock import FixedClock
from activities.health.checking import CheckDueLinks, check_due_links
from activities.health.picking import HELD_FOR, Enrol, PickDue, enrol, pick_due
from activities.health.turns import NoTurn, TakeTurn, Turn, take_turn
from activities.outside import Outside
from activities.rules.actors import Actor
from tests.builders.databases import a_database
from tests.builders.health import a_watched_link, page, rows
from tests.builders.keys import an_actor
from tests.builders.tenants import an_organization
from tests.conftest import NOW
from tests.fakes.listener import Names
from workers.embedded_postgres import EmbeddedPostgres

MANY = 200
HOUR_GOAL = 10_000


@pytest_asyncio.fixture(autouse=True)
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    async with a_database(postgres.url, connections=8) as url:
        yield url


class Crowd:
    """A server that many names lead to; it counts which of them was asked how often."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.raw, self.seconds, self.port = page(200), 0.0, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.asked[head.decode().partition("Host: ")[2].partition(":")[0]] += 1
                await asyncio.sleep(self.seconds)
                writer.write(self.raw)
        writer.close()


@pytest_asyncio.fixture
async def crowd(names: Names) -> AsyncIterator[Crowd]:
    names.answers = [["127.0.0.1"]]
    crowd = Crowd()
    server = await asyncio.start_server(crowd.serve, "127.0.0.1", 0, backlog=1000)
    crowd.port = server.sockets[0].getsockname()[1]
    yield crowd
    server.close()


async def many_links(port: int, number: int) -> Actor:
    """So many monitored links, each to a host of its own."""
    by = await an_actor(await an_organization(), plan="enterprise")
    link = await a_watched_link(by, f"http://h0.example.com:{port}/")
    columns = (
        "created_at, organization_id, workspace_id, tag_ids, name, description, is_active, style, "
        "search_text, version, updated_at, variants, rules, utm, passes_query, preview, "
        "deep_links, health_check, health, click_count"
    )
    await rows(
        f"INSERT INTO link (id, slug, destination_url, {columns}) "
        f"SELECT gen_random_uuid(), 'm' || n, 'http://h' || n || '.example.com:' || {port} || '/', "
        f"{columns} FROM link, generate_series(1, :number) AS n WHERE id = :id RETURNING 1",
        number=number - 1,
        id=link.id,
    )
    return by


async def count(query: str) -> int:
    return int((await rows(f"SELECT count(*) FROM {query}"))[0][0])


async def test_of_several_workers_one_looks_at_each(crowd: Crowd) -> None:
    await many_links(crowd.port, 150)
    done = await asyncio.gather(*(check_due_links(CheckDueLinks(NOW)) for _ in range(3)))
    assert sum(one.looks for one in done) == 150
    assert set(crowd.asked.values()) == {1}
    assert await count("link_check") == 150
    assert await count("link WHERE health = 'healthy'") == 150


async def test_a_change_is_told_once_however_many_look(crowd: Crowd, clock: FixedClock) -> None:
    await many_links(crowd.port, 20)
    crowd.raw = page(302, "Location: /\r\n")
    for _ in range(4):
        clock.moment += timedelta(minutes=5)
        await asyncio.gather(*(check_due_links(CheckDueLinks(clock.moment)) for _ in range(3)))
    assert await count("event WHERE kind = 'link.health_failed'") == 20
    assert await count("link_check") == 80


async def test_what_a_killed_worker_had_under_way_is_looked_at_once_more(
    crowd: Crowd, clock: FixedClock
) -> None:
    await many_links(crowd.port, 220)
    crowd.seconds = 0.3
    killed = asyncio.create_task(check_due_links(CheckDueLinks(NOW)))
    while await count("link_check") < 50:
        await asyncio.sleep(0.02)
    killed.cancel()
    with suppress(asyncio.CancelledError):
        await killed
    crowd.seconds = 0.0
    at_once = await check_due_links(CheckDueLinks(NOW))
    assert 0 < at_once.looks < 220, "what the dead one holds is not touched yet"
    clock.moment += HELD_FOR
    await check_due_links(CheckDueLinks(NOW))
    await check_due_links(CheckDueLinks(NOW))
    found = await rows("SELECT count(*), count(DISTINCT asset_id) FROM link_check")
    assert found == [(220, 220)], "nothing is written down twice, nothing is forgotten"
    assert set(crowd.asked.values()) <= {1, 2}
    twice = sum(1 for times in crowd.asked.values() if times == 2)
    assert twice <= 100, "only what was under way"


async def test_a_look_whose_claim_is_over_counts_nothing(crowd: Crowd, clock: FixedClock) -> None:
    await many_links(crowd.port, 1)
    crowd.seconds = 0.5
    slow = asyncio.create_task(check_due_links(CheckDueLinks(NOW)))
    while not crowd.asked:
        await asyncio.sleep(0.02)
    clock.moment += HELD_FOR
    again = await check_due_links(CheckDueLinks(NOW))
    assert (again.looks, (await slow).looks) in ((1, 0), (0, 1))
    assert await count("link_check") == 1


async def test_one_of_a_host_is_picked_at_a_time(crowd: Crowd) -> None:
    by = await many_links(crowd.port, 1)
    for path in ("a", "b"):
        await a_watched_link(by, f"http://H0.example.com:{crowd.port}/{path}")
    await enrol(Enrol(NOW))
    picked = await asyncio.gather(*(pick_due(PickDue(NOW, 10)) for _ in range(4)))
    assert sum(map(len, picked)) == 1
    assert await pick_due(PickDue(NOW, 10)) == ()


async def test_turns_of_a_host_come_one_a_second_to_all_workers() -> None:
    told = await asyncio.gather(
        *(take_turn(TakeTurn("a.example", 2.5)) for _ in range(5)),
        take_turn(TakeTurn("b.example", 0.0)),
        return_exceptions=True,
    )
    waits = sorted(round(one.seconds) for one in told if isinstance(one, Turn))
    assert waits == [0, 0, 1, 2], "another host is not waited for"
    assert [type(one) for one in told].count(NoTurn) == 2


async def test_one_worker_looks_at_ten_thousand_an_hour(crowd: Crowd) -> None:
    await many_links(crowd.port, MANY)
    loop = asyncio.get_running_loop()
    began = loop.time()
    done = await check_due_links(CheckDueLinks(NOW))
    took = loop.time() - began
    assert (done.looks, set(crowd.asked.values())) == (MANY, {1})
    assert MANY / took * 3600 > HOUR_GOAL
