"""Endpoints that get another address while a message is under way to the one they had."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.attempts import make_attempt, record_attempt
from activities.deliveries.attempting import (
    AttemptBatch,
    AttemptDelivery,
    attempt_batch,
    attempt_delivery,
)
from activities.deliveries.due import LoadDue, load_due
from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from tests.builders.deliveries import (
    BROKEN,
    OK,
    a_batch,
    an_answer,
    delivery_rows,
    endpoint_row,
    url_of,
)
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import Handler, answering, listening

pytestmark = pytest.mark.usefixtures("database", "world")

HEALTH = "status, failures, failing_since, open_until, throttled_until"
WELL = ("active", 0, None, None, None)


def moving(by: Actor, endpoint_id: UUID, url: str, raw: bytes) -> Handler:
    """Answers so, but not before its endpoint has another address."""

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await update_endpoint(UpdateEndpoint(by, endpoint_id, url=url))
        writer.write(raw)
        await writer.drain()

    return handle


@pytest.mark.parametrize(
    "raw",
    [
        an_answer(410),
        an_answer(500, webhook_delivery="disable"),
        an_answer(429, retry_after="86400"),
        BROKEN,
    ],
    ids=["gone", "disable", "throttled", "broken"],
)
async def test_what_the_old_address_answers_is_nothing_to_the_new_one(
    raw: bytes, database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as old, listening(answering(OK)) as new:
        endpoint = await an_endpoint(by, url_of(old), delays=(60.0, 60.0))
        old.handler = moving(by, endpoint.id, url_of(new), raw)
        report = await attempt_batch(AttemptBatch(await a_batch(by)))
        assert await endpoint_row(database, HEALTH) == WELL
        (failure,) = report.failures
        assert (failure.number, 60 <= failure.wait_seconds <= 66) == (2, True)
        (row,) = await delivery_rows(database, "status, attempts, next_at")
        assert row[:2] == ("pending", 1)
        told = await database.scalar(text("SELECT why FROM attempt"))
        assert "has another address by now" in str(told)
        clock.moment += timedelta(seconds=failure.wait_seconds)
        after = await attempt_delivery(AttemptDelivery(failure.delivery_id, 2))
    assert (after.status, after.attempts) == ("delivered", 2)
    assert (len(old.requests), len(new.requests)) == (1, 1)


async def test_what_it_says_of_the_message_counts(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as old:
        endpoint = await an_endpoint(by, url_of(old))
        for raw in (
            an_answer(200, webhook_delivery="disable"),
            an_answer(429, webhook_delivery="abort-message"),
        ):
            elsewhere = f"{url_of(old)}/{len(old.requests)}"
            old.handler = moving(by, endpoint.id, elsewhere, raw)
            report = await attempt_batch(AttemptBatch(await a_batch(by)))
            assert report.failures == ()
    assert await endpoint_row(database, HEALTH) == WELL
    assert await delivery_rows(database, "status, reason") == [
        ("delivered", None),
        ("failed", "aborted"),
    ]


async def test_the_last_try_of_the_policy_is_the_last_one(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as old:
        endpoint = await an_endpoint(by, url_of(old), delays=(1.0,))
        (failure,) = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures
        old.handler = moving(by, endpoint.id, f"{url_of(old)}/new", an_answer(410))
        last = await attempt_delivery(AttemptDelivery(failure.delivery_id, 2))
    assert (last.status, last.wait_seconds) == ("failed", None)
    assert await delivery_rows(database, "status, reason") == [("failed", "attempts_spent")]
    assert await endpoint_row(database, "status") == ("active",)


async def test_what_the_old_address_takes_does_not_heal_the_new_one(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as old:
        endpoint = await an_endpoint(by, url_of(old), delays=(1.0, 1.0))
        (failure,) = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures
        old.handler = answering(OK)
        (due,) = await load_due(LoadDue(delivery_id=failure.delivery_id))
        result = await make_attempt(due)
        await update_endpoint(UpdateEndpoint(by, endpoint.id, url=f"{url_of(old)}/new"))
        await database.execute(text("UPDATE endpoint SET failures = 3, failing_since = now()"))
        recorded = await record_attempt(result)
    assert recorded is not None
    assert (recorded.status, recorded.health.failures) == ("delivered", 3)
    assert await endpoint_row(database, "failures") == (3,)
