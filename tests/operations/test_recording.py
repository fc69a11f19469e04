"""What was delivered is recorded in groups: all of it, once, whatever one of the group holds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.attempts import RecordAttempt, make_attempt
from activities.deliveries.due import LoadDue, load_due
from activities.deliveries.recording import Arriving, RecordArrivals, record_arrivals
from activities.rules.breaker import Health
from tests.builders.deliveries import BROKEN, OK, a_batch, delivery_rows, endpoint_row, url_of
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import answering, listening

pytestmark = pytest.mark.usefixtures("database", "world")


async def some_attempts(count: int, answer: bytes = OK) -> list[RecordAttempt]:
    """Attempts that were made and are not recorded."""
    by = await a_tenant()
    async with listening(answering(answer)) as listener:
        await an_endpoint(by, url_of(listener))
        due = await load_due(LoadDue(batch_id=await a_batch(by, codes=count)))
        return [await make_attempt(one) for one in due]


async def attempts_of(database: AsyncConnection) -> list[UUID]:
    query = text("SELECT delivery_id FROM attempt ORDER BY delivery_id")
    return list((await database.execute(query)).scalars())


async def test_all_that_arrive_meanwhile_are_recorded(database: AsyncConnection) -> None:
    made, arriving = await some_attempts(5), Arriving()
    recorded = await asyncio.gather(*map(arriving.record, made))
    assert [one and one.status for one in recorded] == ["delivered"] * 5
    assert (
        await delivery_rows(database, "status, attempts, next_at") == [("delivered", 1, None)] * 5
    )
    assert await attempts_of(database) == sorted(one.delivery_id for one in made)


async def test_an_attempt_is_recorded_as_it_was(database: AsyncConnection) -> None:
    (made,) = await some_attempts(1)
    await Arriving().record(made)
    row = (await database.execute(text("SELECT * FROM attempt"))).one()
    assert (row.number, row.status_code, row.error) == (1, 200, None)
    assert row.created_at == made.sent_at
    assert row.response_body == "ok"
    assert row.request_headers == dict(made.request_headers)
    assert row.response_headers == dict(made.outcome.response_headers)
    assert row.phases.keys() == made.outcome.phases.keys()
    assert row.why == "It is delivered."


async def test_what_is_recorded_is_not_recorded_again(database: AsyncConnection) -> None:
    made, arriving = await some_attempts(2), Arriving()
    await arriving.record(made[0])
    again = await asyncio.gather(*map(arriving.record, made))
    assert [one is None for one in again] == [True, False]
    assert len(await attempts_of(database)) == 2


async def test_one_that_cannot_be_written_does_not_hurt_the_others(
    database: AsyncConnection,
) -> None:
    made, arriving = await some_attempts(3), Arriving()
    broken = replace(made[1].outcome, response_headers={"x-odd": "\x00"})
    made[1] = replace(made[1], outcome=broken)
    recorded = await asyncio.gather(*map(arriving.record, made), return_exceptions=True)
    assert [isinstance(one, Exception) for one in recorded] == [False, True, False]
    statuses = await delivery_rows(database, "status")
    assert sorted(statuses) == [("delivered",), ("delivered",), ("pending",)]


async def test_a_cancelled_delivery_that_arrived_is_delivered(database: AsyncConnection) -> None:
    made = await some_attempts(1)
    await database.execute(text("UPDATE delivery SET status = 'cancelled'"))
    arrived = await record_arrivals(RecordArrivals(tuple(made)))
    assert arrived.delivery_ids == {made[0].delivery_id}


async def test_a_failure_is_felt_by_its_endpoint(database: AsyncConnection) -> None:
    (made,) = await some_attempts(1, BROKEN)
    recorded = await Arriving().record(made)
    assert recorded is not None
    assert (recorded.status, recorded.health.failures) == ("pending", 1)
    assert await endpoint_row(database, "failures") == (1,)


async def test_an_endpoint_that_was_unwell_hears_of_a_success(database: AsyncConnection) -> None:
    (made,) = await some_attempts(1)
    await database.execute(text("UPDATE endpoint SET failures = 3, failing_since = now()"))
    unwell = replace(made, health=Health(failures=3, failing_since=made.sent_at))
    assert await Arriving().record(unwell) is not None
    assert await endpoint_row(database, "failures, failing_since") == (0, None)


async def test_a_later_group_is_written_too() -> None:
    made, arriving = await some_attempts(2), Arriving()
    assert await arriving.record(made[0]) is not None
    assert await arriving.record(made[1]) is not None
