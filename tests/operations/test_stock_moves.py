"""Movements of stock: exact, never below zero unless that is allowed, told once when it is low."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.inventory.drafts import MOST_LOCATIONS
from activities.inventory.items import CreateItem, UpdateItem, create_item, update_item
from activities.inventory.movements import MoveStock, move_stock
from activities.inventory.reading import ListMovements, ReadItem, list_movements, read_item
from activities.inventory.views import ItemView, LevelView, MovementView
from activities.outside import Outside
from activities.rules.actors import Actor
from activities.rules.errors import (
    CursorInvalid,
    DomainError,
    InvalidFields,
    NameTaken,
    StockTooLow,
)
from activities.rules.paging import Cursor, PageRequest
from activities.rules.stock import KINDS, MOST, Movement
from tests.builders.databases import a_database
from tests.builders.examples import so_many
from tests.builders.inventory import an_item, announced, kept, move
from tests.builders.tenants import a_tenant

in_one_transaction = pytest.mark.usefixtures("database", "world")

PLACES = st.sampled_from(["main", "shop", "van"])
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 12), st.none() | PLACES, st.none() | PLACES),
    max_size=12,
)

Step = tuple[Movement, int, str | None, str | None]


async def low_times(item: ItemView) -> int:
    """How often it was told that the item is low."""
    told = await announced("inventory.stock_low")
    return sum(fact["itemId"] == f"inv_{item.id.hex}" for fact in told)


@in_one_transaction
async def test_a_movement_tells_the_balance_and_who_did_it() -> None:
    by = await a_tenant()
    item = await an_item(by, 10, sku="OAT-1")
    moved = await move_stock(MoveStock(by, item.id, "out", 4, note="Sold\nto Ada"))
    assert (moved.kind, moved.quantity, moved.balance) == ("out", 4, 6)
    assert (moved.from_location, moved.to_location) == ("main", None)
    assert (moved.moved_by, moved.note) == (by.name, "Sold\nto Ada")
    assert (await announced("inventory.movement"))[-1] == {
        "id": f"mov_{moved.id.hex}",
        "itemId": f"inv_{item.id.hex}",
        "workspaceId": f"wsp_{item.workspace_id.hex}",
        "sku": "OAT-1",
        "type": "out",
        "quantity": 4,
        "fromLocation": "main",
        "toLocation": None,
        "balance": 6,
        "movedAt": "2026-11-21T12:00:00.000Z",
    }
    assert (await list_movements(ListMovements(by, PageRequest(), item.id))).items[0] == moved


@in_one_transaction
async def test_a_transfer_changes_where_and_not_how_many() -> None:
    by = await a_tenant()
    item = await an_item(by, 10)
    moved = await move(by, item, "transfer", 10, "main", " shop ")
    assert (moved.balance, moved.to_location) == (10, "shop")
    assert await kept(item.id) == ({"shop": 10}, 10, 10)
    with pytest.raises(StockTooLow, match="There are 0 "):
        await move(by, item, "transfer", 1, "main", "shop")
    for source, goal in ((None, "shop"), ("shop", None), ("shop", "shop")):
        with pytest.raises(InvalidFields):
            await move(by, item, "transfer", 1, source, goal)
    assert await kept(item.id) == ({"shop": 10}, 10, 10)


@in_one_transaction
async def test_a_count_sets_the_level_of_one_location() -> None:
    by = await a_tenant()
    item = await create_item(CreateItem(by, "Oat milk", opening_stock={"main": 5, "shop": 3}))
    assert (await move(by, item, "adjust", 9, goal="shop")).balance == 14
    assert (await move(by, item, "adjust", 0)).balance == 9
    assert (await read_item(ReadItem(by, item.id))).levels == (LevelView("shop", 9),)


@in_one_transaction
async def test_a_shortage_is_told_and_leaves_no_trace(database: AsyncConnection) -> None:
    by = await a_tenant()
    item = await create_item(CreateItem(by, "Oat milk", opening_stock={"main": 5, "shop": 3}))
    facts = await announced("inventory.movement")
    with pytest.raises(StockTooLow) as refused:
        await move(by, item, "out", 6)
    assert (refused.value.there, refused.value.wanted) == (5, 6)
    assert await kept(item.id) == ({"main": 5, "shop": 3}, 8, 8)
    assert await announced("inventory.movement") == facts
    assert (await list_movements(ListMovements(by, PageRequest(), item.id))).total == 2


@in_one_transaction
async def test_stock_goes_below_zero_where_that_is_allowed() -> None:
    by = await a_tenant()
    item = await an_item(by, 5, allows_negative=True)
    assert (await move(by, item, "out", 6)).balance == -1
    assert await kept(item.id) == ({"main": -1}, -1, -1)


@in_one_transaction
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": MOST + 1}, "quantity"),
        ({"quantity": MOST}, "quantity"),
        ({"kind": "adjust", "quantity": -1}, "quantity"),
        ({"from_location": "shop"}, "from_location"),
        ({"to_location": " "}, "to_location"),
        ({"to_location": "s" * 65}, "to_location"),
        ({"to_location": "a\nb\u200b"}, "to_location"),
        ({"kind": "out", "to_location": "shop"}, "to_location"),
        ({"note": "n" * 501}, "note"),
        ({"note": "a\u202eb"}, "note"),
    ],
)
async def test_a_wrong_movement_names_its_field(wrong: dict[str, Any], field: str) -> None:
    by = await a_tenant()
    item = await an_item(by, 5)
    with pytest.raises(InvalidFields) as refused:
        await move_stock(replace(MoveStock(by, item.id, "in", 1), **wrong))
    assert list(refused.value.fields) == [field]
    assert await kept(item.id) == ({"main": 5}, 5, 5)


@in_one_transaction
async def test_the_largest_stock_can_be_kept() -> None:
    by = await a_tenant()
    item = await an_item(by, MOST)
    assert (await move(by, item, "in", MOST, goal="shop")).balance == 2 * MOST


@in_one_transaction
async def test_an_item_is_at_so_many_locations_and_one_that_is_empty_does_not_count() -> None:
    by = await a_tenant()
    full = {f"at {n}": 1 for n in range(MOST_LOCATIONS)}
    item = await create_item(CreateItem(by, "Oat milk", opening_stock=full))
    with pytest.raises(InvalidFields, match="to_location"):
        await move(by, item, "in", 1, goal="one more")
    await move(by, item, "out", 1, source="at 0")
    await move(by, item, "in", 1, goal="one more")


@in_one_transaction
async def test_low_stock_is_told_once_for_each_time_that_it_comes_down() -> None:
    by = await a_tenant()
    item = await an_item(by, 10, sku="OAT-1", threshold=5)
    for quantity, times in ((4, 0), (1, 1), (1, 1), (4, 1)):
        await move(by, item, "out", quantity)
        assert await low_times(item) == times
    await move(by, item, "in", 6)
    assert not (await read_item(ReadItem(by, item.id))).is_low
    await move(by, item, "adjust", 2)
    assert (await read_item(ReadItem(by, item.id))).is_low
    told = await announced("inventory.stock_low")
    assert [(fact["quantity"], fact["threshold"], fact["sku"]) for fact in told] == [
        (5, 5, "OAT-1"),
        (2, 5, "OAT-1"),
    ]


@in_one_transaction
async def test_a_transfer_and_an_opening_below_the_threshold_are_no_fall() -> None:
    by = await a_tenant()
    item = await an_item(by, 3, threshold=5)
    assert item.is_low
    await move(by, item, "transfer", 1, "main", "shop")
    await move(by, item, "in", 1)
    assert (await kept(item.id), await low_times(item)) == (({"main": 3, "shop": 1}, 4, 4), 0)


@in_one_transaction
async def test_a_new_threshold_is_looked_at_and_nothing_is_told_twice() -> None:
    by = await a_tenant()
    item = await an_item(by, 8, threshold=5)
    for threshold, is_low, times in ((8, True, 1), (20, True, 1), (7, False, 1), (None, False, 1)):
        item = await update_item(UpdateItem(by, item.id, threshold=threshold))
        assert (item.is_low, await low_times(item)) == (is_low, times)
    await move(by, item, "out", 8)
    assert await low_times(item) == 1
    await update_item(UpdateItem(by, item.id, threshold=0))
    assert await low_times(item) == 2


@in_one_transaction
@pytest.mark.parametrize("by_cursor", [False, True], ids=["by number", "by cursor"])
async def test_pages_of_movements_are_in_the_order_in_which_they_happened(by_cursor: bool) -> None:
    by = await a_tenant()
    item, other = await an_item(by), await an_item(by)
    made = [(await move(by, each, "in", 1)).id for each in (item, other, item, item, other)]
    seen, asked = [], PageRequest(1, 2)
    while True:
        page = await list_movements(ListMovements(by, asked))
        assert page.total == 5
        seen += [movement.id for movement in page.items]
        if page.next is None:
            break
        asked = replace(asked, after=page.next) if by_cursor else PageRequest(asked.number + 1, 2)
    assert seen == made[::-1]
    of_one = await list_movements(ListMovements(by, PageRequest(), item.id))
    assert [movement.balance for movement in of_one.items] == [3, 2, 1]


@in_one_transaction
async def test_a_cursor_of_another_tenant_is_none() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    moved = await move(theirs, await an_item(theirs), "in", 1)
    with pytest.raises(CursorInvalid):
        await list_movements(
            ListMovements(mine, PageRequest(after=Cursor(moved.moved_at, moved.id)))
        )


def after(levels: dict[str, int], step: Step, *, negative: bool) -> dict[str, int] | None:
    """The levels after a movement; None where it is refused. Told in other words than the rule."""
    kind, quantity, source, goal = step
    source = source or ("main" if kind == "out" else None)
    goal = goal or ("main" if kind in ("in", "adjust") else None)
    ends = {"in": (False, True), "adjust": (False, True), "out": (True, False)}
    wanted = ends.get(kind, (True, True))
    if (source is not None, goal is not None) != wanted or source == goal:
        return None
    if quantity == 0 and kind != "adjust":
        return None
    now = dict(levels)
    if source is not None:
        now[source] = now.get(source, 0) - quantity
        if now[source] < 0 and not negative:
            return None
    if goal is not None:
        now[goal] = quantity + (0 if kind == "adjust" else now.get(goal, 0))
    return {place: number for place, number in now.items() if number}


@in_one_transaction
@given(steps=STEPS, negative=st.booleans(), threshold=st.none() | st.integers(0, 15))
@settings(
    max_examples=so_many(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_levels_quantity_and_balance_agree_after_any_movements(
    steps: Sequence[Step], negative: bool, threshold: int | None
) -> None:
    by = await a_tenant(uuid4().hex[:12])
    item = await an_item(by, allows_negative=negative, threshold=threshold)
    levels: dict[str, int] = {}
    falls = 0
    for step in steps:
        expected, before = after(levels, step, negative=negative), sum(levels.values())
        try:
            moved = await move(by, item, *step)
        except DomainError:
            assert expected is None
        else:
            assert expected is not None
            levels = expected
            assert moved.balance == sum(levels.values())
        stored, quantity, balance = await kept(item.id)
        assert stored == levels
        assert sum(stored.values()) == quantity == balance
        assert negative or min(stored.values(), default=0) >= 0
        falls += threshold is not None and before > threshold >= quantity
        assert await low_times(item) == falls


async def of_outcomes(asked: Sequence[Any]) -> tuple[list[MovementView], list[BaseException]]:
    """What was moved, and what was refused."""
    ended = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in ended if isinstance(one, BaseException)]
    return [one for one in ended if isinstance(one, MovementView)], refused


async def test_of_64_who_take_one_of_40_at_once_40_succeed(
    database_url: str, world: Outside
) -> None:
    async with a_database(database_url, connections=64):
        by = await a_tenant()
        item = await an_item(by, 40, threshold=10)
        moved, refused = await of_outcomes([move(by, item, "out", 1) for _ in range(64)])
        assert [type(fault) for fault in refused] == [StockTooLow] * 24
        assert sorted(movement.balance for movement in moved) == list(range(40))
        assert await kept(item.id) == ({}, 0, 0)
        facts = await announced("inventory.movement")
        assert [fact["balance"] for fact in facts if fact["type"] == "out"] == [*range(39, -1, -1)]
        assert [fact["quantity"] for fact in await announced("inventory.stock_low")] == [10]


async def test_transfers_both_ways_at_once_lose_nothing(database_url: str, world: Outside) -> None:
    async with a_database(database_url, connections=16):
        by = await a_tenant()
        stock = {"main": 50, "shop": 50}
        item = await create_item(CreateItem(by, "Oat milk", opening_stock=stock))
        ways = [("main", "shop"), ("shop", "main")] * 8
        moved, refused = await of_outcomes([move(by, item, "transfer", 3, *way) for way in ways])
        assert (len(moved), refused) == (16, [])
        assert await kept(item.id) == (stock, 100, 100)


async def test_of_many_who_want_one_sku_at_once_one_gets_it(
    database_url: str, world: Outside
) -> None:
    async def wish(by: Actor) -> object:
        return await an_item(by, 1, sku="OAT-1")

    async with a_database(database_url, connections=8):
        by = await a_tenant()
        ended = await asyncio.gather(*(wish(by) for _ in range(8)), return_exceptions=True)
        assert [type(one) for one in ended if not isinstance(one, NameTaken)] == [ItemView]
        assert len(await announced("inventory.movement")) == 1
