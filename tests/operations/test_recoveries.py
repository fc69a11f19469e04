"""Deliveries sent once more, and those made that an endpoint never got."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.deliveries.reading import (
    ListDeliveries,
    ReadManifest,
    list_deliveries,
    read_manifest,
)
from activities.deliveries.recovering import (
    BeginRecovery,
    PlanRecovery,
    RecoverPart,
    begin_recovery,
    plan_recovery,
    recover_part,
)
from activities.deliveries.resending import ResendDelivery, resend_delivery
from activities.dispatching import WaitingBatches, waiting_batches
from activities.endpoints.views import EndpointView
from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, NotNow
from activities.rules.paging import PageRequest
from tests.builders.deliveries import (
    BROKEN,
    OK,
    a_batch,
    an_answer,
    delivery_rows,
    headers_of,
    some_batches,
    url_of,
)
from tests.builders.tenants import a_tenant, an_endpoint
from tests.conftest import NOW
from tests.fakes.listener import answering, listening

pytestmark = pytest.mark.usefixtures("database", "world")

HOUR = timedelta(hours=1)


async def an_end(by: Actor, endpoint: EndpointView) -> ResendDelivery:
    """The one delivery of an endpoint, to be sent once more."""
    (shown,) = (await list_deliveries(ListDeliveries(by, endpoint.id, PageRequest()))).items
    return ResendDelivery(by, endpoint.id, shown.id)


async def test_a_delivery_is_sent_once_more_under_its_own_id(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        endpoint = await an_endpoint(by, url_of(listener), delays=(1.0,))
        first = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures[0]
        await database.execute(text("UPDATE delivery SET status = 'failed', reason = 'aborted'"))
        batch = await resend_delivery(await an_end(by, endpoint))
        report = await attempt_batch(AttemptBatch(batch.id))
    (failure,) = report.failures
    assert failure.delivery_id == first.delivery_id
    # Its policy begins anew, its attempts go on counting.
    assert (failure.number, failure.first, failure.resend) == (3, 2, 1)
    ids = {headers_of(request)["webhook-id"] for request in listener.requests}
    assert (len(ids), len(listener.requests)) == (1, 2)


async def test_a_batch_of_resends_that_runs_again_sends_nothing_twice(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        endpoint = await an_endpoint(by, url_of(listener), delays=(60.0,))
        await attempt_batch(AttemptBatch(await a_batch(by)))
        batch = await resend_delivery(await an_end(by, endpoint))
        listener.handler = answering(BROKEN)
        once = await attempt_batch(AttemptBatch(batch.id))
        again = await attempt_batch(AttemptBatch(batch.id))
    assert len(listener.requests) == 2
    assert [(f.number, f.first) for f in once.failures] == [(3, 2)]
    assert [(f.number, f.first) for f in again.failures] == [(3, 2)]


async def test_what_is_being_sent_is_not_sent_beside_that() -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        endpoint = await an_endpoint(by, url_of(listener))
        await a_batch(by)
        with pytest.raises(NotNow):
            await resend_delivery(await an_end(by, endpoint))


async def test_nothing_is_resent_to_an_endpoint_that_is_paused(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        endpoint = await an_endpoint(by, url_of(listener))
        await attempt_batch(AttemptBatch(await a_batch(by)))
    await database.execute(text("UPDATE endpoint SET status = 'paused'"))
    with pytest.raises(NotNow):
        await resend_delivery(await an_end(by, endpoint))


async def test_another_tenant_resends_and_recovers_nothing() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    endpoint, other = await an_endpoint(theirs), await an_endpoint(mine)
    await a_batch(theirs)
    wish = await an_end(theirs, endpoint)
    for endpoint_id in (endpoint.id, other.id):
        with pytest.raises(NotFound):
            await resend_delivery(ResendDelivery(mine, endpoint_id, wish.delivery_id))
    with pytest.raises(NotFound):
        await plan_recovery(PlanRecovery(mine, endpoint.id, "failed", NOW - HOUR))


async def test_all_that_failed_is_recovered_in_parts(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(an_answer(500, webhook_delivery="abort-message"))) as listener:
        endpoint = await an_endpoint(by, url_of(listener))
        await attempt_batch(AttemptBatch(await a_batch(by, 3)))
        clock.moment += timedelta(seconds=1)
        plan = await plan_recovery(PlanRecovery(by, endpoint.id, "failed", NOW - HOUR))
        assert (plan.total, plan.is_exact) == (3, True)
        listener.handler = answering(OK)
        first = await recover_part(RecoverPart(endpoint.id, "failed", plan.since, plan.until, 0, 2))
        assert (first.count, first.is_over) == (2, False)
        second = await recover_part(
            RecoverPart(endpoint.id, "failed", plan.since, plan.until, first.after, 2)
        )
        assert (second.count, second.is_over) == (1, True)
        for part in (first, second):
            assert part.batch_id is not None
            await attempt_batch(AttemptBatch(part.batch_id))
    assert await delivery_rows(database, "status, attempts") == [("delivered", 2)] * 3


async def test_what_was_missed_during_a_pause_is_replayed(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        endpoint = await an_endpoint(by, url_of(listener), events=("qr.created",))
        await attempt_batch(AttemptBatch(await a_batch(by)))
        await database.execute(text("UPDATE endpoint SET status = 'paused'"))
        assert await some_batches(by, 2) == ()
        await database.execute(text("UPDATE endpoint SET status = 'active'"))
        clock.moment += timedelta(seconds=1)
        plan = await plan_recovery(PlanRecovery(by, endpoint.id, "missing", NOW - HOUR))
        assert plan.total == 2
        part = await recover_part(
            RecoverPart(endpoint.id, "missing", plan.since, plan.until, 0, 100)
        )
        assert part.count == 2
        assert part.batch_id is not None
        await attempt_batch(AttemptBatch(part.batch_id))
        again = await recover_part(
            RecoverPart(endpoint.id, "missing", plan.since, plan.until, 0, 100)
        )
    assert (again.count, again.is_over) == (0, True)
    assert await delivery_rows(database, "sequence, status") == [
        (number, "delivered") for number in (1, 2, 3)
    ]


async def test_a_filter_is_asked_when_events_are_replayed(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    await some_batches(by, 2)
    endpoint = await an_endpoint(by)
    wanted = '{"path": "$.data.nowhere", "exists": true}'
    await database.execute(text("UPDATE endpoint SET filter = CAST(:w AS jsonb)"), {"w": wanted})
    clock.moment += timedelta(seconds=1)
    plan = await plan_recovery(PlanRecovery(by, endpoint.id, "missing", NOW - HOUR))
    assert (plan.total, plan.is_exact) == (2, False)
    part = await recover_part(RecoverPart(endpoint.id, "missing", plan.since, plan.until, 0, 100))
    assert (part.batch_id, part.count, part.is_over) == (None, 0, True)


async def test_a_part_that_nobody_started_waits_for_the_relay(clock: FixedClock) -> None:
    by = await a_tenant()
    await some_batches(by)
    endpoint = await an_endpoint(by)
    part = await recover_part(RecoverPart(endpoint.id, "missing", NOW - HOUR, NOW + HOUR, 0, 100))
    clock.moment += timedelta(seconds=6)
    waiting = await waiting_batches(WaitingBatches(timedelta(seconds=5)))
    assert [batch.id for batch in waiting] == [part.batch_id]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOW - timedelta(days=31), None),
        (NOW + HOUR, None),
        (NOW - HOUR, NOW - 2 * HOUR),
    ],
)
async def test_a_span_that_cannot_be_is_refused(since: object, until: object) -> None:
    by = await a_tenant()
    endpoint = await an_endpoint(by)
    with pytest.raises(InvalidFields):
        await plan_recovery(PlanRecovery(by, endpoint.id, "failed", since, until))  # type: ignore[arg-type]


async def test_a_recovery_begins_for_active_endpoints_only(database: AsyncConnection) -> None:
    by = await a_tenant()
    endpoint = await an_endpoint(by)
    wanted = BeginRecovery(by, endpoint.id, "failed", NOW - HOUR)
    assert (await begin_recovery(wanted)).endpoint_id == endpoint.id
    await database.execute(text("UPDATE endpoint SET status = 'disabled'"))
    with pytest.raises(NotNow):
        await begin_recovery(wanted)
    part = await recover_part(RecoverPart(endpoint.id, "failed", NOW - HOUR, NOW, 0, 100))
    assert (part.count, part.is_over) == (0, True)


@pytest.mark.parametrize(
    ("change", "cut"),
    [
        ("status = 'paused'", "endpoint_paused"),
        ("status = 'disabled'", "endpoint_disabled"),
        ("status = 'disabled', deleted_at = now()", "endpoint_deleted"),
    ],
)
async def test_a_part_says_why_nothing_more_is_sent(
    database: AsyncConnection, clock: FixedClock, change: str, cut: str
) -> None:
    by = await a_tenant()
    await some_batches(by, 3)
    endpoint = await an_endpoint(by)
    first = await recover_part(RecoverPart(endpoint.id, "missing", NOW - HOUR, NOW + HOUR, 0, 2))
    assert (first.count, first.is_over, first.cut) == (2, False, None)
    await database.execute(text(f"UPDATE endpoint SET {change}"))
    rest = RecoverPart(endpoint.id, "missing", NOW - HOUR, NOW + HOUR, first.after, 2)
    second = await recover_part(rest)
    assert (second.count, second.is_over, second.cut) == (0, True, cut)
    nothing = await recover_part(replace(rest, after=10**9))
    assert (nothing.is_over, nothing.cut) == (True, None), "all of it was sent"


async def test_a_receiver_finds_what_it_never_got() -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        endpoint = await an_endpoint(by, url_of(listener))
        first = await a_batch(by, 2)
        await a_batch(by, 3)
        await attempt_batch(AttemptBatch(first))
    got = {int(headers_of(request)["x-inkloom-sequence"]) for request in listener.requests}
    manifest = await read_manifest(ReadManifest(by, endpoint.id))
    assert [entry.sequence for entry in manifest.entries] == [1, 2, 3, 4, 5]
    assert {entry.event for entry in manifest.entries} == {"qr.created"}
    assert (manifest.newest, manifest.next) == (5, None)
    assert {1, 2, 3, 4, 5} - got == {3, 4, 5}
    part = await read_manifest(ReadManifest(by, endpoint.id, 2, 4))
    assert [entry.sequence for entry in part.entries] == [2, 3, 4]
    with pytest.raises(NotFound):
        await read_manifest(ReadManifest(await a_tenant("other"), endpoint.id))
