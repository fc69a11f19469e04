"""Conversions: recorded once, announced once, for sources that are there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.outside import Outside
from activities.rules.actors import Actor
from activities.rules.conversions import SourceKind
from activities.rules.errors import InvalidFields, NotFound
from activities.visits.conversions import RecordConversion, record_conversion
from schema.db import transaction
from tests.builders.barcodes import a_barcode
from tests.builders.databases import a_database
from tests.builders.pages import a_page
from tests.builders.tenants import a_code, a_heard_tenant, a_listener, a_tenant
from tests.builders.visits import a_link
from workers.embedded_postgres import EmbeddedPostgres

rolled_back = pytest.mark.usefixtures("database", "world")


async def a_link_of(by: Actor) -> UUID:
    return (await a_link(by)).id


async def a_barcode_of(by: Actor) -> UUID:
    return (await a_barcode(by)).id


async def a_code_of(by: Actor) -> UUID:
    return (await a_code(by)).id


async def a_page_of(by: Actor) -> UUID:
    return (await a_page(by)).id


SOURCES: dict[SourceKind, tuple[str, Callable[[Actor], Awaitable[UUID]], str]] = {
    "qr": ("qr_", a_code_of, "qr_code"),
    "link": ("lnk_", a_link_of, "link"),
    "page": ("pg_", a_page_of, "link_page"),
    "barcode": ("bc_", a_barcode_of, "barcode"),
}


async def conversions(database: AsyncConnection) -> int:
    rows = await database.scalar(text("SELECT count(*) FROM conversion"))
    told = await database.scalar(text("SELECT count(*) FROM event WHERE kind LIKE 'conversion.%'"))
    assert rows == told
    return rows or 0


@rolled_back
@pytest.mark.parametrize("kind", SOURCES)
async def test_a_conversion_of_every_source_is_recorded_and_announced(
    database: AsyncConnection, kind: SourceKind
) -> None:
    prefix, make, _ = SOURCES[kind]
    by, visitor = await a_heard_tenant(), uuid4()
    source = await make(by)
    made = await record_conversion(
        RecordConversion(
            by.organization_id,
            kind,
            source,
            "purchase",
            Decimal("129.9"),
            "USD",
            visitor=visitor,
            details={"plan": "yearly"},
        )
    )
    assert (made.is_new, made.visitor) == (True, visitor)
    row = (await database.execute(text("SELECT * FROM conversion"))).one()
    assert (row.id, row.source_kind, row.source_id, row.visitor) == (made.id, kind, source, visitor)
    assert (row.value, row.currency, row.details) == (Decimal("129.9"), "USD", {"plan": "yearly"})
    event = (
        await database.execute(
            text("SELECT asset_id, payload FROM event WHERE kind = 'conversion.recorded'")
        )
    ).one()
    assert event.asset_id == source
    assert event.payload == {
        "id": f"cnv_{made.id.hex}",
        "sourceType": kind,
        "sourceId": f"{prefix}{source.hex}",
        "step": "purchase",
        "value": "129.90",
        "currency": "USD",
        "recordedAt": "2026-11-21T12:00:00.000Z",
    }


@rolled_back
async def test_without_a_visitor_it_gets_an_id_of_its_own(database: AsyncConnection) -> None:
    by = await a_heard_tenant()
    asked = RecordConversion(by.organization_id, "qr", await a_code_of(by), "lead")
    first, second = await record_conversion(asked), await record_conversion(asked)
    assert None not in {first.visitor, second.visitor}
    assert first.visitor != second.visitor
    assert await conversions(database) == 2


@rolled_back
async def test_a_key_that_was_seen_answers_the_first_one(database: AsyncConnection) -> None:
    by = await a_heard_tenant()
    asked = RecordConversion(
        by.organization_id, "qr", await a_code_of(by), "lead", dedupe_key="order-1"
    )
    first = await record_conversion(asked)
    again = await record_conversion(replace(asked, step="other", visitor=uuid4()))
    assert (again.id, again.is_new, again.visitor) == (first.id, False, None)
    assert await conversions(database) == 1
    assert (await record_conversion(replace(asked, dedupe_key="order-2"))).is_new


@rolled_back
async def test_organizations_have_keys_of_their_own(database: AsyncConnection) -> None:
    for slug in ("mine", "theirs"):
        by = await a_heard_tenant(slug)
        asked = RecordConversion(
            by.organization_id, "qr", await a_code_of(by), "lead", dedupe_key="order-1"
        )
        assert (await record_conversion(asked)).is_new
    assert await conversions(database) == 2


@rolled_back
async def test_a_conversion_that_nobody_wants_to_hear_of_is_recorded_only(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    await a_listener(by, ("qr.*", "page.viewed"))
    await record_conversion(RecordConversion(by.organization_id, "qr", await a_code_of(by), "lead"))
    assert await database.scalar(text("SELECT count(*) FROM conversion")) == 1
    assert await database.scalar(text("SELECT count(*) FROM event WHERE kind LIKE 'conv%'")) == 0


@rolled_back
@pytest.mark.parametrize("kind", SOURCES)
async def test_a_source_must_be_there(database: AsyncConnection, kind: SourceKind) -> None:
    _, make, table = SOURCES[kind]
    by, other = await a_heard_tenant("mine"), await a_heard_tenant("theirs")
    mine, theirs = await make(by), await make(other)
    await database.execute(
        text(f"UPDATE {table} SET deleted_at = now() WHERE id = :id"), {"id": mine}
    )
    another: SourceKind = "link" if kind != "link" else "qr"
    for organization, source_kind, source in (
        (by.organization_id, kind, mine),
        (by.organization_id, kind, theirs),
        (other.organization_id, another, theirs),
        (uuid4(), kind, theirs),
        (by.organization_id, kind, uuid4()),
    ):
        with pytest.raises(NotFound) as refused:
            await record_conversion(RecordConversion(organization, source_kind, source, "lead"))
        assert str(refused.value) == "There is no such source here."
    assert await conversions(database) == 0


@rolled_back
async def test_wrong_fields_are_named_before_anything_is_looked_up() -> None:
    with pytest.raises(InvalidFields) as refused:
        await record_conversion(
            RecordConversion(uuid4(), "qr", uuid4(), "No!", Decimal(1), dedupe_key="")
        )
    assert set(refused.value.fields) == {"step", "currency", "dedupe_key"}


async def test_of_many_with_one_key_at_once_one_is_recorded(
    postgres: EmbeddedPostgres, world: Outside
) -> None:
    async with a_database(postgres.url, connections=8):
        by = await a_heard_tenant()
        source = await a_code_of(by)
        for turn in range(5):
            asked = RecordConversion(
                by.organization_id, "qr", source, "lead", dedupe_key=f"order-{turn}"
            )
            made = await asyncio.gather(*(record_conversion(asked) for _ in range(8)))
            assert len({one.id for one in made}) == 1
            assert sum(one.is_new for one in made) == 1
        async with transaction() as session:
            count = "SELECT count(*) FROM {} WHERE {}"
            rows = await session.scalar(text(count.format("conversion", "true")))
            told = await session.scalar(text(count.format("event", "kind = 'conversion.recorded'")))
        assert (rows, told) == (5, 5)
