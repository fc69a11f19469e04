"""Barcodes: made with their event, normalised, refused in words, seen by their owner only."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.barcodes.creating import (
    DuplicateBarcode,
    duplicate_barcode,
)
from activities.barcodes.reading import (
    ListBarcodes,
    ReadBarcode,
    SummarizeBarcodes,
    list_barcodes,
    read_barcode,
    summarize_barcodes,
)
from activities.barcodes.views import Integration
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, PlanLimitReached
from activities.rules.listings import Filter, Listing
from activities.rules.paging import PageRequest
from activities.rules.symbologies import EXAMPLES, SYMBOLOGIES, Symbology
from tests.builders.barcodes import PENCIL, a_barcode
from tests.builders.keys import a_workspace, an_actor
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def listed(by: Actor, search: str = "", filter: Filter = "all") -> list[str]:
    page = await list_barcodes(ListBarcodes(by, Listing(PageRequest(), search, filter=filter)))
    return [barcode.name for barcode in page.items]


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
async def test_every_symbology_is_made_from_its_example(symbology: Symbology) -> None:
    by = await a_tenant()
    made = await a_barcode(by, EXAMPLES[symbology], symbology)
    assert made == await read_barcode(ReadBarcode(by, made.id))
    assert (made.symbology, made.value) == (symbology, EXAMPLES[symbology])
    assert made.normalized_value == EXAMPLES[symbology]


@pytest.mark.parametrize(
    ("symbology", "value", "normalised", "readable"),
    [
        ("ean-13", "400638133393", PENCIL, "4 006381 333931"),
        ("EAN 8", "9638-507", "96385074", "9638 5074"),
        ("upc_a", "03600029145", "036000291452", "0 36000 29145 2"),
        ("UPCE", "425261", "04252614", "0 425261 4"),
        ("itf14", "0950600013435", "09506000134352", "09506000134352"),
        ("code39", " asset-0042 ", "ASSET-0042", "ASSET-0042"),
        ("GS1-128", "(01)09506000134352(10)A1", "(01)09506000134352(10)A1", None),
    ],
)
async def test_a_value_is_kept_as_given_and_as_it_is_meant(
    symbology: str, value: str, normalised: str, readable: str | None
) -> None:
    made = await a_barcode(await a_tenant(), value, symbology)
    assert (made.value, made.normalized_value) == (value, normalised)
    assert made.text == (readable or normalised)


async def test_a_barcode_and_its_event_are_made_together(database: AsyncConnection) -> None:
    made = await a_barcode(await a_tenant(), "400638133393", name="Pencil")
    row = (await database.execute(text("SELECT kind, payload FROM event"))).one()
    assert row.kind == "barcode.created"
    assert row.payload == {
        "id": f"bc_{made.id.hex}",
        "name": "Pencil",
        "type": "EAN13",
        "value": "400638133393",
        "normalizedValue": PENCIL,
        "isActive": True,
        "workspaceId": f"wsp_{made.workspace_id.hex}",
        "createdAt": "2026-11-21T12:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("symbology", "value", "field", "sentence"),
    [
        ("EAN13", "4006381333932", "value", "The check digit of 400638133393 is 1, not 2."),
        ("UPCE", "04252613", "value", "is 4, not 3"),
        ("ITF14", "09506000134353", "value", "is 2, not 3"),
        ("GS1_128", "(01)09506000134353", "value", "should end in 2"),
        ("EAN13", "12", "value", "takes 12 digits"),
        ("CODE39", "ä", "value", "CODE39 takes"),
        ("CODE128", " ", "value", "Give a value"),
        ("DATAMATRIX", "a\x00b", "value", "control characters"),
        ("DATAMATRIX", "ä" * 778, "value", "it can only hold|characters|too"),
        ("QRCODE", "x", "type", "Choose one of CODE128"),
        ("", "x", "type", "Choose one of CODE128"),
    ],
)
async def test_a_wrong_value_is_told_what_is_right_and_nothing_is_made(
    database: AsyncConnection, symbology: str, value: str, field: str, sentence: str
) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields, match=sentence) as refused:
        await a_barcode(by, value, symbology)
    assert list(refused.value.fields) == [field]
    assert await database.scalar(text("SELECT count(*) FROM barcode")) == 0
    assert await database.scalar(text("SELECT count(*) FROM event")) == 0


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": "n" * 201}, "name"),
        ({"description": "n" * 2001}, "description"),
        ({"style": {"foreground": "a\x00b"}}, "style"),
        ({"tags": ("",)}, "tags"),
        ({"integration": Integration("", "42")}, "integration.provider"),
        ({"integration": Integration("p" * 51, "42")}, "integration.provider"),
        ({"integration": Integration("shop", " ")}, "integration.external_id"),
        ({"integration": Integration("shop", "a\x00b")}, "integration.external_id"),
        ({"integration": Integration("shop", "4" * 201)}, "integration.external_id"),
        ({"integration": Integration("shop", "42", "javascript:alert(1)")}, "integration.url"),
    ],
)
async def test_another_wrong_field_is_named(more: dict[str, Any], field: str) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await a_barcode(by, **more)
    assert list(refused.value.fields) == [field]


async def test_a_barcode_tells_its_place_binding_and_maker() -> None:
    by = await an_actor(await an_organization())
    bound = Integration("shopify", "gid://shopify/ProductVariant/42", "https://shop.example/42")
    made = await a_barcode(by, integration=bound, tags=("Shelf", "shelf", "Blue"))
    assert made.integration == bound
    assert made.tags == ("Shelf", "Blue")
    assert (made.made_by, made.creator_name) == (by.user_id, "Ada")
    assert (made.folder_id, made.folder_name) == (None, None)


async def test_nobody_is_named_as_the_maker_of_what_a_key_made_on_its_own(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    made = await a_barcode(by)
    assert (made.made_by, made.creator_name) == (by.user_id, None)
    await database.execute(text("UPDATE barcode SET made_by = gen_random_uuid()"))
    gone = await read_barcode(ReadBarcode(by, made.id))
    assert gone.made_by is not None
    assert gone.creator_name is None


async def test_a_copy_is_like_it_but_for_scans_and_binding(database: AsyncConnection) -> None:
    by = await an_actor(await an_organization())
    bound = Integration("shop", "42")
    made = await a_barcode(
        by, "400638133393", name="Pencil", style={"showText": False}, integration=bound, tags=("a",)
    )
    await database.execute(text("UPDATE barcode SET scan_count = 7"))
    copy = await duplicate_barcode(DuplicateBarcode(by, made.id))
    assert (copy.name, copy.value, copy.normalized_value) == ("Pencil (copy)", made.value, PENCIL)
    assert (copy.style, copy.tags, copy.workspace_id) == (made.style, ("a",), made.workspace_id)
    assert (copy.integration, copy.scan_count) == (None, 0)
    named = await duplicate_barcode(DuplicateBarcode(by, made.id, "Pen"))
    assert named.name == "Pen"
    assert len({made.id, copy.id, named.id}) == 3


async def test_a_barcode_is_found_by_name_both_values_and_description() -> None:
    by = await a_tenant()
    await a_barcode(by, "400638-133393", name="Pencil", description="Top SHELF")
    await a_barcode(by, "other", "CODE128", name="Other")
    for search in ("pencil", "400638-13", "333931", "top shelf", "TOP  shelf"):
        assert await listed(by, search) == ["Pencil"]
    assert await listed(by, "nothing") == []


async def test_lists_and_totals_tell_the_inactive_apart() -> None:
    by = await a_tenant()
    await a_barcode(by, name="on")
    await a_barcode(by, name="off", is_active=False)
    assert await listed(by, filter="active") == ["on"]
    assert await listed(by, filter="inactive") == ["off"]
    summary = await summarize_barcodes(SummarizeBarcodes(by))
    assert (summary.total, summary.active, summary.scan_count) == (2, 1, 0)


async def test_another_tenants_barcode_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    made = await a_barcode(theirs)
    for wanted in (made.id, uuid4()):
        with pytest.raises(NotFound):
            await read_barcode(ReadBarcode(mine, wanted))
        with pytest.raises(NotFound):
            await duplicate_barcode(DuplicateBarcode(mine, wanted))
    assert await listed(mine) == []
    assert (await summarize_barcodes(SummarizeBarcodes(mine))).total == 0
    with pytest.raises(NotFound):
        await a_barcode(mine, workspace_id=made.workspace_id)


async def test_a_restricted_key_sees_its_workspace_only() -> None:
    home = await an_organization()
    everywhere = await an_actor(home)
    aside = await a_workspace(home)
    made = await a_barcode(everywhere)
    there = await an_actor(home, workspace_id=aside)
    assert await listed(there) == []
    with pytest.raises(NotFound):
        await read_barcode(ReadBarcode(there, made.id))
    assert (await a_barcode(there)).workspace_id == aside
    assert (await summarize_barcodes(SummarizeBarcodes(there))).total == 1


async def test_a_plan_has_room_for_so_many_barcodes(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await a_barcode(by)
    await database.execute(
        text(
            "INSERT INTO barcode SELECT (jsonb_populate_record(b, jsonb_build_object("
            "'id', gen_random_uuid()))).* FROM barcode b, generate_series(2, 50) n"
        )
    )
    for refused in (a_barcode(by), duplicate_barcode(DuplicateBarcode(by, made.id))):
        with pytest.raises(PlanLimitReached, match="up to 50 assets"):
            await refused
