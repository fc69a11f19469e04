"""A connection for few and quick statements, without the cost of a session.

Scans are copied over one, and what visits look up is read over another: some hundred microseconds
less at every visit. A test's own connection stands in for it (`schema.db.bind`).
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any

import psycopg
import psycopg.sql

from schema.copying import copy_into
from schema.db import DatabaseAway, Deadlocked, bound_connection, raw_connection

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Rows = Sequence[tuple[Any, ...]]


class Written(Exception):
    """These rows are there already: another copy of them was committed before."""


class Direct:
    """One connection, opened when it is needed and again after it was lost; used by one at a time.

    Every method raises `DatabaseAway` when PostgreSQL does not answer, or not within `patience`
    seconds. Then nobody knows whether the last statement was committed. `Deadlocked` says that
    nothing was.
    """

    def __init__(self, *, patience: float) -> None:
        self._patience = patience
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None

    async def read(self, statement: str, values: Mapping[str, Any]) -> Rows:
        """Ask for rows; once more when the connection was lost since it was used last."""
        was_open = self._connection is not None
        try:
            return await self._fetch(statement, values)
        except DatabaseAway:
            if not was_open:
                raise
            return await self._fetch(statement, values)

    async def copy(self, statement: bytes, block: bytes) -> None:
        """Write rows in the text format of COPY, all or none. Raises `Written`."""
        async with self.open() as connection:
            await copy_into(connection, statement, block)

    @asynccontextmanager
    async def open(self, *, whole: bool = False) -> AsyncIterator[Connection]:
        """The connection; each statement commits by itself, or with `whole` all of them at once."""
        async with self._lock, bound_connection() as bound:
            if bound is not None:
                async with _told_apart(), bound.transaction():
                    yield bound
                return
            connection = await self._ready()
            watch = asyncio.get_running_loop().call_later(self._patience, _cut, connection)
            try:
                async with _told_apart(), connection.transaction() if whole else nullcontext():
                    yield connection
            finally:
                watch.cancel()
                self._drop_unless_idle()

    async def _fetch(self, statement: str, values: Mapping[str, Any]) -> Rows:
        async with self.open() as connection:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall()

    def close(self) -> None:
        """Give the connection up at once."""
        self._drop()

    async def _ready(self) -> Connection:
        if self._connection is None or self._connection.closed:
            try:
                async with asyncio.timeout(self._patience):
                    self._connection = await raw_connection()
            except TimeoutError as fault:
                raise DatabaseAway("PostgreSQL takes no connection in time") from fault
        return self._connection

    def _drop(self) -> None:
        """Without asking the server: it may be the one that does not answer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()

    def _drop_unless_idle(self) -> None:
        connection = self._connection
        status = connection.info.transaction_status if connection else None
        if status is not psycopg.pq.TransactionStatus.IDLE:
            self._drop()


@asynccontextmanager
async def _told_apart() -> AsyncIterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as fault:
        raise Written from fault
    except psycopg.errors.DeadlockDetected as fault:
        raise Deadlocked(str(fault).partition("\n")[0]) from fault
    except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
        raise DatabaseAway(str(fault).partition("\n")[0]) from fault


def _cut(connection: Connection) -> None:
    """End the conversation: whoever waits for an answer meets a lost connection at once.

    Cancelling the task instead would ask the server to cancel, and wait for that as well.
    """
    if not connection.closed:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as line, suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


async def hear(channel: str) -> AsyncGenerator[str]:
    """An empty word when it listens, then what is notified on the channel.

    Raises `DatabaseAway` when the connection is lost.
    """
    connection = await raw_connection()
    try:
        await connection.execute(
            psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel))
        )
        yield ""
        async for notice in connection.notifies():
            yield notice.payload
    except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
        raise DatabaseAway(str(fault).partition("\n")[0]) from fault
    finally:
        await connection.close()
