"""Endpoints off the public internet: refused when they are made, and when they become so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.deliveries.attempting import (
    AttemptBatch,
    AttemptDelivery,
    attempt_batch,
    attempt_delivery,
)
from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.gateways.receivers import Receivers
from activities.outside import Outside, install
from activities.rules.errors import InvalidFields
from tests.builders.deliveries import OK, a_batch, an_answer, delivery_rows, url_of
from tests.builders.refused_targets import EVERY_URL, REFUSED_ADDRESSES
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import Names, answering, listening

pytestmark = pytest.mark.usefixtures("database", "world")

PUBLIC = "93.184.216.34"


@pytest_asyncio.fixture
async def strict(world: Outside, names: Names) -> AsyncIterator[None]:
    """The world of an operator who lets nothing through; HTTP, for receivers of tests."""
    receivers = Receivers(names, allow_private=False, allow_http=True, total_seconds=3)
    install(
        replace(world, receivers=receivers, allow_private_targets=False, allow_http_targets=True)
    )
    yield
    await receivers.close()


@pytest.mark.usefixtures("strict")
async def test_no_endpoint_is_made_or_moved_off_the_public_internet(
    database: AsyncConnection, names: Names
) -> None:
    names.answers = [[PUBLIC]]
    by = await a_tenant()
    made = await an_endpoint(by)
    for url in EVERY_URL:
        for refused in (
            an_endpoint(by, url),
            update_endpoint(UpdateEndpoint(by, made.id, url=url)),
        ):
            with pytest.raises(InvalidFields) as told:
                await refused
            assert list(told.value.fields) == ["url"], url
    kept = (await database.execute(text("SELECT url, version FROM endpoint"))).all()
    assert [tuple(row) for row in kept] == [(made.url, 1)]
    assert len(names.asked) == 1


@pytest.mark.usefixtures("strict")
async def test_no_endpoint_is_made_whose_name_leads_to_a_refused_address(names: Names) -> None:
    by = await a_tenant()
    for address in REFUSED_ADDRESSES:
        names.answers = [[PUBLIC, address]]
        with pytest.raises(InvalidFields, match="private or internal") as told:
            await an_endpoint(by)
        assert address not in str(told.value.fields)


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "0.0.0.0"])
async def test_metadata_is_refused_also_where_private_targets_are_allowed(
    names: Names, address: str
) -> None:
    names.answers = [[address]]
    with pytest.raises(InvalidFields, match="private or internal"):
        await an_endpoint(await a_tenant())


@pytest.mark.usefixtures("strict")
async def test_a_name_that_leads_inside_after_its_endpoint_was_made_is_never_reached(
    database: AsyncConnection, names: Names
) -> None:
    names.answers = [[PUBLIC], ["127.0.0.1"], [PUBLIC, "10.0.0.5"]]
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        await an_endpoint(by, f"http://hooks.example.com:{listener.port}/hook")
        (failure,) = (await attempt_batch(AttemptBatch(await a_batch(by)))).failures
        again = await attempt_delivery(AttemptDelivery(failure.delivery_id, 2))
    assert (failure.number, again.status, again.attempts) == (2, "pending", 2)
    assert (listener.connections, len(names.asked)) == (0, 3)
    log = await database.execute(text("SELECT error, address, status_code FROM attempt"))
    assert [tuple(row) for row in log] == [("target_refused", None, None)] * 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_inside_is_a_failure_and_is_not_followed(
    database: AsyncConnection, status: int
) -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as inside:
        there = an_answer(status, location=url_of(inside))
        async with listening(answering(there)) as listener:
            await an_endpoint(by, url_of(listener))
            report = await attempt_batch(AttemptBatch(await a_batch(by)))
    assert (report.delivered, len(report.failures)) == (0, 1)
    assert (len(listener.requests), inside.connections) == (1, 0)
    assert await delivery_rows(database, "status, attempts") == [("pending", 1)]
