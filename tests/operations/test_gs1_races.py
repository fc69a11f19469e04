"""Products when many want the same at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from activities.gateways.clock import SystemClock
from activities.outside import Outside, install
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from schema.db import connect, transaction
from tests.builders.databases import a_database
from tests.builders.tenants import a_tenant
from workers.embedded_postgres import EmbeddedPostgres

CONNECTIONS, MANY = 12, 16
GTIN = "09506000134352"


@pytest_asyncio.fixture(autouse=True)
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    install(replace(world, clock=SystemClock()))
    async with a_database(postgres.url, connections=CONNECTIONS) as url:
        await connect(url, pool_size=CONNECTIONS, patience=60)
        yield url


async def a_product(by: Actor) -> Any:
    return await create_qr_code(
        CreateQrCode(by, "https://brand.example/", type="GS1", content={"gtin": GTIN})
    )


async def who_has_it() -> list[Any]:
    query = "SELECT asset_id FROM slug_claim WHERE space = '01'"
    async with transaction() as session:
        return list((await session.execute(text(query))).scalars())


async def test_of_many_who_want_a_product_one_gets_it() -> None:
    tenants = [await a_tenant("acme"), await a_tenant("other")]
    wanted = [a_product(tenants[n % 2]) for n in range(MANY)]
    found = await asyncio.gather(*wanted, return_exceptions=True)
    refused = [each for each in found if isinstance(each, InvalidFields)]
    (made,) = [each for each in found if not isinstance(each, BaseException)]
    assert len(refused) == MANY - 1
    assert {next(iter(each.fields)) for each in refused} == {"content.gtin"}
    assert await who_has_it() == [made.id]
    async with transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM qr_code")) == 1


async def test_a_product_that_was_given_up_goes_to_one_of_its_organization() -> None:
    by, other = await a_tenant("acme"), await a_tenant("other")
    await delete_qr_code(DeleteQrCode(by, (await a_product(by)).id))
    wanted = [a_product(by if n % 2 else other) for n in range(MANY)]
    found = await asyncio.gather(*wanted, return_exceptions=True)
    (made,) = [each for each in found if not isinstance(each, BaseException)]
    assert sum(isinstance(each, InvalidFields) for each in found) == MANY - 1
    assert await who_has_it() == [made.id]
    async with transaction() as session:
        query = text("SELECT organization_id FROM qr_code WHERE id = :id")
        assert await session.scalar(query, {"id": made.id}) == by.organization_id
