"""The one door to the database.

`connect(url)` opens it, `transaction()` gives the session of the running task, `at_once()` runs one
statement beside it, `bind(connection)` lets a test see and roll back everything. The open session
is kept per task: a different task inside an open transaction is refused, because two tasks on one
connection would commit each other's work.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool
from psycopg_pool import PoolTimeout as QuickPoolTimeout
from sqlalchemy import ExceptionContext, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)

from schema.idle import probe_idle_connections

CONNECT_SECONDS = 3
WAIT_FOR_CONNECTION_SECONDS = 3.0
AT_ONCE_SECONDS = 0.25
AT_ONCE_CONNECTIONS = 4
TRIES = 4
"""How often what ends in deadlocks is done; one of two goes through each time."""

_LAZILY = text("SET LOCAL synchronous_commit = off")

Result = TypeVar("Result")
QuickPool = AsyncConnectionPool[psycopg.AsyncConnection[tuple[Any, ...]]]


class DatabaseAway(Exception):
    """PostgreSQL did not answer; nothing of the transaction is known to have happened."""


class Deadlocked(DatabaseAway):
    """PostgreSQL ended this transaction, as it and another one waited for each other.

    Nothing of it happened, and the other one is through: it may be done again at once.
    """


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
    quick: QuickPool | None = None
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
        hide_parameters=True,
    )
    event.listen(_Door.engine.sync_engine, "handle_error", _leave_out_details)
    probe_idle_connections(_Door.engine.sync_engine)
    _Door.quick = _quick_pool(url)
    await _Door.quick.open(wait=False)


async def disconnect() -> None:
    """Close the door and every pooled connection."""
    engine, _Door.engine = _Door.engine, None
    quick, _Door.quick = _Door.quick, None
    if engine is not None:
        await engine.dispose()
    if quick is not None:
        await quick.close()


def bind(connection: AsyncConnection | None) -> None:
    """Make every transaction a savepoint on `connection` (tests only); None ends that."""
    _Door.bound = connection
    # Savepoints of one connection nest: tasks side by side must take turns.
    _Door.turn = nullcontext() if connection is None else asyncio.Lock()


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """Join the open transaction of this task, or open one that commits on a clean exit.

    Raises `DatabaseAway` when PostgreSQL cannot be reached or goes away meanwhile, `Deadlocked`
    when it chose this transaction to end so that another one can go on, and `RuntimeError` when
    another task's transaction is inherited.
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
        is_deadlock = isinstance(fault.__cause__, psycopg.errors.DeadlockDetected)
        away = Deadlocked if is_deadlock else DatabaseAway
        raise away(str(fault.__cause__ or fault).partition("\n")[0]) from fault
    except DBAPIError as fault:
        if fault.connection_invalidated:
            raise DatabaseAway("the connection was lost") from fault
        raise


async def commit_lazily(session: AsyncSession) -> None:
    """Let the commit of the open transaction not wait for the disk, nor others for its turn there.

    For work that is found again and done as if for the first time: in a crash of the server the
    last half second of it may be undone, whole transactions and the latest ones only. What others
    made of it and committed as usual keeps it.
    """
    await session.execute(_LAZILY)


async def through_deadlocks(work: Callable[[], Awaitable[Result]]) -> Result:
    """Do `work`, whose transactions all are its own, and again from its start after a deadlock.

    Within an open transaction it is done once: who opened that one has to begin again. Raises what
    `work` raises, and `Deadlocked` after `TRIES`.
    """
    for _ in range(0 if _open.get() else TRIES - 1):
        try:
            return await work()
        except Deadlocked:
            continue
    return await work()


@asynccontextmanager
async def attempt() -> AsyncIterator[AsyncSession]:
    """A part of the open transaction that may fail by itself: what it wrote is undone, the rest
    stays. It sees what the transaction has flushed. Raises `RuntimeError` outside of one.
    """
    held = _open.get()
    if held is None or held.task is not asyncio.current_task():
        raise RuntimeError("an attempt is a part of an open transaction")
    connection = await held.session.connection()
    # A session of its own: one that remembered every part would take longer with each.
    part = AsyncSession(
        connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )
    async with part, part.begin():
        token = _open.set(_Open(part, held.task))
        try:
            yield part
        finally:
            _open.reset(token)


async def at_once(statement: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """Run one statement that commits by itself, beside any open transaction; answer its rows.

    For counters: it is one round trip, and what it writes may be lost when the server crashes
    within the next half second. Raises `DatabaseAway` after `AT_ONCE_SECONDS` at most.
    """
    if _Door.bound is not None:
        return await _at_once_bound(statement, values)
    if _Door.quick is None:
        raise RuntimeError("connect() first")
    try:
        async with _Door.quick.connection() as connection:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall()
    except (psycopg.OperationalError, psycopg.InterfaceError, QuickPoolTimeout) as fault:
        raise DatabaseAway(str(fault).partition("\n")[0]) from fault


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


@asynccontextmanager
async def bound_connection() -> AsyncIterator[psycopg.AsyncConnection[tuple[Any, ...]] | None]:
    """The driver's own connection of a test, in its turn; None where none is bound."""
    if _Door.bound is None:
        yield None
        return
    async with nullcontext() if _open.get() else _Door.turn:
        raw = await _Door.bound.get_raw_connection()
        connection = raw.driver_connection
        assert isinstance(connection, psycopg.AsyncConnection)
        yield connection


def _new_session() -> AsyncSession:
    if _Door.bound is not None:
        return AsyncSession(
            _Door.bound, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
    if _Door.engine is None:
        raise RuntimeError("connect() first")
    return AsyncSession(_Door.engine, expire_on_commit=False)


def _leave_out_details(context: ExceptionContext) -> None:
    """Errors go into logs and histories: keep PostgreSQL's sentence, drop the rows it quotes."""
    for fault in (context.original_exception, context.sqlalchemy_exception):
        if fault is not None and fault.args:
            fault.args = (str(fault.args[0]).partition("\n")[0], *fault.args[1:])


def _quick_pool(url: str) -> QuickPool:
    """Connections in autocommit that nothing waits for long; made when first needed."""
    milliseconds = int(AT_ONCE_SECONDS * 1000)
    return AsyncConnectionPool(
        url,
        min_size=0,
        max_size=AT_ONCE_CONNECTIONS,
        open=False,
        timeout=AT_ONCE_SECONDS,
        reconnect_timeout=CONNECT_SECONDS,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 1,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "inkloom",
            "options": f"-c synchronous_commit=off -c statement_timeout={milliseconds}",
        },
    )


async def _at_once_bound(statement: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """On a test's own connection, in a savepoint of its own."""
    held = _open.get()
    if held is not None:
        async with held.session.begin_nested():
            connection = await held.session.connection()
            return [tuple(row) for row in await connection.exec_driver_sql(statement, dict(values))]
    async with _Door.turn, _new_session() as session, session.begin():
        connection = await session.connection()
        return [tuple(row) for row in await connection.exec_driver_sql(statement, dict(values))]
