"""The door to the database keeps its word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from traceback import format_exception

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from schema.db import (
    DatabaseAway,
    commit_lazily,
    connect,
    disconnect,
    raw_connection,
    transaction,
)


@pytest_asyncio.fixture
async def open_door(database_url: str) -> AsyncIterator[None]:
    await connect(database_url, pool_size=3)
    yield
    await disconnect()


async def test_an_inner_transaction_joins_the_outer_one(database: AsyncConnection) -> None:
    async with transaction() as outer, transaction() as inner:
        assert inner is outer


@pytest.mark.usefixtures("open_door")
async def test_what_fails_leaves_nothing_behind() -> None:
    async def half() -> None:
        async with transaction() as session:
            await session.execute(
                text("INSERT INTO account_user VALUES (gen_random_uuid(), now(), 'a@b.c', 'A')")
            )
            raise LookupError

    with pytest.raises(LookupError):
        await half()
    async with transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM account_user")) == 0


@pytest.mark.usefixtures("open_door")
async def test_an_error_quotes_neither_rows_nor_parameters() -> None:
    statement = text("INSERT INTO account_user (id, email) VALUES (gen_random_uuid(), :email)")
    values = {"email": "ada@example.com"}
    with pytest.raises(IntegrityError) as caught:
        async with transaction() as session:
            await session.execute(statement, values)
    told = "".join(format_exception(caught.value))
    assert "null value in column" in told
    assert "INSERT INTO account_user" in told
    assert "ada@" not in told


@pytest.mark.usefixtures("open_door")
async def test_a_transaction_belongs_to_one_task() -> None:
    async def elsewhere() -> None:
        async with transaction():
            pass

    async with transaction():
        with pytest.raises(RuntimeError, match="belongs to one task"):
            await asyncio.create_task(elsewhere())


@pytest.mark.usefixtures("open_door")
async def test_tasks_side_by_side_have_transactions_of_their_own() -> None:
    async def backend() -> int:
        async with transaction() as session:
            await session.execute(text("SELECT pg_sleep(0.05)"))
            return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)

    assert len(set(await asyncio.gather(*(backend() for _ in range(3))))) == 3


@pytest.mark.usefixtures("open_door")
async def test_only_the_transaction_that_says_so_commits_lazily() -> None:
    async with transaction() as session:
        await commit_lazily(session)
        assert await session.scalar(text("SHOW synchronous_commit")) == "off"
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
    for _ in range(3):
        async with transaction() as session:
            assert await session.scalar(text("SELECT pg_backend_pid()")) == pid
            assert await session.scalar(text("SHOW synchronous_commit")) == "on"


async def test_a_database_that_is_away_is_said_to_be_away() -> None:
    await connect("postgresql://nobody:nothing@127.0.0.1:1/nowhere")
    try:
        with pytest.raises(DatabaseAway):
            async with transaction() as session:
                await session.execute(text("SELECT 1"))
        with pytest.raises(DatabaseAway):
            await raw_connection()
    finally:
        await disconnect()


@pytest.mark.usefixtures("open_door")
async def test_a_connection_that_is_cut_heals() -> None:
    with pytest.raises(DatabaseAway):
        async with transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with transaction() as session:
        assert await session.scalar(text("SELECT 1")) == 1
