"""Messages that are parked are sent by the version before, which knows nothing of parking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.dispatching import DispatchEvents, WaitingBatches, dispatch_events, waiting_batches
from activities.gateways.clock import FixedClock
from activities.outside import Outside
from activities.rules.actors import Actor
from schema.db import transaction
from schema.migrate import downgrade, upgrade
from tests.builders.databases import a_database
from tests.builders.deliveries import OK, url_of
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from tests.fakes.listener import answering, listening
from workers.embedded_postgres import EmbeddedPostgres
from workflows.reactions import WEBHOOKS, kinds_for

BEFORE = "0010"

COPY = """
INSERT INTO event (id, created_at, organization_id, kind, asset_id, payload, request_id)
SELECT gen_random_uuid(), created_at, organization_id, kind, asset_id, payload, request_id
FROM event, generate_series(2, :count) WHERE organization_id = :organization
RETURNING id
"""
PENDING = """
SELECT batch.organization_id, batch.size, count(*), min(sequence), max(sequence),
  batch.started_at, bool_or(batch.summary LIKE '% that were held')
FROM delivery JOIN delivery_batch AS batch ON batch.id = delivery.batch_id
WHERE status = 'pending' GROUP BY batch.id ORDER BY batch.size DESC, min(sequence) DESC
"""
REASONS = "SELECT DISTINCT attempts, reason FROM delivery WHERE status = 'pending' ORDER BY 1"


@pytest_asyncio.fixture
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    async with a_database(postgres.url, connections=8) as url:
        yield url


async def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    async with transaction() as session:
        return [tuple(row) for row in await session.execute(text(query), values)]


async def parked(by: Actor, url: str, count: int) -> None:
    """So many messages to an endpoint whose circuit is open."""
    endpoint = await an_endpoint(by, url)
    await rows(
        "UPDATE endpoint SET open_until = now() + interval '999 days' WHERE id = :id RETURNING id",
        id=endpoint.id,
    )
    await a_code(by)
    if count > 1:
        await rows(COPY, count=count, organization=by.organization_id)
    assert (await dispatch_events(DispatchEvents(kinds_for(WEBHOOKS)))).batches == ()


async def test_what_is_parked_is_in_batches_that_the_version_before_starts(
    own_database: str, clock: FixedClock
) -> None:
    one, two = await a_tenant("one"), await a_tenant("two")
    async with listening(answering(OK)) as listener:
        await parked(one, url_of(listener), 251)
        await parked(two, url_of(listener), 2)
        # One that failed before it was parked, and one that is over.
        await rows(
            "UPDATE delivery SET attempts = 1, reason = 'retry' WHERE organization_id = :id "
            "AND sequence = 1 RETURNING id",
            id=two.organization_id,
        )
        await rows(
            "UPDATE delivery SET status = 'cancelled' WHERE organization_id = :id "
            "AND sequence = 2 RETURNING id",
            id=two.organization_id,
        )
        await asyncio.to_thread(downgrade, own_database, BEFORE)
        assert await rows(PENDING) == [
            (one.organization_id, 250, 250, 1, 250, None, True),
            (one.organization_id, 1, 1, 251, 251, None, True),
            (two.organization_id, 1, 1, 1, 1, None, True),
        ]
        assert await rows(REASONS) == [(0, None), (1, "resend")]
        clock.moment = datetime.now(UTC) + timedelta(minutes=1)
        waiting = await waiting_batches(WaitingBatches(timedelta(0)))
        assert sorted(batch.size for batch in waiting) == [1, 1, 250]
        await asyncio.to_thread(upgrade, own_database)
        await rows("UPDATE endpoint SET open_until = NULL RETURNING id")
        reports = [await attempt_batch(AttemptBatch(batch.id)) for batch in waiting]
    assert sum(report.delivered for report in reports) == 252
