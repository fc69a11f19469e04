"""Items of inventory: made, changed, taken away and found, by their owner only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.inventory.drafts import MOST_LOCATIONS
from activities.inventory.items import (
    MOST_TIED,
    CreateItem,
    DeleteItem,
    UpdateItem,
    create_item,
    delete_item,
    update_item,
)
from activities.inventory.reading import (
    ItemSummary,
    ListItems,
    ListMovements,
    ReadItem,
    SummarizeItems,
    list_items,
    list_movements,
    read_item,
    summarize_items,
)
from activities.inventory.views import LevelView
from activities.rules.actors import Actor
from activities.rules.errors import (
    InvalidFields,
    NameTaken,
    NotFound,
    NoWorkspace,
    VersionMismatch,
)
from activities.rules.paging import PageRequest
from activities.rules.stock import MOST
from tests.builders.inventory import a_barcode, an_item, announced, kept, move
from tests.builders.keys import a_workspace, an_actor
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(size=100)


async def names(by: Actor, **narrowed: Any) -> list[str]:
    return [item.name for item in (await list_items(ListItems(by, ALL, **narrowed))).items]


async def test_an_item_begins_with_its_opening_stock() -> None:
    by = await a_tenant()
    stock = {" back  room ": 4, "main": 20, "shelf": 0}
    item = await create_item(CreateItem(by, "  Oat   milk ", "OAT-1", opening_stock=stock))
    assert (item.name, item.sku, item.unit, item.quantity) == ("Oat milk", "OAT-1", "piece", 24)
    assert item.levels == (LevelView("back room", 4), LevelView("main", 20))
    assert item == await read_item(ReadItem(by, item.id))
    told = await announced("inventory.movement")
    assert [(fact["type"], fact["quantity"], fact["balance"]) for fact in told] == [
        ("in", 4, 4),
        ("in", 20, 24),
    ]
    page = await list_movements(ListMovements(by, ALL, item.id))
    assert [movement.id.hex for movement in page.items] == [fact["id"][4:] for fact in told[::-1]]
    assert {movement.note for movement in page.items} == {"Opening stock"}
    assert {movement.moved_by for movement in page.items} == {by.name}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"sku": ""}, "sku"),
        ({"sku": "s" * 65}, "sku"),
        ({"unit": ""}, "unit"),
        ({"threshold": -1}, "threshold"),
        ({"threshold": MOST + 1}, "threshold"),
        ({"opening_stock": {"": 1}}, "opening_stock"),
        ({"opening_stock": {"main": -1}}, "opening_stock"),
        ({"opening_stock": {"main": MOST + 1}}, "opening_stock"),
        ({"opening_stock": {"main": 1, " main": 1}}, "opening_stock"),
        ({"opening_stock": {f"at {n}": 1 for n in range(MOST_LOCATIONS + 1)}}, "opening_stock"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(
    database: AsyncConnection, wrong: dict[str, Any], field: str
) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await create_item(CreateItem(**{"by": by, "name": "Oat milk", **wrong}))
    assert list(refused.value.fields) == [field]
    assert await database.scalar(text("SELECT count(*) FROM inventory_item")) == 0


async def test_a_sku_is_of_one_item_in_a_workspace() -> None:
    home = await an_organization()
    by = await an_actor(home)
    first, second = await an_item(by, sku="OAT-1"), await an_item(by, sku="OAT-2")
    with pytest.raises(NameTaken, match="OAT-1"):
        await an_item(by, sku=" OAT-1 ")
    with pytest.raises(NameTaken, match="OAT-1"):
        await update_item(UpdateItem(by, second.id, sku="OAT-1"))
    assert (await read_item(ReadItem(by, second.id))).sku == "OAT-2"
    await an_item(by, sku="OAT-1", workspace_id=await a_workspace(home))
    await delete_item(DeleteItem(by, first.id))
    assert (await update_item(UpdateItem(by, second.id, sku="OAT-1"))).sku == "OAT-1"
    await an_item(by)
    await an_item(by)


async def test_a_change_leaves_alone_what_it_does_not_mention() -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    item = await an_item(by, 3, sku="OAT-1", threshold=1, barcode_id=barcode.id)
    same = await update_item(UpdateItem(by, item.id, name=item.name))
    assert same == item
    renamed = await update_item(UpdateItem(by, item.id, version=1, name="Oat drink"))
    assert renamed == replace(item, name="Oat drink", version=2)
    assert await names(by, search="DRINK") == ["Oat drink"]
    bare = await update_item(UpdateItem(by, item.id, sku=None, threshold=None, barcode_id=None))
    assert (bare.sku, bare.threshold, bare.barcode_id, bare.version) == (None, None, None, 3)
    assert (await kept(item.id))[1] == 3


async def test_a_change_of_another_version_is_refused() -> None:
    by = await a_tenant()
    item = await an_item(by)
    await update_item(UpdateItem(by, item.id, name="New"))
    with pytest.raises(VersionMismatch):
        await update_item(UpdateItem(by, item.id, version=1, name="Lost"))
    with pytest.raises(VersionMismatch):
        await delete_item(DeleteItem(by, item.id, version=1))
    await delete_item(DeleteItem(by, item.id, version=2))


async def test_negative_stock_is_brought_back_before_it_is_forbidden() -> None:
    by = await a_tenant()
    item = await an_item(by, 5, allows_negative=True)
    await move(by, item, "out", 1, source="van")
    with pytest.raises(InvalidFields) as refused:
        await update_item(UpdateItem(by, item.id, allows_negative=False))
    assert list(refused.value.fields) == ["allows_negative"]
    await move(by, item, "in", 1, goal="van")
    assert not (await update_item(UpdateItem(by, item.id, allows_negative=False))).allows_negative


async def test_a_deleted_item_is_gone_and_its_movements_stay() -> None:
    by = await a_tenant()
    item = await an_item(by, 5)
    await delete_item(DeleteItem(by, item.id))
    for asked in (
        read_item(ReadItem(by, item.id)),
        update_item(UpdateItem(by, item.id, name="Back")),
        delete_item(DeleteItem(by, item.id)),
        move(by, item, "in", 1),
        list_movements(ListMovements(by, ALL, item.id)),
    ):
        with pytest.raises(NotFound):
            await asked
    assert await names(by) == []
    assert await summarize_items(SummarizeItems(by)) == ItemSummary(0, 0, 0)
    (movement,) = (await list_movements(ListMovements(by, ALL))).items
    assert (movement.item_id, movement.item_name, movement.balance) == (item.id, "Oat milk", 5)


async def test_items_are_found_by_name_and_sku_and_whether_they_are_low(clock: FixedClock) -> None:
    home = await an_organization()
    by = await an_actor(home)
    aside = await a_workspace(home)
    await an_item(by, 9, "Oat milk", sku="M-100%", threshold=3)
    clock.moment += timedelta(seconds=1)
    await an_item(by, 2, "Soy milk", sku="M-1000", threshold=3, workspace_id=aside)
    clock.moment += timedelta(seconds=1)
    await an_item(by, 0, "Straw")
    assert await names(by) == ["Straw", "Soy milk", "Oat milk"]
    assert await names(by, search=" MILK ") == ["Soy milk", "Oat milk"]
    assert await names(by, search="100%") == ["Oat milk"]
    assert await names(by, low_only=True) == ["Soy milk"]
    assert await names(by, workspace_id=aside) == ["Soy milk"]
    assert await summarize_items(SummarizeItems(by)) == ItemSummary(total=3, low=1, quantity=11)


@pytest.mark.parametrize("by_cursor", [False, True], ids=["by number", "by cursor"])
async def test_pages_of_items_are_newest_first_and_complete(
    clock: FixedClock, by_cursor: bool
) -> None:
    by, made = await a_tenant(), []
    for number in range(5):
        clock.moment += timedelta(seconds=number % 2)
        made.append((await an_item(by, name=f"Item {number}")).id)
    seen, asked = [], PageRequest(1, 2)
    while True:
        page = await list_items(ListItems(by, asked))
        assert page.total == 5
        seen += [item.id for item in page.items]
        if page.next is None:
            break
        asked = replace(asked, after=page.next) if by_cursor else PageRequest(asked.number + 1, 2)
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5
    assert set(seen[:2]) == set(made[3:]), "the newest come first"


async def test_another_tenants_item_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    item, barcode = await an_item(theirs, 5), await a_barcode(theirs)
    own = await an_item(mine)
    for asked in (
        read_item(ReadItem(mine, item.id)),
        update_item(UpdateItem(mine, item.id, name="Mine")),
        delete_item(DeleteItem(mine, item.id)),
        move(mine, item, "out", 1),
        list_movements(ListMovements(mine, ALL, item.id)),
        an_item(mine, workspace_id=item.workspace_id),
        an_item(mine, barcode_id=barcode.id),
        update_item(UpdateItem(mine, own.id, barcode_id=barcode.id)),
    ):
        with pytest.raises(NotFound):
            await asked
    assert await names(mine) == ["Oat milk"]
    assert (await list_movements(ListMovements(mine, ALL))).total == 0
    assert await read_item(ReadItem(theirs, item.id)) == item


async def test_an_actor_of_one_workspace_sees_only_its_items() -> None:
    home = await an_organization()
    by, aside = await an_actor(home), await a_workspace(home)
    item = await an_item(by, 5)
    narrow = await an_actor(home, workspace_id=aside)
    own = await an_item(narrow, 2)
    assert own.workspace_id == aside
    for asked in (
        read_item(ReadItem(narrow, item.id)),
        move(narrow, item, "out", 1),
        an_item(narrow, workspace_id=item.workspace_id),
        list_movements(ListMovements(narrow, ALL, item.id)),
    ):
        with pytest.raises(NotFound):
            await asked
    assert (await list_items(ListItems(narrow, ALL))).items == [own]
    movements = await list_movements(ListMovements(narrow, ALL))
    assert [movement.item_id for movement in movements.items] == [own.id]
    assert await summarize_items(SummarizeItems(narrow)) == ItemSummary(1, 0, 2)


async def test_an_organization_without_a_workspace_is_told_so(database: AsyncConnection) -> None:
    by = await a_tenant()
    await database.execute(text("UPDATE workspace SET deleted_at = now()"))
    with pytest.raises(NoWorkspace):
        await an_item(by)


async def test_a_barcode_stands_for_so_many_items() -> None:
    by = await a_tenant()
    barcode = await a_barcode(by)
    items = [await an_item(by, name=f"{n}", barcode_id=barcode.id) for n in range(MOST_TIED)]
    with pytest.raises(InvalidFields, match="barcode_id"):
        await an_item(by, barcode_id=barcode.id)
    other = await an_item(by)
    with pytest.raises(InvalidFields, match="barcode_id"):
        await update_item(UpdateItem(by, other.id, barcode_id=barcode.id))
    again = await update_item(UpdateItem(by, items[0].id, name="Again", barcode_id=barcode.id))
    assert again.barcode_id == barcode.id
    with pytest.raises(NotFound):
        await an_item(by, barcode_id=uuid4())
