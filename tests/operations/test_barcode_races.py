"""Barcodes changed at once, on connections of their own."""

from __future__ import annotations

import asyncio

import pytest

from activities.barcodes.changing import UpdateBarcode, update_barcode
from activities.barcodes.reading import ReadBarcode, read_barcode
from activities.barcodes.shelving import DeleteBarcode, delete_barcode
from activities.rules.errors import InvalidFields, NotFound, PlanLimitReached, VersionMismatch
from tests.builders.barcodes import a_barcode
from tests.builders.databases import a_database
from tests.builders.tenants import a_code, a_tenant

pytestmark = pytest.mark.usefixtures("world")

AT_ONCE = 6


async def test_of_many_changes_of_one_version_one_is_made(database_url: str) -> None:
    async with a_database(database_url, connections=AT_ONCE):
        by = await a_tenant()
        made = await a_barcode(by)
        outcomes = await asyncio.gather(
            *(
                update_barcode(UpdateBarcode(by, made.id, version=1, name=f"name {number}"))
                for number in range(AT_ONCE)
            ),
            return_exceptions=True,
        )
        assert [type(o) for o in outcomes].count(VersionMismatch) == AT_ONCE - 1
        (won,) = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
        assert await read_barcode(ReadBarcode(by, made.id)) == won


async def test_a_new_type_and_a_new_value_at_once_never_leave_a_pair_that_is_wrong(
    database_url: str,
) -> None:
    async with a_database(database_url, connections=AT_ONCE):
        by = await a_tenant()
        for _ in range(AT_ONCE):
            made = await a_barcode(by, "96385074", "CODE128")
            outcomes = await asyncio.gather(
                update_barcode(UpdateBarcode(by, made.id, symbology="EAN8")),
                update_barcode(UpdateBarcode(by, made.id, value="no number")),
                return_exceptions=True,
            )
            assert [type(o) for o in outcomes].count(InvalidFields) == 1
            left = await read_barcode(ReadBarcode(by, made.id))
            assert (left.symbology, left.value) in (
                ("EAN8", "96385074"),
                ("CODE128", "no number"),
            )


async def test_of_many_deletes_one_is_made(database_url: str) -> None:
    async with a_database(database_url, connections=AT_ONCE):
        by = await a_tenant()
        made = await a_barcode(by)
        outcomes = await asyncio.gather(
            *(delete_barcode(DeleteBarcode(by, made.id)) for _ in range(AT_ONCE)),
            return_exceptions=True,
        )
        assert [type(o) for o in outcomes].count(NotFound) == AT_ONCE - 1


async def test_the_last_room_of_a_plan_is_given_once(database_url: str) -> None:
    async with a_database(database_url, connections=AT_ONCE):
        by = await a_tenant()
        for number in range(49):
            await a_code(by, name=f"code {number}")
        outcomes = await asyncio.gather(
            *(a_barcode(by) for _ in range(AT_ONCE)), return_exceptions=True
        )
        assert [type(o) for o in outcomes].count(PlanLimitReached) == AT_ONCE - 1
