"""Whole policies with the real activities: PostgreSQL, a receiver on loopback, skipped time.

The clock of operations is the server's, which skips.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from standardwebhooks import Webhook
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from activities.endpoints.rotating import RotateEndpointSecret, rotate_endpoint_secret
from activities.gateways.dice import SystemDice
from activities.outside import Outside, install
from activities.rules.backoff import RETRY_POLICIES
from tests.builders.deliveries import (
    BROKEN,
    OK,
    an_answer,
    delivery_rows,
    endpoint_row,
    headers_of,
    some_batches,
    url_of,
)
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import answering, listening
from tests.workflows.workers import working_on
from workers.registry import REGISTRY
from workflows.deliver_webhooks import Deliveries, DeliverWebhooks
from workflows.retry_delivery import RetryDelivery

STANDARD = RETRY_POLICIES["standard"]


class ServerClock:
    """The time at which the server scheduled the activity that asks; else the machine's."""

    def now(self) -> datetime:
        if activity.in_activity():
            return activity.info().current_attempt_scheduled_time
        return datetime.now(UTC)


class EvenDice(SystemDice):
    """Waits take as long as their policy says, and no longer."""

    def roll(self) -> float:
        return 0.0


@pytest.fixture
def skipping_world(world: Outside, database: AsyncConnection) -> None:
    """The world, on the server's time."""
    install(replace(world, clock=ServerClock()))


@asynccontextmanager
async def delivering(temporal: WorkflowEnvironment) -> AsyncIterator[str]:
    duty = REGISTRY["delivery"]
    async with working_on(temporal, duty.workflows, duty.activities) as queue:
        yield queue


async def deliver(temporal: WorkflowEnvironment, queue: str, batches: object) -> list[str]:
    """Run the batches' workflows; the ids of the retries that follow."""
    found = []
    for batch in batches:  # type: ignore[attr-defined]
        report = await temporal.client.execute_workflow(
            DeliverWebhooks.run,
            Deliveries(batch.organization_id, batch.id, batch.cause),
            id=f"deliver/{batch.organization_id}/{batch.id}",
            task_queue=queue,
        )
        found += [f"retry/{failure.delivery_id}" for failure in report.failures]
    return found


async def ended(temporal: WorkflowEnvironment, retries: list[str]) -> list[str]:
    """How these ended."""
    handles = [temporal.client.get_workflow_handle_for(RetryDelivery.run, id_) for id_ in retries]
    return [(await handle.result()).status for handle in handles]


async def times(database: AsyncConnection) -> list[datetime]:
    """When attempts were sent, in order."""
    query = text("SELECT created_at FROM attempt ORDER BY created_at")
    return list((await database.execute(query)).scalars())


