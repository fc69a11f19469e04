"""One PostgreSQL for the whole run; each test works on one connection that is rolled back."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage

import psycopg
import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from activities.gateways.clock import FixedClock
from activities.gateways.destinations import Destinations
from activities.gateways.dice import SystemDice
from activities.gateways.drawers import Drawers
from activities.gateways.mailer import Mailbox
from activities.gateways.pictures import Pictures
from activities.gateways.receivers import Receivers
from activities.gateways.vault import Vault
from activities.outside import Outside, install
from schema.db import bind, driver_url
from tests.builders.databases import a_copy
from tests.fakes.listener import Names
from workers.embedded_postgres import EmbeddedPostgres

MEMORY = Path("/dev/shm")
ROOM = 2 << 30
"""Bytes that must be free in memory before a server keeps its data there (containers: 64 MB)."""

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
KEY = bytes(range(32))

# The same few examples every time, so that a change is judged by what it changed; the full proof
# looks for new ones, and for many.
# How long an example takes to make says something of the machine, nothing of us.
SLOW = [HealthCheck.too_slow]
settings.register_profile("same", derandomize=True, max_examples=25, suppress_health_check=SLOW)
settings.register_profile("new", derandomize=False, suppress_health_check=SLOW)
settings.load_profile("new" if os.environ.get("INKLOOM_PROOF") == "full" else "same")

# Applications and models stay for the whole run: looking through them again and again for rubbish
# took a tenth of it.
gc.set_threshold(50_000, 25, 50)


def pytest_collection_finish() -> None:
    """What is imported by now is not looked at by the garbage collector any more."""
    gc.collect()
    gc.freeze()


# Processes that tests start keep what they compiled: each compiled the whole program otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Where servers of the whole run keep their data.

    Not below pytest's own folder: another pytest of the same user closes that to everyone else when
    it starts, and a PostgreSQL that runs as a user of its own loses its files.
    """
    with _a_folder() as folder:
        yield folder


@contextmanager
def _a_folder(place: Path | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="inkloom-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """An empty PostgreSQL of this test run.

    In memory where there is room: a database is five hundred files, and each test that commits has
    one made for itself.
    """
    has_room = MEMORY.is_dir() and disk_usage(MEMORY).free > ROOM
    with _a_folder(MEMORY if has_room else None) as folder:
        server = EmbeddedPostgres(folder / "postgres")
        server.start()
        # Memory holds three of them at once.
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
            connection.execute("SELECT pg_reload_conf()")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def database_url(postgres: EmbeddedPostgres) -> str:
    """A database with all tables."""
    return a_copy(postgres.url, "shared")


@pytest_asyncio.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(driver_url(database_url))
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def database(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Everything that operations do happens on this connection and is rolled back."""
    async with a_connection(engine) as connection:
        yield connection


@asynccontextmanager
async def a_connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """The same for as long as it is open."""
    async with engine.connect() as connection:
        begun = await connection.begin()
        # The driver begins with the first statement: who goes straight to it must not commit.
        await connection.execute(text("SELECT 1"))
        bind(connection)
        yield connection
        bind(None)
        await begun.rollback()


@pytest.fixture
def clock() -> FixedClock:
    """It is noon of 21 November 2026 until a test moves it."""
    return FixedClock(NOW)


@pytest.fixture
def names() -> Names:
    """What names resolve to: nothing, until a test changes `answers`."""
    return Names(OSError("nobody knows this name"))


@pytest.fixture(scope="session")
def drawers() -> Iterator[Drawers]:
    """Processes that draw, for the whole run; they start when the first picture is asked for."""
    pool = Drawers(2)
    yield pool
    pool.close()


@pytest_asyncio.fixture
async def world(clock: FixedClock, names: Names, drawers: Drawers) -> AsyncIterator[Outside]:
    """Gateways with a fixed clock and own names; webhooks may go to loopback."""
    async with a_world(clock, names, drawers) as outside:
        yield outside


@asynccontextmanager
async def a_world(clock: FixedClock, names: Names, drawers: Drawers) -> AsyncIterator[Outside]:
    """The same for as long as it is open: for a module whose tests share what they stand on."""
    receivers = Receivers(names, allow_private=True, allow_http=True, total_seconds=3)
    pictures = Pictures(names, allow_private=True, allow_http=True, total_seconds=3)
    destinations = Destinations(names, allow_private=True, allow_http=True, total_seconds=3)
    outside = Outside(
        clock=clock,
        dice=SystemDice(),
        resolver=names,
        receivers=receivers,
        pictures=pictures,
        destinations=destinations,
        vault=Vault(KEY),
        mailer=Mailbox(),
        public_url="https://ink.test",
        allow_private_targets=True,
        allow_http_targets=True,
        drawers=drawers,
    )
    install(outside)
    yield outside
    install(None)
    await receivers.close()
    await pictures.close()
    await destinations.close()
