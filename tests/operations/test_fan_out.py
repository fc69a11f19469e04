"""Who is told of what, under which number: patterns, filters, tests, and counting without a gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.dispatching import DispatchEvents, dispatch_events
from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.ending import DeleteEndpoint, delete_endpoint
from activities.endpoints.sampling import SendSample, send_sample
from activities.outside import Outside
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotNow, RateLimited
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from workers.embedded_postgres import EmbeddedPostgres
from workflows.reactions import WEBHOOKS, kinds_for

in_one = pytest.mark.usefixtures("database", "world")

ALL = DispatchEvents(kinds_for(WEBHOOKS))
URL = "https://hooks.example.com/in"


@pytest_asyncio.fixture
async def committed(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[Actor]:
    async with a_database(postgres.url, connections=12):
        yield await a_tenant()


async def rows(statement: str, **given: Any) -> list[tuple[Any, ...]]:
    async with transaction() as session:
        return [tuple(row) for row in await session.execute(text(statement), given)]


async def filtered(by: Actor, wanted: Mapping[str, Any] | None) -> Any:
    return (await create_endpoint(CreateEndpoint(by, URL, ("qr.*",), filter=wanted))).id


@in_one
async def test_only_what_meets_the_filter_is_delivered() -> None:
    by = await a_tenant()
    every = await filtered(by, None)
    menus = await filtered(by, {"path": "$.data.name", "equals": "Menu"})
    others = await filtered(by, {"not": {"path": "$.data.name", "equals": "Menu"}})
    kinds = await filtered(by, {"path": "$.type", "equals": "qr.deleted"})
    await a_code(by, name="Menu")
    await a_code(by, name="Poster")
    await a_code(by, name="Menu")
    await dispatch_events(ALL)
    told = await rows("SELECT endpoint_id, count(*), max(sequence) FROM delivery GROUP BY 1")
    assert set(told) == {(every, 3, 3), (menus, 2, 2), (others, 1, 1)}
    counted = dict(await rows("SELECT id, last_sequence FROM endpoint"))
    assert counted == {every: 3, menus: 2, others: 1, kinds: 0}


@in_one
async def test_numbers_follow_the_order_of_events_over_several_turns() -> None:
    by = await a_tenant()
    await an_endpoint(by)
    await an_endpoint(by, events=("qr.created",))
    for _ in range(3):
        for _ in range(3):
            await a_code(by)
        await dispatch_events(DispatchEvents(ALL.kinds, batch_size=2))
    query = (
        "SELECT array_agg(d.sequence ORDER BY e.sequence) FROM delivery d "
        "JOIN event e ON e.id = d.event_id GROUP BY d.endpoint_id"
    )
    assert await rows(query) == [(list(range(1, 10)),)] * 2


@in_one
async def test_messages_carry_their_asset_where_it_gives_the_order() -> None:
    by = await a_tenant()
    await an_endpoint(by)
    ordered = await create_endpoint(CreateEndpoint(by, URL, ("*",), ordering="asset"))
    code = await a_code(by)
    await dispatch_events(ALL)
    told = await rows("SELECT order_key FROM delivery ORDER BY order_key NULLS LAST")
    assert told == [(str(code.id),), (None,)]
    ours = "SELECT order_key FROM delivery WHERE endpoint_id = :id"
    assert await rows(ours, id=ordered.id) == [(str(code.id),)]


@in_one
async def test_a_test_goes_to_one_endpoint_whatever_it_hears_of(database: AsyncConnection) -> None:
    by = await a_tenant()
    nothing = {"path": "$.type", "equals": "never"}
    asked = (await create_endpoint(CreateEndpoint(by, URL, ("page.viewed",), filter=nothing))).id
    await an_endpoint(by, events=("*",))
    await send_sample(SendSample(by, asked))
    assert (await dispatch_events(ALL)).events == 1
    query = (
        "SELECT d.endpoint_id, d.sequence, e.kind, e.payload->>'endpointId' FROM delivery d "
        "JOIN event e ON e.id = d.event_id"
    )
    assert await rows(query) == [(asked, 1, "webhook.test", f"whe_{asked.hex}")]


@in_one
async def test_a_new_endpoint_is_tested_when_that_is_asked_for() -> None:
    by = await a_tenant()
    await create_endpoint(CreateEndpoint(by, URL, ("qr.*",), send_test=True))
    assert await rows("SELECT kind FROM event") == [("webhook.test",)]
    with pytest.raises(InvalidFields, match="paused"):
        await create_endpoint(CreateEndpoint(by, URL, ("*",), is_active=False, send_test=True))


@in_one
async def test_what_is_paused_or_disabled_is_not_tested(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    await update_endpoint(UpdateEndpoint(by, made.id, status="paused"))
    with pytest.raises(NotNow, match="paused"):
        await send_sample(SendSample(by, made.id))
    await database.execute(text("UPDATE endpoint SET status = 'disabled'"))
    with pytest.raises(NotNow, match="disabled"):
        await send_sample(SendSample(by, made.id))
    assert await rows("SELECT kind FROM event") == []


@in_one
async def test_tests_are_throttled() -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    for _ in range(30):
        await send_sample(SendSample(by, made.id))
    with pytest.raises(RateLimited):
        await send_sample(SendSample(by, made.id))


async def test_relays_side_by_side_leave_no_gap_and_no_number_twice(committed: Actor) -> None:
    by = committed
    made = [await an_endpoint(by) for _ in range(5)]
    for _ in range(40):
        await a_code(by)
    few = DispatchEvents(ALL.kinds, limit=7, batch_size=5)

    async def relay() -> int:
        total = 0
        while taken := (await dispatch_events(few)).events:
            total += taken
        return total

    assert sum(await asyncio.gather(*(relay() for _ in range(6)))) == 40
    query = "SELECT endpoint_id, array_agg(sequence ORDER BY sequence) FROM delivery GROUP BY 1"
    assert dict(await rows(query)) == {endpoint.id: list(range(1, 41)) for endpoint in made}


async def test_an_endpoint_that_goes_meanwhile_leaves_nothing_pending(committed: Actor) -> None:
    by = committed
    gone, stays = await an_endpoint(by), await an_endpoint(by)
    for _ in range(30):
        await a_code(by)
    few = DispatchEvents(ALL.kinds, limit=3)

    async def relay() -> None:
        while (await dispatch_events(few)).events:
            pass

    await asyncio.gather(relay(), relay(), delete_endpoint(DeleteEndpoint(by, gone.id)))
    pending = "SELECT count(*) FROM delivery WHERE endpoint_id = :id AND status = 'pending'"
    assert await rows(pending, id=gone.id) == [(0,)]
    assert await rows(pending, id=stays.id) == [(30,)]
    numbers = "SELECT count(*), max(sequence) FROM delivery WHERE endpoint_id = :id"
    ((count, highest),) = await rows(numbers, id=gone.id)
    assert count == (highest or 0)


async def test_of_two_changes_to_one_version_one_wins(committed: Actor) -> None:
    made = await an_endpoint(committed)
    changes = [
        update_endpoint(UpdateEndpoint(committed, made.id, 1, description=f"number {n}"))
        for n in range(4)
    ]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert await rows("SELECT version FROM endpoint") == [(2,)]
