"""Barcodes changed, put away, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.barcodes.changing import UpdateBarcode, update_barcode
from activities.barcodes.reading import ListBarcodes, ReadBarcode, list_barcodes, read_barcode
from activities.barcodes.shelving import (
    ArchiveBarcode,
    DeleteBarcode,
    RestoreBarcode,
    archive_barcode,
    delete_barcode,
    restore_barcode,
)
from activities.barcodes.views import BarcodeView, Integration
from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, VersionMismatch
from activities.rules.listings import Listing, Shelf
from activities.rules.paging import PageRequest
from tests.builders.barcodes import PENCIL, a_barcode
from tests.builders.keys import a_workspace, an_actor
from tests.builders.shelf import a_folder
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def change(by: Actor, barcode: BarcodeView, **asked: Any) -> BarcodeView:
    return await update_barcode(UpdateBarcode(by, barcode.id, **asked))


async def told(database: AsyncConnection) -> list[Any]:
    """What was announced after the barcode was made: what happened and what was said."""
    events = "SELECT kind, payload FROM event WHERE kind <> 'barcode.created' ORDER BY sequence"
    return [(row.kind, row.payload.get("changes")) for row in await database.execute(text(events))]


async def on(shelf: Shelf, by: Actor) -> list[str]:
    page = await list_barcodes(ListBarcodes(by, Listing(PageRequest(), shelf=shelf)))
    return [barcode.name for barcode in page.items]


async def test_a_change_is_announced_with_what_is_different(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    made = await a_barcode(by, name="Pencil")
    clock.moment += timedelta(minutes=1)
    changed = await change(by, made, name="Pencil", style={"showText": False}, tags=("blue",))
    assert (changed.style, changed.tags, changed.version) == ({"showText": False}, ("blue",), 2)
    assert changed.updated_at == clock.moment
    assert await told(database) == [("barcode.updated", ["style", "tags"])]


async def test_a_change_of_nothing_is_none(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await a_barcode(by, name="Pencil")
    assert await change(by, made, name="Pencil", value=PENCIL, symbology="ean13") == made
    assert await told(database) == []


async def test_type_and_value_change_together(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await a_barcode(by)
    changed = await change(by, made, symbology="UPC-A", value="03600029145")
    assert (changed.symbology, changed.value) == ("UPCA", "03600029145")
    assert (changed.normalized_value, changed.text) == ("036000291452", "0 36000 29145 2")
    assert await told(database) == [("barcode.updated", ["type", "value", "normalizedValue"])]
    found = await list_barcodes(ListBarcodes(by, Listing(PageRequest(), search="36000291452")))
    assert found.total == 1
    old = await list_barcodes(ListBarcodes(by, Listing(PageRequest(), search=PENCIL)))
    assert old.total == 0


async def test_a_new_type_takes_the_value_along_when_it_suits() -> None:
    by = await a_tenant()
    made = await a_barcode(by, "400638133393")
    changed = await change(by, made, symbology="CODE128")
    assert (changed.value, changed.normalized_value) == ("400638133393", "400638133393")


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"symbology": "EAN8"}, "value", "EAN8 takes 7 digits"),
        ({"value": "4006381333932"}, "value", "is 1, not 2"),
        ({"symbology": "QR"}, "type", "Choose one of"),
        ({"name": "n" * 201}, "name", "200"),
        ({"integration": Integration("", "1")}, "integration.provider", "Name"),
        ({"tags": ("a" * 51,)}, "tags", "50"),
    ],
)
async def test_a_wrong_change_leaves_everything(
    database: AsyncConnection, asked: dict[str, Any], field: str, sentence: str
) -> None:
    by = await a_tenant()
    made = await a_barcode(by)
    with pytest.raises(InvalidFields, match=sentence) as refused:
        await change(by, made, **{"description": "new", **asked})
    assert list(refused.value.fields) == [field]
    assert await read_barcode(ReadBarcode(by, made.id)) == made
    assert await told(database) == []


async def test_a_binding_is_made_changed_and_taken_away(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await a_barcode(by)
    bound = Integration("shop", "42", "https://shop.example/42")
    assert (await change(by, made, integration=bound)).integration == bound
    assert (await change(by, made, name="x")).integration == bound
    assert (await change(by, made, integration=None)).integration is None
    assert [changes for _, changes in await told(database)] == [
        ["integration"],
        ["name"],
        ["integration"],
    ]


async def test_a_move_to_another_workspace_leaves_the_folder() -> None:
    home = await an_organization()
    by = await an_actor(home)
    aside = await a_workspace(home)
    folder = await a_folder(by, "Shelf")
    made = await a_barcode(by, folder_id=folder.id)
    assert made.folder_name == "Shelf"
    with pytest.raises(NotFound):
        await change(by, made, workspace_id=aside, folder_id=folder.id)
    moved = await change(by, made, workspace_id=aside)
    assert (moved.workspace_id, moved.folder_id) == (aside, None)


async def test_a_change_of_an_old_version_is_refused() -> None:
    by = await a_tenant()
    made = await a_barcode(by)
    await change(by, made, version=1, name="first")
    for refused in (
        change(by, made, version=1, name="second"),
        delete_barcode(DeleteBarcode(by, made.id, version=1)),
    ):
        with pytest.raises(VersionMismatch):
            await refused
    assert (await read_barcode(ReadBarcode(by, made.id))).name == "first"


async def test_another_tenants_barcode_cannot_be_touched() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    made = await a_barcode(theirs)
    for refused in (
        change(mine, made, name="mine"),
        delete_barcode(DeleteBarcode(mine, made.id)),
        archive_barcode(ArchiveBarcode(mine, made.id)),
        restore_barcode(RestoreBarcode(mine, made.id)),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await read_barcode(ReadBarcode(theirs, made.id)) == made
    await delete_barcode(DeleteBarcode(theirs, made.id))
    with pytest.raises(NotFound):
        await restore_barcode(RestoreBarcode(mine, made.id))


async def test_what_is_thrown_away_can_be_taken_back_for_thirty_days(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    made = await a_barcode(by, name="Pencil")
    await delete_barcode(DeleteBarcode(by, made.id))
    assert (await on("here", by), await on("trash", by)) == ([], ["Pencil"])
    for refused in (
        read_barcode(ReadBarcode(by, made.id)),
        change(by, made, name="x"),
        delete_barcode(DeleteBarcode(by, made.id)),
    ):
        with pytest.raises(NotFound):
            await refused
    clock.moment += timedelta(days=29, hours=23)
    back = await restore_barcode(RestoreBarcode(by, made.id))
    assert (back.deleted_at, back.version) == (None, 3)
    assert await told(database) == [
        ("barcode.deleted", None),
        ("barcode.updated", ["restored"]),
    ]
    await delete_barcode(DeleteBarcode(by, made.id))
    clock.moment += timedelta(days=30)
    with pytest.raises(NotFound):
        await restore_barcode(RestoreBarcode(by, made.id))


async def test_what_comes_back_into_a_deleted_workspace_is_put_into_another(
    database: AsyncConnection,
) -> None:
    home = await an_organization()
    by = await an_actor(home)
    aside = await a_workspace(home)
    made = await a_barcode(by, workspace_id=aside)
    await delete_barcode(DeleteBarcode(by, made.id))
    gone = text("UPDATE workspace SET deleted_at = now() WHERE id = :id")
    await database.execute(gone, {"id": aside})
    back = await restore_barcode(RestoreBarcode(by, made.id))
    assert back.workspace_id == home.workspace_id


async def test_what_is_archived_is_out_of_the_way_and_works(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await a_barcode(by, name="Pencil")
    for _ in range(2):
        aside = await archive_barcode(ArchiveBarcode(by, made.id))
    assert aside.archived_at is not None
    assert (await on("here", by), await on("archived", by)) == ([], ["Pencil"])
    assert await read_barcode(ReadBarcode(by, made.id)) == aside
    for _ in range(2):
        back = await archive_barcode(ArchiveBarcode(by, made.id, archived=False))
    assert (back.archived_at, back.version) == (None, 3)
    assert await told(database) == [("barcode.updated", ["archived"])] * 2
