"""What receivers answer, and what becomes of the message and of the endpoint."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.deliveries.attempting import (
    AttemptBatch,
    AttemptDelivery,
    attempt_batch,
    attempt_delivery,
)
from activities.deliveries.parking import FindParked, TakeInHand, find_parked, take_in_hand
from activities.deliveries.reading import ListDeliveries, list_deliveries
from activities.gateways.clock import FixedClock
from activities.mail import ReadMailbox, read_mailbox
from activities.rules.breaker import DISABLE_AFTER, FEWEST_FAILURES, OPENS_AFTER
from activities.rules.paging import PageRequest
from tests.builders.deliveries import (
    BROKEN,
    OK,
    a_batch,
    an_answer,
    delivery_rows,
    endpoint_row,
    headers_of,
    released,
    some_batches,
    url_of,
)
from tests.builders.members import prove
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import answering, listening

pytestmark = pytest.mark.usefixtures("database", "world")


async def answered(database: AsyncConnection, raw: bytes, codes: int = 1) -> int:
    """The requests that come of a batch whose receiver answers so."""
    by = await a_tenant()
    async with listening(answering(raw)) as listener:
        await an_endpoint(by, url_of(listener))
        await attempt_batch(AttemptBatch(await a_batch(by, codes)))
    return len(listener.requests)


async def test_a_redirect_is_a_failure_and_not_followed(database: AsyncConnection) -> None:
    assert await answered(database, an_answer(302, location="https://example.com/")) == 1
    assert await delivery_rows(database, "status, attempts") == [("pending", 1)]


async def test_gone_disables_the_endpoint_and_cancels_what_waits(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(an_answer(410))) as listener:
        await an_endpoint(by, url_of(listener))
        first = await a_batch(by)
        later = await a_batch(by)
        await attempt_batch(AttemptBatch(first))
        report = await attempt_batch(AttemptBatch(later))
    assert len(listener.requests) == 1
    assert (report.delivered, report.failures) == (0, ())
    assert await endpoint_row(database, "status, disabled_reason") == ("disabled", "endpoint_gone")
    assert await delivery_rows(database, "status, reason") == [
        ("failed", "endpoint_gone"),
        ("cancelled", "endpoint_disabled"),
    ]


async def test_a_receiver_disables_its_endpoint_by_a_header(database: AsyncConnection) -> None:
    await answered(database, an_answer(200, webhook_delivery="disable"))
    assert await endpoint_row(database, "status") == ("disabled",)
    assert await delivery_rows(database, "status") == [("delivered",)]


async def test_a_receiver_gives_a_message_up_by_a_header(database: AsyncConnection) -> None:
    await answered(database, an_answer(500, webhook_delivery="abort-message"))
    assert await endpoint_row(database, "status, failures") == ("active", 1)
    assert await delivery_rows(database, "status, reason") == [("failed", "aborted")]


async def test_too_many_requests_hold_the_whole_endpoint(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(an_answer(429, retry_after="3600"))) as listener:
        await an_endpoint(by, url_of(listener))
        first, early = await a_batch(by), await a_batch(by)
        await attempt_batch(AttemptBatch(first))
        report = await attempt_batch(AttemptBatch(early))
        assert await some_batches(by) == (), "what comes now waits from the beginning"
    assert len(listener.requests) == 1
    assert (report.failures, report.held) == ((), 1)
    until = clock.now() + timedelta(hours=1)
    assert await endpoint_row(database, "throttled_until") == (until,)
    held = (0, "throttled", True)
    assert (await delivery_rows(database, "attempts, reason, parked"))[1:] == [held, held]


async def test_a_throttle_ends_in_time(clock: FixedClock) -> None:
    by = await a_tenant()
    async with listening(answering(an_answer(429, retry_after="3600"))) as listener:
        await an_endpoint(by, url_of(listener))
        await attempt_batch(AttemptBatch(await a_batch(by)))
        await some_batches(by, 12)
        listener.handler = answering(OK)
        clock.moment += timedelta(seconds=3599)
        assert await released() == []
        clock.moment += timedelta(seconds=1)
        # A fifth of what the endpoint takes at once, until one has arrived.
        assert [report.delivered for report in await released()] == [5]
        assert [report.delivered for report in await released()] == [7]


async def test_five_days_of_failures_disable_with_a_mail_and_an_event(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    owner = await database.scalar(text("SELECT user_id FROM membership"))
    await prove(owner)
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=tuple([86400.0] * 6))
        failure = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures[0]
        for number in range(2, FEWEST_FAILURES + 1):
            clock.moment += timedelta(days=1)
            await attempt_delivery(AttemptDelivery(failure.delivery_id, number))
        assert await endpoint_row(database, "status, failures") == ("active", FEWEST_FAILURES)
        clock.moment += DISABLE_AFTER - timedelta(days=FEWEST_FAILURES - 1)
        last = await attempt_delivery(AttemptDelivery(failure.delivery_id, FEWEST_FAILURES + 1))
    assert (last.status, last.wait_seconds) == ("cancelled", None)
    assert await endpoint_row(database, "status, disabled_reason") == ("disabled", "failing")
    told = text("SELECT payload ->> 'reason' FROM event WHERE kind = 'endpoint.disabled'")
    assert await database.scalar(told) == "failing"
    (mail,) = await read_mailbox(ReadMailbox())
    assert (mail.kind, mail.recipient) == ("endpoint_disabled", "acme@example.com")
    assert "127.0.0.1" in mail.subject
    assert "/hook" not in mail.text


async def test_one_success_in_between_begins_the_days_anew(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=tuple([86400.0] * 9))
        failure = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures[0]
        for number in range(2, 6):
            clock.moment += timedelta(days=1)
            await attempt_delivery(AttemptDelivery(failure.delivery_id, number))
        listener.handler = answering(OK)
        await attempt_batch(AttemptBatch(await a_batch(by)))
        listener.handler = answering(BROKEN)
        clock.moment += timedelta(days=2)
        last = await attempt_delivery(AttemptDelivery(failure.delivery_id, 6))
    assert last.status == "pending"
    assert await endpoint_row(database, "status, failures") == ("active", 1)


async def test_a_dead_endpoint_gets_one_message_a_minute(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(3600.0, 3600.0))
        await attempt_batch(AttemptBatch(await a_batch(by, OPENS_AFTER)))
        assert len(listener.requests) == OPENS_AFTER
        assert await some_batches(by, 5) == ()
        assert await released() == []
        for minute in range(1, 4):
            clock.moment += timedelta(minutes=1)
            assert [report.held for report in await released()] == [1]
            assert await released() == []
            assert len(listener.requests) == OPENS_AFTER + minute
    waiting = await delivery_rows(database, "attempts, parked")
    assert waiting[OPENS_AFTER:] == [(1, True)] * 3 + [(0, True)] * 2


async def test_a_probe_that_arrives_closes_the_circuit(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(3600.0, 3600.0))
        await attempt_batch(AttemptBatch(await a_batch(by, OPENS_AFTER)))
        await some_batches(by, 3)
        listener.handler = answering(OK)
        clock.moment += timedelta(minutes=1)
        assert [report.delivered for report in await released()] == [1]
        assert [report.delivered for report in await released()] == [2]
        assert await released() == []
    health = "failures, failing_since, open_until, throttled_until"
    assert await endpoint_row(database, health) == (0, None, None, None)


async def test_an_operator_sends_now_whatever_holds_it(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(3600.0, 3600.0))
        await attempt_batch(AttemptBatch(await a_batch(by, OPENS_AFTER)))
        await some_batches(by)
        held = await database.scalar(text("SELECT id FROM delivery WHERE attempts = 0"))
        in_hand = await find_parked(FindParked(held))
        assert in_hand is not None
        assert (in_hand.number, in_hand.reason, in_hand.kind) == (1, "circuit_open", "qr.created")
        await take_in_hand(TakeInHand(held))
        assert await find_parked(FindParked(held)) is None
        listener.handler = answering(OK)
        forced = AttemptDelivery(held, in_hand.number, is_forced=True)
        assert (await attempt_delivery(forced)).status == "delivered"


async def test_the_log_tells_all_of_an_attempt_and_no_secret(database: AsyncConnection) -> None:
    by = await a_tenant()
    raw = an_answer(503, "busy", retry_after="30", x_trace="abc")
    async with listening(answering(raw)) as listener:
        endpoint = await an_endpoint(by, url_of(listener), scheme="inkode")
        await attempt_batch(AttemptBatch(await a_batch(by)))
    (shown,) = (await list_deliveries(ListDeliveries(by, endpoint.id, PageRequest()))).items
    (attempt,) = shown.attempts
    sent = headers_of(listener.requests[0])
    logged = {name.lower(): value for name, value in attempt.request_headers.items()}
    assert logged["webhook-id"] == sent["webhook-id"]
    assert logged["x-inkloom-sequence"] == sent["x-inkloom-sequence"] == "1"
    for name in ("webhook-signature", "x-inkode-signature"):
        assert sent[name] not in str(attempt.request_headers)
        assert logged[name] == "[hidden]"
    assert attempt.response_headers["x-trace"] == "abc"
    assert attempt.address == "127.0.0.1"
    assert attempt.phases["total"] > 0
    assert "30 s" in attempt.why
    assert (shown.sequence, shown.reason) == (1, None)
