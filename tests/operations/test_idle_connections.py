"""A connection that died while nobody used it costs nobody a request."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from sqlalchemy import text

from schema.db import DatabaseAway, transaction
from schema.idle import IDLE_SECONDS
from tests.builders.databases import a_database
from workers.embedded_postgres import EmbeddedPostgres

TOLD = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
TOLD += "datname = current_database()"


async def use(times: int = 1) -> None:
    async def once() -> None:
        async with transaction() as session:
            await session.execute(text("SELECT pg_sleep(0.05)"))

    await asyncio.gather(*(once() for _ in range(times)))


async def cut_all(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(TOLD)


async def test_idle_connections_that_died_are_made_anew(postgres: EmbeddedPostgres) -> None:
    async with a_database(postgres.url, connections=5) as url:
        await use(5)
        await cut_all(url)
        await asyncio.sleep(IDLE_SECONDS + 0.1)
        await use(5)


async def test_one_in_steady_use_is_not_tried_and_fails_once(postgres: EmbeddedPostgres) -> None:
    async with a_database(postgres.url, connections=5) as url:
        await use()
        await cut_all(url)
        with pytest.raises(DatabaseAway):
            await use()
        await use()
