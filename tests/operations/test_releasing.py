"""What may go is found among whatever waits, without reading the rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.deliveries.parking import ReleaseParked, release_parked
from activities.deliveries.releasing import TakeReleased, take_released
from activities.gateways.clock import FixedClock
from activities.outside import Outside
from activities.rules.actors import Actor
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.tenants import a_tenant, an_endpoint
from workers.embedded_postgres import EmbeddedPostgres

FILL = """
WITH batch AS (
  INSERT INTO delivery_batch (id, created_at, organization_id, size, summary, request_id)
  VALUES (gen_random_uuid(), now(), :organization, 1, 'many', 'r-1') RETURNING id
), told AS (
  INSERT INTO event (id, created_at, organization_id, kind, asset_id, payload, request_id,
    dispatched_at)
  SELECT gen_random_uuid(), now(), :organization, 'qr.created', gen_random_uuid(), '{}', 'r-1',
    now()
  FROM generate_series(1, :count) RETURNING id
), numbered AS (SELECT id, row_number() OVER () AS number FROM told)
INSERT INTO delivery (id, created_at, organization_id, endpoint_id, event_id, batch_id, status,
  attempts, sequence, order_key, reason, next_at)
SELECT gen_random_uuid(), now(), :organization, :endpoint, numbered.id, batch.id, :status, 0,
  number, CASE WHEN CAST(:assets AS int) > 0 THEN (number % :assets)::text END,
  CASE WHEN number > :free THEN :reason END, :next_at
FROM numbered CROSS JOIN batch
"""
"""`count` messages of an endpoint about `assets` assets, held by `reason` but for the first."""

READ = """
SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
WHERE relname = 'delivery'
"""


async def fill(by: Actor, clock: FixedClock, count: int, **wish: Any) -> UUID:
    """An endpoint with that many messages that look again in five minutes."""
    wish = {"status": "pending", "reason": None, "assets": 0, "free": 0} | wish
    endpoint = (await an_endpoint(by)).id
    given = {"organization": by.organization_id, "endpoint": endpoint, "count": count}
    async with transaction() as session:
        await session.execute(
            text(FILL), wish | given | {"next_at": clock.now() + timedelta(minutes=5)}
        )
    return endpoint


async def set_endpoint(endpoint: UUID, assignments: str) -> None:
    async with transaction() as session:
        change = text(f"UPDATE endpoint SET {assignments} WHERE id = :id")
        await session.execute(change, {"id": endpoint})


async def taken(database: AsyncConnection, limit: int = 20) -> tuple[int, int]:
    """How many deliveries are taken, and how many rows of the table that reads."""
    await database.execute(text("ANALYZE delivery"))
    before = await database.scalar(text(READ))
    released = await take_released(TakeReleased(limit))
    return len(released), await database.scalar(text(READ)) - before


@pytest.mark.usefixtures("world")
async def test_what_stays_held_is_not_read(database: AsyncConnection, clock: FixedClock) -> None:
    by = await a_tenant()
    paused = await fill(by, clock, 4000, reason="endpoint_paused")
    await set_endpoint(paused, "status = 'paused'")
    dead = await fill(by, clock, 2000, reason="circuit_open")
    await set_endpoint(dead, "open_until = now() + interval '1 day'")
    await fill(by, clock, 2000, status="delivered")
    await fill(by, clock, 2000, reason="earlier_message", assets=5, free=5)
    count, read = await taken(database)
    assert count == 0
    assert read < 50
    await set_endpoint(paused, "status = 'active'")
    count, read = await taken(database)
    assert count == 20
    assert read < 200


@pytest.mark.usefixtures("world")
async def test_messages_in_order_are_not_read_while_their_circuit_is_open(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    ordered = await fill(by, clock, 2000, reason="earlier_message", assets=1000, free=1000)
    assert (await taken(database))[0] == 0
    async with transaction() as session:
        await session.execute(
            text("UPDATE delivery SET status = 'delivered' WHERE sequence <= 10"),
        )
        open_until = text("UPDATE endpoint SET open_until = :until WHERE id = :id")
        later = clock.now() + timedelta(seconds=30)
        await session.execute(open_until, {"until": later, "id": ordered})
    count, read = await taken(database)
    assert count == 0
    assert read < 50
    clock.moment += timedelta(seconds=31)
    count, _ = await taken(database)
    assert count == 10, "one of them may be the probe"


@pytest.mark.usefixtures("world")
async def test_one_endpoint_with_many_does_not_keep_others_waiting(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    ends = [await fill(by, clock, 150, reason="endpoint_paused") for _ in range(2)]
    found = await take_released(TakeReleased(100))
    query = text("SELECT endpoint_id, sequence FROM delivery WHERE id = :id")
    rows = [(await database.execute(query, {"id": one.delivery_id})).one() for one in found]
    assert Counter(row.endpoint_id for row in rows) == dict.fromkeys(ends, 50)
    for end in ends:
        assert [row.sequence for row in rows if row.endpoint_id == end] == list(range(1, 51))


async def test_of_two_relays_one_wakes_a_message(
    postgres: EmbeddedPostgres, world: Outside, clock: FixedClock
) -> None:
    async with a_database(postgres.url, connections=4):
        by = await a_tenant()
        await fill(by, clock, 50, reason="endpoint_paused")
        looks = await asyncio.gather(*(take_released(TakeReleased(50)) for _ in range(4)))
        found = [one.delivery_id for look in looks for one in look]
        assert len(found) == len(set(found)) == 50


@pytest.mark.usefixtures("world")
async def test_what_is_parked_is_not_woken(database: AsyncConnection, clock: FixedClock) -> None:
    by = await a_tenant()
    await fill(by, clock, 2000, reason="endpoint_paused")
    await database.execute(text("UPDATE delivery SET parked = sequence <= 1990"))
    assert (await taken(database))[0] == 10


@pytest.mark.usefixtures("world")
async def test_one_endpoint_with_much_parked_does_not_keep_others_waiting(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    many = await fill(by, clock, 500, reason="endpoint_paused")
    in_order = await fill(by, clock, 300, reason="earlier_message", assets=10)
    few = await fill(by, clock, 20, reason="endpoint_paused")
    await database.execute(text("UPDATE delivery SET parked = true"))
    await release_parked(ReleaseParked(60))
    query = text("SELECT endpoint_id, max(sequence) FROM delivery WHERE NOT parked GROUP BY 1")
    assert {tuple(row) for row in await database.execute(query)} == {
        (many, 20),
        (in_order, 20),
        (few, 20),
    }
