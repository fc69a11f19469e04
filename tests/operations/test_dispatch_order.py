"""Relays side by side: the messages of an endpoint are counted in the order of their events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest_asyncio
from psycopg import sql
from sqlalchemy import text

from activities.dispatching import DispatchEvents, dispatch_events
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.outside import Outside
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.rules.actors import Actor
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.tenants import a_code, a_tenant
from tests.builders.waiting import until
from workers.embedded_postgres import EmbeddedPostgres
from workflows.reactions import WEBHOOKS, kinds_for

ALL = DispatchEvents(kinds_for(WEBHOOKS))
URL = "https://hooks.example.com/in"

IN_ORDER_OF_EVENTS = """
SELECT d.sequence FROM delivery d JOIN event e ON e.id = d.event_id
WHERE d.endpoint_id = :endpoint ORDER BY e.sequence
"""


@pytest_asyncio.fixture
async def own_url(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    async with a_database(postgres.url, connections=16) as url:
        yield url


async def values(statement: str, **given: Any) -> list[Any]:
    async with transaction() as session:
        return list((await session.execute(text(statement), given)).scalars())


async def an_ordered_endpoint(by: Actor) -> UUID:
    return (await create_endpoint(CreateEndpoint(by, URL, ("qr.*",), ordering="asset"))).id


async def blocked(own_url: str) -> int:
    """How many transactions of this database wait for another one."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with await psycopg.AsyncConnection.connect(own_url) as connection:
        found = await (await connection.execute(query)).fetchone()
    return int(found[0]) if found else 0


async def test_later_events_are_not_counted_before_earlier_ones_that_another_relay_holds(
    own_url: str,
) -> None:
    by = await a_tenant()
    one, two = sorted([await an_ordered_endpoint(by), await an_ordered_endpoint(by)])
    only_made = text("UPDATE endpoint SET events = '{qr.created}' WHERE id = :id")
    async with transaction() as session:
        await session.execute(only_made, {"id": one})
    code = await a_code(by)
    await update_qr_code(UpdateQrCode(by, code.id, name="later"))
    first = DispatchEvents(ALL.kinds, limit=1)
    async with await psycopg.AsyncConnection.connect(own_url) as busy:
        # The first relay has taken the first event, and waits for the endpoint that hears of
        # nothing else; the second one needs only the other endpoint.
        hold = sql.SQL("SELECT FROM endpoint WHERE id = {} FOR NO KEY UPDATE")
        await busy.execute(hold.format(sql.Literal(one)))
        slow = asyncio.create_task(dispatch_events(first))
        await until(lambda: is_blocked(own_url, 1))
        quick = asyncio.create_task(dispatch_events(first))
        await until(lambda: is_done_or_blocked(quick, own_url))
        await busy.rollback()
    assert (await slow).events + (await quick).events == 2
    assert await values(IN_ORDER_OF_EVENTS, endpoint=two) == [1, 2]


async def test_relays_side_by_side_keep_order_and_leave_no_gap(own_url: str) -> None:
    by = await a_tenant()
    endpoints = [await an_ordered_endpoint(by) for _ in range(2)]
    few, written = DispatchEvents(ALL.kinds, limit=3, batch_size=2), asyncio.Event()

    async def write() -> None:
        code = await a_code(by)
        for number in range(4):
            await update_qr_code(UpdateQrCode(by, code.id, name=f"name {number}"))

    async def relay() -> None:
        is_over = False
        while not is_over:
            is_last = written.is_set()
            is_over = (await dispatch_events(few)).events == 0 and is_last

    async def write_all() -> None:
        await asyncio.gather(*(write() for _ in range(4)))
        written.set()

    await asyncio.gather(write_all(), *(relay() for _ in range(3)))
    query = (
        "SELECT array_agg(e.payload->>'name' ORDER BY d.sequence) FROM delivery d "
        "JOIN event e ON e.id = d.event_id GROUP BY d.endpoint_id, d.order_key"
    )
    chains = await values(query)
    names = [f"name {number}" for number in range(4)]
    assert len(chains) == 2 * 4
    assert all(chain[1:] == names for chain in chains)
    gapless = "SELECT sequence FROM delivery WHERE endpoint_id = :endpoint ORDER BY 1"
    for endpoint in endpoints:
        assert await values(gapless, endpoint=endpoint) == list(range(1, 21))


async def test_events_about_one_asset_are_numbered_in_the_order_in_which_they_happened(
    own_url: str,
) -> None:
    by = await a_tenant()
    code = await a_code(by)
    changes = [update_qr_code(UpdateQrCode(by, code.id, name=f"name {n}")) for n in range(8)]
    views = await asyncio.gather(*changes)
    await delete_qr_code(DeleteQrCode(by, code.id))
    told = await values("SELECT payload->>'name' FROM event ORDER BY sequence")
    happened = [view.name for view in sorted(views, key=lambda view: view.version)]
    assert told[1:-1] == happened
    assert told[-1] == happened[-1]


async def test_a_relay_that_froze_is_not_waited_for_without_end(own_url: str) -> None:
    await a_tenant()
    async with transaction() as session:
        await dispatch_events(ALL)
        patience = await session.scalar(text("SHOW idle_in_transaction_session_timeout"))
    assert patience == "1min"
    assert await values("SHOW idle_in_transaction_session_timeout") == ["0"]


async def is_blocked(own_url: str, count: int) -> bool:
    return await blocked(own_url) >= count


async def is_done_or_blocked(task: asyncio.Task[Any], own_url: str) -> bool:
    return task.done() or await blocked(own_url) >= 2
