"""The one door to the database.

`connect(url)` opens it, `transaction()` gives the session of the running task, `bind(connection)`
lets a test see and roll back everything. The open session is kept per task: a different task inside
an open transaction is refused, because two tasks on one connection would commit each other's work.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)

CONNECT_SECONDS = 3
WAIT_FOR_CONNECTION_SECONDS = 3.0


class DatabaseAway(Exception):
    """PostgreSQL did not answer; nothing of the transaction is known to have happened."""


class DatabaseTooOld(Exception):
    """PostgreSQL is older than what the tables need; the sentence says which is needed."""


@dataclass(frozen=True)
class _Open:
    session: AsyncSession
    task: asyncio.Task[object] | None


_open: ContextVar[_Open | None] = ContextVar("inkloom_open_transaction", default=None)


class _Door:
    """Where sessions come from: an engine, or a test's own connection."""

    engine: AsyncEngine | None = None
    bound: AsyncConnection | None = None
    turn: AbstractAsyncContextManager[object] = nullcontext()


def driver_url(url: str) -> str:
    """The address as SQLAlchemy spells it for psycopg 3."""
    rest = url.partition("://")[2]
    return f"postgresql+psycopg://{rest}"


async def connect(
    url: str, *, pool_size: int = 10, patience: float = WAIT_FOR_CONNECTION_SECONDS
) -> None:
    """Open the door. Nothing is sent yet, so a database that is away stops no process.

    `patience` is how many seconds a transaction waits for one of `pool_size` connections.
    """
    await disconnect()
    _Door.engine = create_async_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        pool_pre_ping=False,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "inkloom"},
    )


async def disconnect() -> None:
    """Close the door and every pooled connection."""
    engine, _Door.engine = _Door.engine, None
    if engine is not None:
        await engine.dispose()


def bind(connection: AsyncConnection | None) -> None:
    """Make every transaction a savepoint on `connection` (tests only); None ends that."""
    _Door.bound = connection
    # Savepoints of one connection nest: tasks side by side must take turns.
    _Door.turn = nullcontext() if connection is None else asyncio.Lock()


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """Join the open transaction of this task, or open one that commits on a clean exit.

    Raises `DatabaseAway` when PostgreSQL cannot be reached or goes away meanwhile, and
    `RuntimeError` when another task's transaction is inherited.
    """
    held = _open.get()
    task: asyncio.Task[object] | None = asyncio.current_task()
    if held is not None:
        if held.task is not task:
            raise RuntimeError("a transaction belongs to one task")
        yield held.session
        return
    try:
        async with _Door.turn, _new_session() as session, session.begin():
            token = _open.set(_Open(session, task))
            try:
                yield session
            finally:
                _open.reset(token)
    except (OperationalError, InterfaceError, PoolTimeout) as fault:
        raise DatabaseAway(str(fault.__cause__ or fault).partition("\n")[0]) from fault
    except DBAPIError as fault:
        if fault.connection_invalidated:
            raise DatabaseAway("the connection was lost") from fault
        raise


async def raw_connection() -> psycopg.AsyncConnection[tuple[object, ...]]:
    """A connection of its own outside the pool, in autocommit, for LISTEN. The caller closes it."""
    if _Door.engine is None:
        raise RuntimeError("connect() first")
    url = _Door.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=CONNECT_SECONDS
        )
    except psycopg.OperationalError as fault:
        raise DatabaseAway(str(fault).partition("\n")[0]) from fault


def _new_session() -> AsyncSession:
    if _Door.bound is not None:
        return AsyncSession(
            _Door.bound, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
    if _Door.engine is None:
        raise RuntimeError("connect() first")
    return AsyncSession(_Door.engine, expire_on_commit=False)
