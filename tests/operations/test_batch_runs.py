"""Runs of a batch: two that meet over a message, one whose time is over, one whose worker stops."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.testing import ActivityEnvironment

from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.deliveries.due import LoadDue, load_due
from activities.deliveries.trying import Run
from activities.gateways.clock import FixedClock
from activities.rules.breaker import FIRST_PROBE, OPENS_AFTER
from activities.rules.holds import Hold
from tests.builders.deliveries import BROKEN, OK, a_batch, delivery_rows, released, url_of
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import answering, listening
from tests.operations.test_delivery_holds import an_ordered_batch, set_endpoint

pytestmark = pytest.mark.usefixtures("world")


async def test_what_is_held_after_another_run_tried_it_is_handed_over(
    database: AsyncConnection,
) -> None:
    """The report of a run that was taken for dead counts for nothing: only this one's does."""
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(30.0, 30.0))
        batch = await a_batch(by)
        (seen,) = await load_due(LoadDue(batch_id=batch))
        await attempt_batch(AttemptBatch(batch))
        report = await Run(0.0, parks=True).hold(seen, Hold("rate_limit"))
    assert (report.status, report.attempts, report.parked) == ("pending", 1, False)
    assert report.wait_seconds is not None
    assert await delivery_rows(database, "attempts, reason, parked") == [(1, None, False)]


async def test_what_is_parked_after_another_run_tried_it_is_handed_over(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(30.0, 30.0))
        batch = await a_batch(by)
        (seen,) = await load_due(LoadDue(batch_id=batch))
        await attempt_batch(AttemptBatch(batch))
        reports = await Run(0.0, parks=True).park([seen])
    report = reports[seen.delivery_id]
    assert (report.status, report.attempts, report.parked) == ("pending", 1, False)
    assert await delivery_rows(database, "attempts, parked") == [(1, False)]


async def test_a_row_of_ordered_messages_ends_with_its_time(database: AsyncConnection) -> None:
    by = await a_tenant()

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(OK)
        await writer.drain()

    async with listening(slow) as listener:
        await an_endpoint(by, url_of(listener))
        await set_endpoint(database, "ordering = 'asset'")
        batch, began = await an_ordered_batch(by, 19), monotonic()
        report = await attempt_batch(AttemptBatch(batch, seconds=0.3))
        assert monotonic() - began < 2.0
        assert 1 <= report.delivered <= 3
        assert report.delivered + report.unfinished == 20
        rest = await attempt_batch(AttemptBatch(batch))
    assert (rest.delivered, rest.unfinished) == (20, 0)


async def test_a_worker_that_stops_begins_nothing_more(database: AsyncConnection) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        await an_endpoint(by, url_of(listener))
        batch = await a_batch(by, 3)
        stopping = ActivityEnvironment()
        stopping.worker_shutdown()
        report = await stopping.run(attempt_batch, AttemptBatch(batch))
        assert (report.unfinished, report.held, len(listener.requests)) == (3, 0, 0)
        assert (await attempt_batch(AttemptBatch(batch))).delivered == 3
    assert await delivery_rows(database, "attempts") == [(1,)] * 3


async def test_what_fails_at_a_receiver_that_is_away_costs_no_workflow(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(60.0, 600.0))
        await set_endpoint(database, "concurrency = 1")
        report = await attempt_batch(AttemptBatch(await a_batch(by, OPENS_AFTER + 5)))
        assert (len(report.failures), report.held) == (OPENS_AFTER - 1, 6)
        clock.moment += FIRST_PROBE
        (probe,) = await released()
        assert (len(probe.failures), probe.held) == (0, 1)
        # The message that opened the circuit, then the probe: each has its next try by the policy.
        parked = ("pending", 1, "retry", True)
        rows = await delivery_rows(database, "status, attempts, reason, parked")
        assert rows.count(parked) == 2
        listener.handler = answering(OK)
        clock.moment += timedelta(seconds=6)
        assert [one.delivered for one in await released()] == [1]
        clock.moment += timedelta(seconds=90)
        while await released():
            pass
    arrived = await delivery_rows(database, "status = 'delivered'")
    assert arrived.count((True,)) == 6


async def test_what_failed_at_a_receiver_that_is_away_is_given_up_by_its_policy(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    async with listening(answering(BROKEN)) as listener:
        await an_endpoint(by, url_of(listener), delays=(60.0, 600.0))
        await set_endpoint(database, f"failures = {OPENS_AFTER}, failing_since = now()")
        await attempt_batch(AttemptBatch(await a_batch(by)))
        for _ in range(20):
            clock.moment += timedelta(minutes=2)
            await released()
    assert len(listener.requests) == 3
    gone = [("failed", 3, "attempts_spent")]
    assert await delivery_rows(database, "status, attempts, reason") == gone
