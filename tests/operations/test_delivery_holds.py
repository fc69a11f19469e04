"""What waits is not attempted, and goes as soon as what held it is over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

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
from activities.deliveries.backlog import FindWaiting, ReadBacklogs, find_waiting, read_backlogs
from activities.deliveries.due import LoadDue, load_due
from activities.deliveries.health import ClaimProbe, claim_probe
from activities.deliveries.holding import HoldDelivery, hold_delivery
from activities.deliveries.lanes import Lanes
from activities.deliveries.releasing import TakeReleased, take_released
from activities.dispatching import DispatchEvents, dispatch_events
from activities.gateways.clock import FixedClock
from activities.outside import Outside
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.rules.actors import Actor
from activities.rules.holds import Hold
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.deliveries import (
    BROKEN,
    OK,
    a_batch,
    an_answer,
    delivery_rows,
    headers_of,
    released,
    some_batches,
    url_of,
)
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from tests.fakes.listener import answering, listening
from workflows.reactions import WEBHOOKS, kinds_for

pytestmark = pytest.mark.usefixtures("world")


async def an_ordered_batch(by: Actor, changes: int) -> UUID:
    """A batch of several messages about one code."""
    code = await a_code(by)
    for number in range(changes):
        await update_qr_code(UpdateQrCode(by, code.id, name=f"name {number}"))
    (batch,) = (await dispatch_events(DispatchEvents(kinds_for(WEBHOOKS)))).batches
    return batch.id


async def set_endpoint(database: AsyncConnection, assignments: str) -> None:
    await database.execute(text(f"UPDATE endpoint SET {assignments}"))


async def test_messages_about_one_asset_go_one_after_the_other(
    database: AsyncConnection,
) -> None:
    by, raw = await a_tenant(), an_answer(200)
    under_way, most = 0, 0

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1
        writer.write(raw)
        await writer.drain()

    async with listening(slow) as listener:
        await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "ordering = 'asset'")
        report = await attempt_batch(AttemptBatch(await an_ordered_batch(by, 3)))
    assert (report.delivered, most) == (4, 1)
    numbers = [b"X-Inkloom-Sequence: %d\r\n" % n in r for n, r in enumerate(listener.requests, 1)]
    assert numbers == [True] * 4


async def test_a_later_message_waits_for_an_earlier_one_that_failed(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "ordering = 'asset'")
        report = await attempt_batch(AttemptBatch(await an_ordered_batch(by, 1)))
        assert len(listener.requests) == 1
        (first,) = report.failures
        assert (first.number, first.reason, report.held) == (2, "", 1)
        assert await delivery_rows(database, "reason, parked") == [
            (None, False),
            ("earlier_message", True),
        ]
        listener.handler = answering(OK)
        assert await released() == []
        await attempt_delivery(AttemptDelivery(first.delivery_id, 2))
        assert [report.delivered for report in await released()] == [1]


async def test_what_waits_behind_one_message_goes_together_and_in_order(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "ordering = 'asset'")
        (first,) = (await attempt_batch(AttemptBatch(await an_ordered_batch(by, 4)))).failures
        listener.handler = answering(OK)
        await attempt_delivery(AttemptDelivery(first.delivery_id, 2))
        assert [report.delivered for report in await released()] == [4]
    numbers = [int(headers_of(request)["x-inkloom-sequence"]) for request in listener.requests]
    assert numbers == [1, 1, 2, 3, 4, 5]


async def test_messages_about_other_assets_do_not_wait(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "ordering = 'asset'")
        report = await attempt_batch(AttemptBatch(await a_batch(by, 3)))
    assert len(listener.requests) == 3
    assert {failure.reason for failure in report.failures} == {""}


async def test_a_paused_endpoint_is_sent_nothing_until_it_is_resumed(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        await an_endpoint(by, url_of(listener))
        batch = await a_batch(by)
        await set_endpoint(database, "status = 'paused'")
        assert (await attempt_batch(AttemptBatch(batch))).held == 1
        assert await delivery_rows(database, "reason") == [("endpoint_paused",)]
        assert listener.requests == []
        assert await released() == []
        await set_endpoint(database, "status = 'active'")
        assert [report.delivered for report in await released()] == [1]


async def test_what_is_parked_when_its_endpoint_is_gone_is_cancelled(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    batch = await a_batch(by, 2)
    await set_endpoint(database, "status = 'paused'")
    assert (await attempt_batch(AttemptBatch(batch))).held == 2
    await set_endpoint(database, "status = 'active', deleted_at = now()")
    assert await released() == []
    gone = ("cancelled", "endpoint_deleted")
    assert await delivery_rows(database, "status, reason") == [gone, gone]


async def test_what_one_run_parks_and_another_tries_is_not_lost(
    database: AsyncConnection, clock: FixedClock
) -> None:
    """A run whose worker was taken for dead goes on beside the one that counts."""
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(30.0, 30.0))
        batch = await a_batch(by)
        (seen,) = await load_due(LoadDue(batch_id=batch))
        await hold_delivery(HoldDelivery(seen, Hold("busy"), seen.health, parks=True))
        await record_attempt(await make_attempt(seen))
        assert await delivery_rows(database, "attempts, reason, parked") == [(1, "retry", True)]
        listener.handler = answering(OK)
        clock.moment += timedelta(seconds=29)
        assert await released() == []
        clock.moment += timedelta(seconds=11)
        assert [report.delivered for report in await released()] == [1]
    assert await delivery_rows(database, "attempts, status") == [(2, "delivered")]


async def test_a_further_attempt_is_held_too_and_woken(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener))
        (failure,) = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures
        await set_endpoint(database, "status = 'paused'")
        held = await attempt_delivery(AttemptDelivery(failure.delivery_id, 2))
        assert (held.attempts, held.reason, held.parked) == (1, "endpoint_paused", False)
        assert await take_released(TakeReleased()) == ()
        await set_endpoint(database, "status = 'active'")
        assert len(await take_released(TakeReleased())) == 1
    assert await released() == [], "a workflow is about it"


async def test_what_was_woken_is_woken_again_only_after_a_while(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    await a_batch(by)
    await database.execute(
        text("UPDATE delivery SET reason = 'endpoint_paused', next_at = now() - interval '1 h'")
    )
    taken = []
    for _ in range(8):
        taken.append(len(await take_released(TakeReleased())))
        clock.moment += timedelta(seconds=1)
    assert taken == [1, 0, 0, 0, 0, 0, 1, 0]


async def test_an_endpoints_own_limit_spreads_its_messages(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "rate_per_minute = 12")
        report = await attempt_batch(AttemptBatch(await a_batch(by, 6)))
        assert (report.delivered, report.held, report.failures) == (2, 4, ())
        assert {reason for (reason,) in await delivery_rows(database, "reason")} >= {"rate_limit"}
        clock.moment += timedelta(seconds=4)
        assert await released() == []
        sent = []
        for _ in range(30):
            clock.moment += timedelta(seconds=1)
            sent.append(sum(report.delivered for report in await released()))
    assert sum(sent) == 4
    assert max(sent) <= 2, "no more at once than ten seconds allow"


async def test_no_more_than_allowed_are_under_way(database: AsyncConnection) -> None:
    by = await a_tenant()
    under_way, most = 0, 0

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.03)
        under_way -= 1
        writer.write(OK)
        await writer.drain()

    async with listening(slow) as listener:
        await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "concurrency = 2")
        report = await attempt_batch(AttemptBatch(await a_batch(by, 8)))
    assert (report.delivered, most) == (8, 2)


async def test_a_place_goes_to_who_waits_longest_and_none_is_lost() -> None:
    lanes, endpoint, order = Lanes(), uuid4(), []

    async def go(number: int) -> None:
        if await lanes.enter(endpoint, 1, seconds=5.0):
            order.append(number)
            await asyncio.sleep(0.01)
            lanes.leave(endpoint)

    assert await lanes.enter(endpoint, 1, seconds=0.0)
    assert not await lanes.enter(endpoint, 1, seconds=0.0)
    assert not await lanes.enter(endpoint, 1, seconds=0.01)
    tasks = [asyncio.create_task(go(number)) for number in range(4)]
    await asyncio.sleep(0.01)
    tasks[1].cancel()
    await asyncio.sleep(0)
    lanes.leave(endpoint)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 2, 3]
    assert await lanes.enter(endpoint, 1, seconds=0.0)


async def test_what_waits_is_told_to_operators(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(an_answer(429, retry_after="3600"))) as listener:
        endpoint = await an_endpoint(by, url_of(listener))
        await attempt_batch(AttemptBatch(await a_batch(by)))
        await some_batches(by)
    clock.moment += timedelta(minutes=10)
    (backlog,) = await read_backlogs(ReadBacklogs())
    assert (backlog.endpoint_id, backlog.state) == (endpoint.id, "throttled")
    assert (backlog.waiting, backlog.oldest_seconds) == (2, 600.0)
    waiting = await find_waiting(FindWaiting(endpoint.id))
    assert [(each.attempts, each.reason) for each in waiting] == [(1, None), (0, "throttled")]
    assert waiting[0].host == "127.0.0.1"
    assert await find_waiting(FindWaiting(uuid4())) == ()
    assert (await delivery_rows(database, "attempts")) == [(1,), (0,)]


async def test_of_many_that_would_probe_one_may(
    database_url: str, world: Outside, clock: FixedClock
) -> None:
    async with a_database(database_url, connections=8):
        by = await a_tenant()
        endpoint = await an_endpoint(by)
        async with transaction() as session:
            await session.execute(
                text("UPDATE endpoint SET failures = 10, open_until = :now"),
                {"now": clock.now()},
            )
        claims = await asyncio.gather(*(claim_probe(ClaimProbe(endpoint.id)) for _ in range(16)))
        assert sum(claims) == 1
        clock.moment += timedelta(seconds=59)
        assert not await claim_probe(ClaimProbe(endpoint.id))
        clock.moment += timedelta(seconds=1)
        assert await claim_probe(ClaimProbe(endpoint.id))


async def test_failures_at_once_are_all_counted_and_disable_once(
    database_url: str, world: Outside, clock: FixedClock
) -> None:
    async with (
        a_database(database_url, connections=8),
        listening(answering(an_answer(410))) as listener,
    ):
        by = await a_tenant()
        await an_endpoint(by, url_of(listener))
        batch = await a_batch(by, 12)
        assert len(await load_due(LoadDue(batch_id=batch))) == 12
        report = await attempt_batch(AttemptBatch(batch))
        assert report.failures == ()
        async with transaction() as session:
            told = await session.scalar(
                text("SELECT count(*) FROM event WHERE kind = 'endpoint.disabled'")
            )
            left = await session.scalar(
                text("SELECT count(*) FROM delivery WHERE status = 'pending'")
            )
        assert (told, left) == (1, 0)
