"""COPY over an open connection, by libpq's own calls: a third of what a cursor's `copy()` costs.

A batch of visits is small and there are hundreds a second, so the way there counts as much as the
rows. See the PostgreSQL manual, "Functions Associated with the COPY Command".
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


async def copy_into(connection: Connection, statement: bytes, block: bytes) -> None:
    """Write rows in the text format of COPY, all or none.

    Nothing else may use the connection meanwhile. Raises psycopg's errors, `OperationalError` when
    the connection is lost. A task that is cancelled here leaves a connection of no use.
    """
    pgconn = connection.pgconn
    pgconn.send_query(statement)
    begun = await _result(pgconn)
    if begun.status == ExecStatus.COPY_IN:
        pgconn.put_copy_data(block)
        pgconn.put_copy_end()
        begun = await _result(pgconn)
    while await _next_result(pgconn) is not None:
        pass
    if begun.status != ExecStatus.COMMAND_OK:
        raise error_from_result(begun, encoding="utf-8")


async def _result(pgconn: PGconn) -> PGresult:
    result = await _next_result(pgconn)
    if result is None:
        raise psycopg.OperationalError("the connection answers nothing")
    return result


async def _next_result(pgconn: PGconn) -> PGresult | None:
    """Send what is to be sent, and wait for an answer."""
    while pgconn.flush():
        await _ready(pgconn.socket, both=True)
        pgconn.consume_input()
    while pgconn.is_busy():
        await _ready(pgconn.socket)
        pgconn.consume_input()
    return pgconn.get_result()


async def _ready(descriptor: int, *, both: bool = False) -> None:
    """Wait until there is something to read, or with `both` room to write."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(descriptor, wake)
    if both:
        loop.add_writer(descriptor, wake)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)
        if both:
            loop.remove_writer(descriptor)
