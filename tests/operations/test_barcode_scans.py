"""Scans of barcodes: counted and announced, with the stock that they move, all of it or nothing."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.barcodes.changing import UpdateBarcode, update_barcode
from activities.barcodes.reading import ReadBarcode, read_barcode
from activities.barcodes.shelving import (
    ArchiveBarcode,
    DeleteBarcode,
    archive_barcode,
    delete_barcode,
)
from activities.inventory.items import DeleteItem, UpdateItem, delete_item, update_item
from activities.inventory.scanning import (
    BarcodeScanView,
    RecordBarcodeScan,
    ScanMovement,
    record_barcode_scan,
)
from activities.outside import Outside
from activities.rules.actors import Actor
from activities.rules.errors import DomainError, InvalidFields, NotFound, NotNow, StockTooLow
from tests.builders.databases import a_database
from tests.builders.inventory import a_barcode, an_item, announced, kept
from tests.builders.keys import a_workspace, an_actor
from tests.builders.tenants import a_tenant, an_organization

in_one_transaction = pytest.mark.usefixtures("database", "world")

OUT = ScanMovement("out", 1)


async def count(database: AsyncConnection, table: str) -> int:
    return await database.scalar(text(f"SELECT count(*) FROM {table}")) or 0


@in_one_transaction
async def test_a_scan_is_kept_counted_and_announced(database: AsyncConnection) -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    scan = await record_barcode_scan(RecordBarcodeScan(by, barcode.id, " Dock  3 ", "Late\ntruck"))
    assert (scan.place, scan.note, scan.scan_count, scan.items) == ("Dock 3", "Late\ntruck", 1, ())
    row = (await database.execute(text("SELECT * FROM scan"))).one()
    assert (row.id, row.asset_id, row.asset_kind) == (scan.id, barcode.id, "barcode")
    assert (row.device, row.country, row.is_bot) == ("other", None, False)
    assert row.organization_id == by.organization_id
    assert await announced("barcode.scanned", "inventory.scanned") == [
        {
            "id": f"bc_{barcode.id.hex}",
            "scanId": f"scn_{scan.id.hex}",
            "type": "EAN13",
            "normalizedValue": "4006381333931",
            "place": "Dock 3",
            "note": "Late\ntruck",
            "scannedAt": "2026-11-21T12:00:00.000Z",
        }
    ]
    await record_barcode_scan(RecordBarcodeScan(by, barcode.id))
    after = await read_barcode(ReadBarcode(by, barcode.id))
    assert (after.scan_count, after.last_scanned_at) == (2, scan.scanned_at)
    assert (after.version, after.updated_at) == (barcode.version, barcode.updated_at)


@in_one_transaction
async def test_every_item_of_the_barcode_is_announced() -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    items = [await an_item(by, n, barcode_id=barcode.id, sku=f"S{n}") for n in (1, 2, 3)]
    await an_item(by, 9)
    await delete_item(DeleteItem(by, items[0].id))
    await update_item(UpdateItem(by, items[1].id, barcode_id=None))
    scan = await record_barcode_scan(RecordBarcodeScan(by, barcode.id, "Dock 3"))
    assert [(item.id, item.quantity) for item in scan.items] == [(items[2].id, 3)]
    assert await announced("inventory.scanned") == [
        {
            "itemId": f"inv_{items[2].id.hex}",
            "scanId": f"scn_{scan.id.hex}",
            "barcodeId": f"bc_{barcode.id.hex}",
            "sku": "S3",
            "quantity": 3,
            "place": "Dock 3",
            "scannedAt": "2026-11-21T12:00:00.000Z",
        }
    ]
    await update_item(UpdateItem(by, items[1].id, barcode_id=barcode.id))
    scan = await record_barcode_scan(RecordBarcodeScan(by, barcode.id))
    assert {item.id for item in scan.items} == {items[1].id, items[2].id}
    assert len(await announced("inventory.scanned")) == 3


@in_one_transaction
@pytest.mark.parametrize(
    ("movement", "levels"),
    [
        (ScanMovement("in", 2), {"main": 7}),
        (ScanMovement("in", 2, "shop"), {"main": 5, "shop": 2}),
        (ScanMovement("out", 2), {"main": 3}),
        (ScanMovement("out", 5, "main"), {}),
        (ScanMovement("adjust", 8), {"main": 8}),
    ],
)
async def test_a_scan_moves_the_stock_of_its_item(
    movement: ScanMovement, levels: dict[str, int]
) -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    item = await an_item(by, 5, barcode_id=barcode.id)
    scan = await record_barcode_scan(
        RecordBarcodeScan(by, barcode.id, note="Sale", movement=movement)
    )
    quantity = sum(levels.values())
    assert await kept(item.id) == (levels, quantity, quantity)
    assert scan.movement is not None
    assert (scan.movement.balance, scan.movement.note) == (quantity, "Sale")
    assert [told.quantity for told in scan.items] == [quantity]
    assert [fact["quantity"] for fact in await announced("inventory.scanned")] == [quantity]
    assert (await announced("inventory.movement"))[-1]["id"] == f"mov_{scan.movement.id.hex}"


@in_one_transaction
async def test_of_several_items_the_one_that_is_named_is_moved() -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    one, other = [await an_item(by, 5, barcode_id=barcode.id) for _ in range(2)]
    scan = await record_barcode_scan(
        RecordBarcodeScan(by, barcode.id, movement=ScanMovement("out", 1, item_id=other.id))
    )
    assert {item.id: item.quantity for item in scan.items} == {one.id: 5, other.id: 4}


@in_one_transaction
@pytest.mark.parametrize(
    ("items", "movement", "refusal"),
    [
        (1, ScanMovement("out", 6), StockTooLow),
        (1, ScanMovement("out", 1, "shop"), StockTooLow),
        (1, ScanMovement("in", 0), "movement.quantity"),
        (1, ScanMovement("in", 1, " "), "movement.location"),
        (1, ScanMovement("out", 1, "\u200b"), "movement.location"),
        (1, ScanMovement("out", 1, item_id=uuid4()), "movement.item_id"),
        (0, OUT, "movement.item_id"),
        (2, OUT, "movement.item_id"),
    ],
)
async def test_a_scan_whose_movement_is_refused_leaves_no_trace(
    database: AsyncConnection,
    items: int,
    movement: ScanMovement,
    refusal: type[DomainError] | str,
) -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    made = [await an_item(by, 5, barcode_id=barcode.id) for _ in range(items)]
    before = await count(database, "event")
    expected = refusal if isinstance(refusal, type) else InvalidFields
    with pytest.raises(expected) as refused:
        await record_barcode_scan(RecordBarcodeScan(by, barcode.id, movement=movement))
    if isinstance(refused.value, InvalidFields):
        assert list(refused.value.fields) == [refusal]
    assert await count(database, "event") == before
    assert await count(database, "scan") == 0
    assert (await read_barcode(ReadBarcode(by, barcode.id))) == barcode
    assert [(await kept(item.id))[1] for item in made] == [5] * items


@in_one_transaction
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"place": ""}, "place"),
        ({"place": "p" * 201}, "place"),
        ({"place": "a\u202eb"}, "place"),
        ({"note": "n" * 501}, "note"),
    ],
)
async def test_a_wrong_field_is_named(wrong: dict[str, Any], field: str) -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    with pytest.raises(InvalidFields) as refused:
        await record_barcode_scan(RecordBarcodeScan(by, barcode.id, **wrong))
    assert list(refused.value.fields) == [field]


@in_one_transaction
async def test_a_barcode_that_is_off_is_not_scanned_and_one_that_is_put_aside_is() -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    await update_barcode(UpdateBarcode(by, barcode.id, is_active=False))
    with pytest.raises(NotNow, match="switched off"):
        await record_barcode_scan(RecordBarcodeScan(by, barcode.id))
    await update_barcode(UpdateBarcode(by, barcode.id, is_active=True))
    await archive_barcode(ArchiveBarcode(by, barcode.id))
    assert (await record_barcode_scan(RecordBarcodeScan(by, barcode.id))).scan_count == 1


@in_one_transaction
async def test_a_barcode_that_is_deleted_or_not_mine_is_not_there(
    database: AsyncConnection,
) -> None:
    home = await an_organization()
    by = await an_actor(home)
    barcode, gone = await a_barcode(by), await a_barcode(by)
    await delete_barcode(DeleteBarcode(by, gone.id))
    narrow = await an_actor(home, workspace_id=await a_workspace(home))
    stranger = await a_tenant("stranger")
    for who, wanted in ((by, gone.id), (narrow, barcode.id), (stranger, barcode.id), (by, uuid4())):
        with pytest.raises(NotFound):
            await record_barcode_scan(RecordBarcodeScan(who, wanted))
    assert await count(database, "scan") == 0


async def test_scans_at_once_are_all_counted_and_take_no_more_than_there_is(
    database_url: str, world: Outside
) -> None:
    async def scan(by: Actor, id: Any) -> BarcodeScanView:
        return await record_barcode_scan(RecordBarcodeScan(by, id, movement=OUT))

    async with a_database(database_url, connections=16):
        by = await a_tenant()
        barcode = await a_barcode(by)
        item = await an_item(by, 10, barcode_id=barcode.id, threshold=4)
        ended = await asyncio.gather(
            *(scan(by, barcode.id) for _ in range(16)), return_exceptions=True
        )
        made = [one for one in ended if isinstance(one, BarcodeScanView)]
        assert sorted(one.scan_count for one in made) == list(range(1, 11))
        assert [type(one) for one in ended if one not in made] == [StockTooLow] * 6
        assert (await read_barcode(ReadBarcode(by, barcode.id))).scan_count == 10
        assert await kept(item.id) == ({}, 0, 0)
        assert len(await announced("barcode.scanned")) == 10
        assert len(await announced("inventory.stock_low")) == 1


async def test_scans_and_new_ties_at_once_do_not_wait_for_ever(
    database_url: str, world: Outside
) -> None:
    async with a_database(database_url, connections=16):
        by = await a_tenant()
        barcode = await a_barcode(by)
        item = await an_item(by, 100, barcode_id=barcode.id)
        for turn in range(5):
            scans = [RecordBarcodeScan(by, barcode.id, movement=OUT) for _ in range(6)]
            ties = [
                UpdateItem(by, item.id, name=f"{turn} {n}", barcode_id=barcode.id) for n in range(6)
            ]
            await asyncio.gather(*map(record_barcode_scan, scans), *map(update_item, ties))
        assert await kept(item.id) == ({"main": 70}, 70, 70)