@pytest.mark.usefixtures("skipping_world")
async def test_the_standard_policy_ends_after_its_75_hours(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener, delivering(temporal) as queue:
        await an_endpoint(by, url_of(listener), delays=STANDARD)
        retries = await deliver(temporal, queue, await some_batches(by))
        assert await ended(temporal, retries) == ["failed"]
    sent = await times(database)
    gaps = [(later - before).total_seconds() for before, later in pairwise(sent)]
    assert len(listener.requests) == len(sent) == 10
    for gap, delay in zip(gaps, STANDARD, strict=True):
        assert delay <= gap < delay * 1.1 + 30
    assert await delivery_rows(database, "status, reason") == [("failed", "attempts_spent")]


@pytest.mark.usefixtures("skipping_world")
async def test_a_retry_after_of_a_day_is_kept_to_the_second(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by, day = await a_tenant(), 86400
    wish = an_answer(503, retry_after=str(day))
    async with listening(answering(wish)) as listener, delivering(temporal) as queue:
        await an_endpoint(by, url_of(listener), delays=(5.0,))
        retries = await deliver(temporal, queue, await some_batches(by))
        listener.handler = answering(OK)
        assert await ended(temporal, retries) == ["delivered"]
    first, second = await times(database)
    assert day <= (second - first).total_seconds() < day * 1.1 + 30


@pytest.mark.usefixtures("skipping_world")
async def test_after_five_days_of_failures_nothing_is_tried_any_more(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener, delivering(temporal) as queue:
        await an_endpoint(by, url_of(listener), delays=tuple([20 * 3600.0] * 20))
        retries = await deliver(temporal, queue, await some_batches(by, 2))
        assert await ended(temporal, retries) == ["cancelled", "cancelled"]
    sent = await times(database)
    assert timedelta(days=5) <= sent[-1] - sent[0] < timedelta(days=6.5)
    assert await endpoint_row(database, "status, disabled_reason") == ("disabled", "failing")
    assert {status for (status,) in await delivery_rows(database, "status")} == {"cancelled"}


@pytest.mark.usefixtures("skipping_world")
async def test_a_dead_endpoint_costs_one_request_a_minute(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener, delivering(temporal) as queue:
        await an_endpoint(by, url_of(listener), delays=(30.0, 30.0))
        retries = await deliver(temporal, queue, await some_batches(by, 12))
        statuses = await ended(temporal, retries)
    assert statuses == ["failed"] * 9
    sent = await times(database)
    assert len(sent) == 9 * 3 + 3
    # Twelve were under way when it opened, of which those after the ninth failed at a receiver that
    # was away: the relay has them. Then come probes after 5 s and twice as long each time, and no
    # two within a minute any more.
    ages = [(moment - sent[0]).total_seconds() for moment in sent[12:]]
    assert len([age for age in ages if age < 80]) <= 4
    late = [age for age in ages if age >= 80]
    assert min(later - before for before, later in pairwise(late)) >= 59.5


@pytest.mark.usefixtures("skipping_world")
async def test_for_a_day_after_a_rotation_both_secrets_sign_and_then_the_new_one_alone(
    temporal: WorkflowEnvironment, world: Outside
) -> None:
    install(replace(world, clock=ServerClock(), dice=EvenDice()))
    by, hour = await a_tenant(), 3600.0
    async with listening(answering(BROKEN)) as listener, delivering(temporal) as queue:
        made = await an_endpoint(by, url_of(listener), delays=(23 * hour, 2 * hour))
        rotated = await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
        retries = await deliver(temporal, queue, await some_batches(by))
        assert await ended(temporal, retries) == ["failed"]
    old, new = made.secret, rotated.secret
    assert old is not None
    assert new is not None
    sent = [
        (headers_of(request), request.partition(b"\r\n\r\n")[2]) for request in listener.requests
    ]
    stamps = [int(headers["webhook-timestamp"]) for headers, _ in sent]
    assert [round((stamp - stamps[0]) / hour) for stamp in stamps] == [0, 23, 25]
    signers = [[secret for secret in (new, old) if signs(secret, *one)] for one in sent]
    assert signers == [[new, old], [new, old], [new]]
    counts = [len(headers["webhook-signature"].split()) for headers, _ in sent]
    assert counts == [2, 2, 1]


def signs(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether a message bears a signature by this secret, whenever it was sent."""
    sent = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    expected = Webhook(secret).sign(headers["webhook-id"], sent, body.decode())
    return expected in headers["webhook-signature"].split()


@pytest.mark.usefixtures("skipping_world")
async def test_a_receiver_that_hangs_does_not_hold_up_the_retries_of_others(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by, tried_again = await a_tenant(), asyncio.Event()
    answers = [BROKEN, OK]

    async def once_more(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))
        await writer.drain()
        if not answers:
            tried_again.set()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(12):
            await tried_again.wait()
        writer.write(OK)
        await writer.drain()

    async with listening(once_more) as one, listening(hang) as other:
        await an_endpoint(by, url_of(one), delays=(1.0,))
        await an_endpoint(by, url_of(other))
        async with delivering(temporal) as queue:
            retries = await deliver(temporal, queue, await some_batches(by))
            assert await ended(temporal, retries) == ["delivered"]
    told = await delivery_rows(database, "attempts, status")
    assert sorted(told) == [(1, "delivered"), (2, "delivered")]
