"""Facts leave the outbox once each, in batches that survive a crash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.dispatching import (
    ConfirmBatches,
    DispatchEvents,
    WaitingBatches,
    confirm_batches,
    dispatch_events,
    waiting_batches,
)
from activities.gateways.clock import FixedClock
from schema.db import transaction
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from workflows.reactions import WEBHOOKS, kinds_for

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = DispatchEvents(kinds_for(WEBHOOKS))


async def test_each_event_becomes_one_delivery_for_each_endpoint_that_wants_it(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    await an_endpoint(by, events=("qr.created",))
    await an_endpoint(by, events=("qr.*",))
    await an_endpoint(by, events=("link.*", "qr.scanned"))
    await a_code(by)
    dispatched = await dispatch_events(ALL)
    assert dispatched.events == 1
    assert [batch.size for batch in dispatched.batches] == [2]
    assert await database.scalar(text("SELECT count(*) FROM delivery")) == 2


async def test_an_event_is_dispatched_once() -> None:
    by = await a_tenant()
    await an_endpoint(by)
    await a_code(by)
    assert (await dispatch_events(ALL)).events == 1
    assert (await dispatch_events(ALL)).events == 0


async def test_an_event_without_a_receiver_leaves_silently() -> None:
    await a_code(await a_tenant())
    dispatched = await dispatch_events(ALL)
    assert (dispatched.events, dispatched.batches) == (1, ())


async def test_events_without_a_receiver_hold_up_nobody_elses() -> None:
    heard, unheard = await a_tenant("heard"), await a_tenant("unheard")
    await an_endpoint(heard)
    for by in (unheard, heard, unheard, unheard, heard):
        await a_code(by)
    few = DispatchEvents(ALL.kinds, limit=3)
    first, second = [await dispatch_events(few) for _ in range(2)]
    assert [done.events for done in (first, second)] == [5, 0]
    assert sum(batch.size for batch in first.batches) == 2


async def test_an_organization_with_many_events_lets_others_go_beside_them() -> None:
    many, few = await a_tenant("many"), await a_tenant("few")
    for by in (many, few):
        await an_endpoint(by)
    for by in [many] * 20 + [few] * 2:
        await a_code(by)
    told = [await dispatch_events(DispatchEvents(ALL.kinds, limit=6)) for _ in range(2)]
    sizes = [{b.organization_id: b.size for b in done.batches} for done in told]
    assert sizes == [{many.organization_id: 4, few.organization_id: 2}, {many.organization_id: 6}]


async def test_a_tenants_events_go_to_its_own_endpoints_only(database: AsyncConnection) -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    await an_endpoint(theirs)
    await a_code(mine)
    assert (await dispatch_events(ALL)).batches == ()
    assert await database.scalar(text("SELECT count(*) FROM delivery")) == 0


async def test_a_paused_endpoint_gets_nothing(database: AsyncConnection) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    await database.execute(text("UPDATE endpoint SET status = 'paused'"))
    await a_code(by)
    assert (await dispatch_events(ALL)).batches == ()


async def test_a_batch_holds_at_most_its_size_and_one_organization() -> None:
    first, second = await a_tenant("first"), await a_tenant("second")
    for by in (first, second):
        await an_endpoint(by)
        for _ in range(3):
            await a_code(by)
    batches = (await dispatch_events(DispatchEvents(ALL.kinds, batch_size=2))).batches
    assert sorted(batch.size for batch in batches) == [1, 1, 2, 2]
    by_organization = {batch.organization_id: 0 for batch in batches}
    for batch in batches:
        by_organization[batch.organization_id] += batch.size
    assert by_organization == {first.organization_id: 3, second.organization_id: 3}


async def test_one_turn_makes_a_bounded_number_of_deliveries_and_forgets_none() -> None:
    by = await a_tenant()
    for _ in range(3):
        await an_endpoint(by)
    for _ in range(5):
        await a_code(by)
    small = DispatchEvents(ALL.kinds, most_deliveries=7)
    turns = [await dispatch_events(small) for _ in range(4)]
    assert [turn.events for turn in turns] == [2, 2, 1, 0]
    assert [sum(batch.size for batch in turn.batches) for turn in turns] == [6, 6, 3, 0]


async def test_an_event_for_more_endpoints_than_the_bound_leaves_alone() -> None:
    by = await a_tenant()
    for _ in range(3):
        await an_endpoint(by)
    await a_code(by)
    assert (await dispatch_events(DispatchEvents(ALL.kinds, most_deliveries=2))).events == 1


async def test_a_batch_that_was_not_confirmed_is_found_again_with_the_same_id(
    clock: FixedClock,
) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    await a_code(by)
    (batch,) = (await dispatch_events(ALL)).batches
    young = WaitingBatches(older_than=timedelta(seconds=5))
    assert await waiting_batches(young) == ()
    clock.moment += timedelta(seconds=6)
    assert await waiting_batches(young) == (batch,)
    await confirm_batches(ConfirmBatches((batch.id,)))
    assert await waiting_batches(young) == ()


async def test_a_fact_that_is_rolled_back_is_never_told() -> None:
    by = await a_tenant()

    async def fail_after_creating() -> None:
        async with transaction():
            await a_code(by)
            raise LookupError

    with pytest.raises(LookupError):
        await fail_after_creating()
    assert (await dispatch_events(ALL)).events == 0
