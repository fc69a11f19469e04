"""Deliveries against real receivers on loopback: recorded once, retried by policy, never twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from standardwebhooks import Webhook

from activities.attempts import make_attempt, record_attempt
from activities.deliveries.attempting import (
    AttemptBatch,
    AttemptDelivery,
    attempt_batch,
    attempt_delivery,
)
from activities.deliveries.cancelling import CancelDelivery, cancel_delivery
from activities.deliveries.due import LoadDue, load_due
from activities.deliveries.reading import ListDeliveries, list_deliveries
from activities.dispatching import DispatchEvents, dispatch_events
from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.paging import PageRequest
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from tests.fakes.listener import Listener, answering, listening
from workflows.reactions import WEBHOOKS, kinds_for

pytestmark = pytest.mark.usefixtures("database", "world")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nRetry-After: 30\r\n\r\nbusy"


async def a_batch(by: Actor, codes: int = 1) -> UUID:
    for _ in range(codes):
        await a_code(by)
    (batch,) = (await dispatch_events(DispatchEvents(kinds_for(WEBHOOKS)))).batches
    return batch.id


def url_of(listener: Listener) -> str:
    return f"http://127.0.0.1:{listener.port}/hook"


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


async def test_a_receiver_can_verify_what_it_gets() -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        endpoint = await an_endpoint(by, url_of(listener))
        report = await attempt_batch(AttemptBatch(await a_batch(by)))
    assert (report.delivered, report.failures) == (1, ())
    request = listener.requests[0]
    body = request.partition(b"\r\n\r\n")[2]
    headers = headers_of(request)
    # The library compares with the machine's clock, ours stands still: verify at our time.
    told = Webhook(endpoint.secret or "")
    signature = told.sign(headers["webhook-id"], clock_of(headers), body.decode())
    assert signature in headers["webhook-signature"].split()
    assert headers["webhook-id"].startswith("evt_")


def clock_of(headers: dict[str, str]) -> datetime:
    return datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)


async def test_a_failure_is_to_be_retried_no_earlier_than_the_receiver_asked() -> None:
    by = await a_tenant()
    async with listening(answering(BUSY)) as listener:
        await an_endpoint(by, url_of(listener), delays=(5.0, 60.0))
        report = await attempt_batch(AttemptBatch(await a_batch(by)))
    (failure,) = report.failures
    assert failure.wait_seconds >= 30
    assert failure.host == "127.0.0.1"


async def test_a_batch_that_runs_again_sends_nothing_twice(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(BUSY)) as listener:
        await an_endpoint(by, url_of(listener))
        batch = await a_batch(by, codes=3)
        first = await attempt_batch(AttemptBatch(batch))
        again = await attempt_batch(AttemptBatch(batch))
    assert len(listener.requests) == 3
    assert {f.delivery_id for f in first.failures} == {f.delivery_id for f in again.failures}
    assert await database.scalar(text("SELECT count(*) FROM attempt")) == 3


async def test_a_second_run_of_the_same_attempt_cannot_undo_the_first() -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        await an_endpoint(by, url_of(listener))
        (due,) = await load_due(LoadDue(batch_id=await a_batch(by)))
        first, second = await make_attempt(due), await make_attempt(due)
    assert await record_attempt(first) is not None
    assert await record_attempt(second) is None


async def test_tries_end_with_the_policy(clock: FixedClock) -> None:
    by = await a_tenant()
    async with listening(answering(BUSY)) as listener:
        endpoint = await an_endpoint(by, url_of(listener), delays=(1.0, 2.0))
        report = await attempt_batch(AttemptBatch(await a_batch(by)))
        delivery_id = report.failures[0].delivery_id
        second = await attempt_delivery(AttemptDelivery(delivery_id, 2))
        third = await attempt_delivery(AttemptDelivery(delivery_id, 3))
    assert (second.status, third.status) == ("pending", "failed")
    assert third.wait_seconds is None
    page = await list_deliveries(ListDeliveries(by, endpoint.id, PageRequest()))
    (shown,) = page.items
    assert [(a.number, a.status_code) for a in shown.attempts] == [(1, 503), (2, 503), (3, 503)]
    assert shown.attempts[0].response_body == "busy"
    assert shown.attempts[0].next_at is not None
    assert shown.attempts[0].next_at >= clock.now() + timedelta(seconds=30)
    assert shown.finished_at == clock.now()


async def test_a_dead_receiver_is_recorded_as_such() -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        url = url_of(listener)
    endpoint = await an_endpoint(by, url)
    await attempt_batch(AttemptBatch(await a_batch(by)))
    page = await list_deliveries(ListDeliveries(by, endpoint.id, PageRequest()))
    assert page.items[0].attempts[0].error == "connect_failed"
    assert page.items[0].status == "pending"


async def test_a_cancelled_delivery_is_not_tried_again() -> None:
    by = await a_tenant()
    async with listening(answering(BUSY)) as listener:
        await an_endpoint(by, url_of(listener))
        report = await attempt_batch(AttemptBatch(await a_batch(by)))
        delivery_id = report.failures[0].delivery_id
        await cancel_delivery(CancelDelivery(delivery_id))
        after = await attempt_delivery(AttemptDelivery(delivery_id, 2))
    assert after.status == "cancelled"
    assert len(listener.requests) == 1


async def test_a_deleted_endpoint_gets_nothing_more(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        await an_endpoint(by, url_of(listener))
        batch = await a_batch(by)
        await database.execute(text("UPDATE endpoint SET deleted_at = now()"))
        report = await attempt_batch(AttemptBatch(batch))
    assert listener.requests == []
    assert (report.delivered, report.failures) == (0, ())
    ended = await database.execute(text("SELECT status, reason FROM delivery"))
    assert list(ended) == [("cancelled", "endpoint_deleted")]


async def test_another_tenants_log_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    endpoint = await an_endpoint(theirs)
    with pytest.raises(NotFound):
        await list_deliveries(ListDeliveries(mine, endpoint.id, PageRequest()))


async def test_every_scheme_arrives_with_its_own_headers() -> None:
    by = await a_tenant()
    expected = {
        "standard": "webhook-signature",
        "inkode": "x-inkode-signature",
        "innkie": "x-innkie-signature",
        "qrscan": "x-qrscanink-signature",
    }
    async with listening(answering(OK)) as listener:
        for scheme in expected:
            await an_endpoint(by, url_of(listener), scheme=scheme)
        await attempt_batch(AttemptBatch(await a_batch(by)))
    seen = [headers_of(request) for request in listener.requests]
    for name in expected.values():
        assert any(name in headers for headers in seen)
    assert all("webhook-signature" in headers for headers in seen)
