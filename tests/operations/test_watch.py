"""Changes are heard of at once, and none stays unheard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psycopg
import pytest_asyncio

from activities.outside import Outside
from activities.rules.actors import Actor
from activities.shelf.claims import CODES
from activities.visits.memory import UNKNOWN, Memory
from activities.visits.watch import Watch
from schema.db import connect
from tests.builders.databases import a_database
from tests.builders.tenants import a_code, a_tenant
from tests.builders.waiting import until
from tests.fakes.tcp_proxy import TcpProxy, a_wire
from workers.embedded_postgres import EmbeddedPostgres

KEY = (CODES, "mine")


class Place:
    """A database behind a wire, and somebody with a code there."""

    def __init__(self, url: str, wire: TcpProxy, by: Actor) -> None:
        self.url, self.wire, self.by = url, wire, by

    async def past_the_wire(self, statement: str) -> None:
        connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
        async with connection:
            await connection.execute(statement.encode())


@pytest_asyncio.fixture
async def place(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[Place]:
    async with a_database(postgres.url, connections=2) as url:
        by = await a_tenant()
        await a_code(by, short_code="mine")
        server = urlsplit(url)
        async with a_wire(server.port or 0) as wire:
            await connect(url.replace(f":{server.port}/", f":{wire.port}/"), pool_size=2)
            yield Place(url, wire, by)


@asynccontextmanager
async def watching(**more: float) -> AsyncIterator[Memory]:
    """A memory that is kept true, and has heard everything of before."""
    memory = Memory()
    watch = Watch(memory, **more)
    watch.start()
    try:
        await asyncio.sleep(0.3)
        yield memory
    finally:
        await watch.stop()
        memory.close()


async def forgotten_after(memory: Memory, seconds: float) -> float:
    """How long it took."""
    began = time.monotonic()

    async def is_forgotten() -> bool:
        return memory.peek(KEY) is UNKNOWN

    await until(is_forgotten, seconds)
    return time.monotonic() - began


async def test_a_change_is_heard_of_at_once(place: Place) -> None:
    async with watching() as memory:
        took = []
        for n in range(6):
            await memory.find(KEY)
            await place.past_the_wire(
                f"UPDATE qr_code SET destination_url = 'https://x.example/{n}'"
            )
            took.append(await forgotten_after(memory, 2.0))
            known = await memory.find(KEY)
            assert known is not None
            assert known.plain == f"https://x.example/{n}"
            await asyncio.sleep(0.13)
        assert max(took) < 0.5, took


async def test_a_notification_alone_is_enough(place: Place) -> None:
    async with watching() as memory:
        await memory.find(KEY)
        await place.past_the_wire("SELECT pg_notify('inkloom_routes', '999999999 slug q/mine')")
        await forgotten_after(memory, 2.0)


async def test_a_change_without_a_notification_is_heard_of_within_two_seconds(
    place: Place,
) -> None:
    async with watching() as memory:
        for n in range(2):
            await memory.find(KEY)
            await place.past_the_wire("INSERT INTO route_change (changed) VALUES ('slug q/mine')")
            assert await forgotten_after(memory, 2.0) < 2.0, n


async def test_a_change_is_heard_of_once(place: Place) -> None:
    async with watching() as memory:
        await place.past_the_wire("UPDATE qr_code SET destination_url = 'https://x.example'")
        await asyncio.sleep(0.5)
        known = await memory.find(KEY)
        await asyncio.sleep(2.2)
        assert memory.peek(KEY) is known


async def test_after_a_long_silence_everything_is_forgotten(place: Place) -> None:
    async with watching(overlap=3.0) as memory:
        await memory.find(KEY)
        place.wire.hold()
        await asyncio.sleep(2.0)
        assert memory.peek(KEY) is not UNKNOWN
        place.wire.go_on()
        await forgotten_after(memory, 4.0)


async def test_who_could_not_listen_for_a_moment_begins_anew(place: Place) -> None:
    async with watching() as memory:
        await memory.find(KEY)
        place.wire.cut()
        # It began long ago and is committed while nobody listens.
        await place.past_the_wire(
            "BEGIN; SET LOCAL session_replication_role = replica;"
            "UPDATE qr_code SET destination_url = 'https://x.example/late';"
            "INSERT INTO route_change (changed, changed_at)"
            " SELECT 'slug q/mine', now() - interval '1 hour'; COMMIT"
        )
        place.wire.lay()
        await forgotten_after(memory, 5.0)
        known = await memory.find(KEY)
        assert known is not None
        assert known.plain == "https://x.example/late"


async def test_a_word_that_nobody_understands_makes_it_forget_everything(place: Place) -> None:
    async with watching() as memory:
        await memory.find(KEY)
        await place.past_the_wire("INSERT INTO route_change (changed) VALUES ('asset nonsense')")
        await forgotten_after(memory, 3.0)
        await memory.find(KEY)
        await place.past_the_wire("NOTIFY inkloom_routes, 'nonsense'")
        await asyncio.sleep(1.5)
        await memory.find(KEY)
        await place.past_the_wire("SELECT pg_notify('inkloom_routes', '999999999 slug q/mine')")
        await forgotten_after(memory, 1.0)
