"""What is changed of an endpoint, or of a message, reaches those that wait already."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from standardwebhooks import Webhook

from activities.deliveries.attempting import (
    AttemptBatch,
    AttemptDelivery,
    BatchReport,
    attempt_batch,
    attempt_delivery,
)
from activities.deliveries.recovering import RecoverPart, recover_part
from activities.deliveries.resending import ResendDelivery, resend_delivery
from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.endpoints.ending import DeleteEndpoint, delete_endpoint
from activities.endpoints.rotating import RotateEndpointSecret, rotate_endpoint_secret
from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from activities.rules.errors import NotNow
from tests.builders.deliveries import (
    BROKEN,
    OK,
    a_batch,
    an_answer,
    delivery_rows,
    headers_of,
    released,
    url_of,
)
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import Listener, answering, listening
from tests.operations.test_delivery_holds import an_ordered_batch, set_endpoint

pytestmark = pytest.mark.usefixtures("world")


async def slowly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.6)
    writer.write(OK)
    await writer.drain()


async def begun(listener: Listener, batch: UUID) -> asyncio.Task[BatchReport]:
    """The batch under way, its first message with the receiver."""
    task = asyncio.create_task(attempt_batch(AttemptBatch(batch)))
    async with asyncio.timeout(10):
        while not listener.requests:
            await asyncio.sleep(0.01)
    return task


async def one_by_one(database: AsyncConnection, by: Actor, url: str) -> UUID:
    made = await an_endpoint(by, url)
    await set_endpoint(database, "concurrency = 1")
    return made.id


async def test_a_pause_reaches_those_that_wait_for_a_place(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(slowly) as listener:
        endpoint = await one_by_one(database, by, url_of(listener))
        batch = await begun(listener, await a_batch(by, 5))
        await update_endpoint(UpdateEndpoint(by, endpoint, status="paused"))
        report = await batch
        assert len(listener.requests) == 1
    assert (report.delivered, report.held) == (1, 4)


async def test_nothing_more_is_sent_to_an_endpoint_that_is_deleted(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(slowly) as listener:
        endpoint = await one_by_one(database, by, url_of(listener))
        batch = await begun(listener, await a_batch(by, 5))
        await delete_endpoint(DeleteEndpoint(by, endpoint))
        await batch
        assert len(listener.requests) == 1
    assert (await delivery_rows(database, "status")).count(("cancelled",)) == 4


async def test_a_new_address_and_a_new_secret_count_for_those_that_wait(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(slowly) as old, listening(answering(OK)) as new:
        endpoint = await one_by_one(database, by, url_of(old))
        batch = await begun(old, await a_batch(by, 3))
        await update_endpoint(UpdateEndpoint(by, endpoint, url=url_of(new)))
        rotated = await rotate_endpoint_secret(RotateEndpointSecret(by, endpoint, grace_seconds=0))
        assert (await batch).delivered == 3
        assert (len(old.requests), len(new.requests)) == (1, 2)
        assert rotated.secret is not None
        for request in new.requests:
            head, body = headers_of(request), request.partition(b"\r\n\r\n")[2].decode()
            sent_at = datetime.fromtimestamp(int(head["webhook-timestamp"]), UTC)
            signature = Webhook(rotated.secret).sign(head["webhook-id"], sent_at, body)
            assert head["webhook-signature"] == signature


async def test_what_is_recovered_keeps_its_order(database: AsyncConnection) -> None:
    by, most = await a_tenant(), [0, 0]

    async def counted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        most[0] += 1
        most[1] = max(most)
        await asyncio.sleep(0.02)
        most[0] -= 1
        writer.write(OK)
        await writer.drain()

    async with listening(answering(an_answer(500, webhook_delivery="abort-message"))) as listener:
        endpoint = await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "ordering = 'asset'")
        await attempt_batch(AttemptBatch(await an_ordered_batch(by, 4)))
        assert await delivery_rows(database, "status") == [("failed",)] * 5
        listener.handler, listener.requests[:] = counted, []
        now = datetime(2100, 1, 1, tzinfo=UTC)
        part = RecoverPart(endpoint.id, "failed", now - timedelta(days=9**5), now, 0, 100)
        batch = (await recover_part(part)).batch_id
        assert batch is not None
        assert (await attempt_batch(AttemptBatch(batch))).delivered == 5
        numbers = [int(headers_of(one)["x-inkloom-sequence"]) for one in listener.requests]
    assert (numbers, most[1]) == ([1, 2, 3, 4, 5], 1)


async def test_what_waits_for_its_next_attempt_is_sent_now_on_request(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        endpoint = await an_endpoint(by, url_of(listener), delays=(36000.0, 36000.0))
        (failure,) = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures
        listener.handler = answering(OK)
        again = ResendDelivery(by, endpoint.id, failure.delivery_id)
        batch = await resend_delivery(again)
        with pytest.raises(NotNow, match="being sent"):
            await resend_delivery(again)
        assert (await attempt_batch(AttemptBatch(batch.id))).delivered == 1
        # The workflow that waited with it finds nothing to do.
        clock.moment += timedelta(hours=11)
        late = await attempt_delivery(AttemptDelivery(failure.delivery_id, failure.number))
        assert (late.status, late.wait_seconds) == ("cancelled", None)
        assert len(listener.requests) == 2
    assert await delivery_rows(database, "status, attempts") == [("delivered", 2)]


async def test_nothing_waits_for_an_earlier_message_once_no_order_is_wanted(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        endpoint = await an_endpoint(by, url_of(listener), delays=(36000.0,))
        await set_endpoint(database, "ordering = 'asset'")
        await attempt_batch(AttemptBatch(await an_ordered_batch(by, 3)))
        listener.handler = answering(OK)
        assert await released() == []
        await update_endpoint(UpdateEndpoint(by, endpoint.id, ordering="none"))
        assert [report.delivered for report in await released()] == [3]
    assert len(await delivery_rows(database, "id")) == 4
    assert await database.scalar(text("SELECT count(order_key) FROM delivery")) == 0
