"""Tags: one list, names without case, gone from every asset at once."""

from __future__ import annotations

import asyncio
from contextvars import Context
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ListQrCodes, ReadQrCode, list_qr_codes, read_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import DomainError, Forbidden, InvalidFields, NameTaken, NotFound
from activities.rules.listings import Listing
from activities.rules.paging import PageRequest
from activities.shelf.tags import (
    CreateTag,
    DeleteTag,
    ListTags,
    MergeTags,
    ReadTag,
    UpdateTag,
    create_tag,
    delete_tag,
    list_tags,
    merge_tags,
    read_tag,
    update_tag,
)
from schema.db import transaction
from schema.tables import QrCodeRow
from tests.builders.databases import a_database
from tests.builders.shelf import a_folder, a_tag, of_each, one_of_each
from tests.builders.tenants import a_code, a_tenant

pytestmark = pytest.mark.usefixtures("world")
in_one_transaction = pytest.mark.usefixtures("database")

ALL = PageRequest(1, 100)


async def names(by: Actor, search: str = "") -> list[str]:
    page = await list_tags(ListTags(by, ALL, search))
    assert page.total == len(page.items)
    return [tag.name for tag in page.items]


async def a_tagged_code(by: Actor, *tags: str) -> ReadQrCode:
    code = await create_qr_code(CreateQrCode(by, "https://example.com", tags=tags))
    return ReadQrCode(by, id=code.id)


@in_one_transaction
async def test_tags_are_listed_by_name_and_found_by_a_part_of_it() -> None:
    by = await a_tenant()
    for name in ("summer", "Autumn", "50% off", "Mid summer"):
        await a_tag(by, name)
    assert await names(by) == ["50% off", "Autumn", "Mid summer", "summer"]
    assert await names(by, "SUMMER") == ["Mid summer", "summer"]
    assert await names(by, "0%") == ["50% off"]
    page = await list_tags(ListTags(by, PageRequest(2, 3)))
    assert (page.total, [tag.name for tag in page.items]) == (4, ["summer"])


@in_one_transaction
async def test_a_name_is_taken_whatever_its_case_and_spaces() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    made = await create_tag(CreateTag(by, " Summer  Sale ", "#aabbcc"))
    assert (made.name, made.colour) == ("Summer Sale", "#aabbcc")
    with pytest.raises(NameTaken):
        await a_tag(by, "summer sale")
    await a_tag(other, "summer sale")
    beside = await a_tag(by, "Winter")
    with pytest.raises(NameTaken):
        await update_tag(UpdateTag(by, beside.id, name="SUMMER SALE"))
    assert (await read_tag(ReadTag(by, beside.id))).name == "Winter"
    assert (await update_tag(UpdateTag(by, made.id, name="SUMMER SALE"))).name == "SUMMER SALE"


@in_one_transaction
@pytest.mark.parametrize(
    ("name", "colour", "field"),
    [
        ("", None, "name"),
        ("t" * 51, None, "name"),
        ("a\u200bb", None, "name"),
        ("a", "x", "colour"),
    ],
)
async def test_a_wrong_field_is_named(name: str, colour: str | None, field: str) -> None:
    by = await a_tenant()
    made = await a_tag(by, "Sound")
    for asked in (
        create_tag(CreateTag(by, name, colour)),
        update_tag(UpdateTag(by, made.id, name=name, colour=colour)),
    ):
        with pytest.raises(InvalidFields) as refused:
            await asked
        assert list(refused.value.fields) == [field]
    assert await names(by) == ["Sound"]


@in_one_transaction
async def test_a_tag_made_with_an_asset_is_the_one_of_the_list() -> None:
    by = await a_tenant()
    made = await a_tag(by, "Full－width")
    code = await a_tagged_code(by, "full-width", "New")
    assert (await read_qr_code(code)).tags == ("Full－width", "New")
    assert (await read_tag(ReadTag(by, made.id))).asset_count == 1
    assert await names(by) == ["Full－width", "New"]
    found = await list_qr_codes(ListQrCodes(by, Listing(ALL, tags=("FULL-WIDTH",))))
    assert found.total == 1


@in_one_transaction
async def test_assets_of_every_kind_are_counted_but_for_the_trash(clock: FixedClock) -> None:
    by = await a_tenant()
    home = (await a_folder(by, "any")).workspace_id
    tag = await a_tag(by, "Sale")
    await one_of_each(by, home, tag_ids=[tag.id])
    await one_of_each(by, home, tag_ids=[tag.id], deleted_at=clock.now())
    assert (await read_tag(ReadTag(by, tag.id))).asset_count == 4


@in_one_transaction
async def test_assets_keep_a_renamed_tag() -> None:
    by = await a_tenant()
    code = await a_tagged_code(by, "Sale")
    (tag,) = (await list_tags(ListTags(by, ALL))).items
    await update_tag(UpdateTag(by, tag.id, name="Offer", colour="#010203"))
    assert (await read_qr_code(code)).tags == ("Offer",)
    assert (await update_tag(UpdateTag(by, tag.id))).colour == "#010203"


@in_one_transaction
async def test_a_deleted_tag_is_gone_from_every_asset() -> None:
    by = await a_tenant()
    home = (await a_folder(by, "any")).workspace_id
    first, tag, last = await a_tag(by, "a"), await a_tag(by, "b"), await a_tag(by, "c")
    mine = await one_of_each(by, home, tag_ids=[first.id, tag.id, last.id])
    await delete_tag(DeleteTag(by, tag.id))
    for asset in await of_each(mine):
        assert (asset.tag_ids, asset.version) == ([first.id, last.id], 2)
    assert await names(by) == ["a", "c"]
    with pytest.raises(NotFound):
        await delete_tag(DeleteTag(by, tag.id))


@in_one_transaction
async def test_a_deleted_tag_is_gone_from_the_trash_too(clock: FixedClock) -> None:
    by = await a_tenant()
    home = (await a_folder(by, "any")).workspace_id
    tag = await a_tag(by, "a")
    trash = await one_of_each(by, home, tag_ids=[tag.id], deleted_at=clock.now())
    await delete_tag(DeleteTag(by, tag.id))
    assert [asset.tag_ids for asset in await of_each(trash)] == [[]] * 4


@in_one_transaction
async def test_a_merged_tag_ends_in_the_other() -> None:
    by = await a_tenant()
    one = await a_tagged_code(by, "x", "old", "y")
    both = await a_tagged_code(by, "old", "x", "new")
    none = await a_tagged_code(by, "x")
    ids = {tag.name: tag.id for tag in (await list_tags(ListTags(by, ALL))).items}
    left = await merge_tags(MergeTags(by, ids["old"], ids["new"]))
    assert (left.name, left.asset_count) == ("new", 2)
    told = [(await read_qr_code(code)).tags for code in (one, both, none)]
    assert told == [("x", "new", "y"), ("x", "new"), ("x",)]
    assert (await read_qr_code(none)).version == 1
    assert await names(by) == ["new", "x", "y"]
    with pytest.raises(InvalidFields):
        await merge_tags(MergeTags(by, left.id, left.id))


@in_one_transaction
async def test_another_tenants_tag_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    tag, own = await a_tag(theirs, "Theirs"), await a_tag(mine, "Mine")
    for refused in (
        read_tag(ReadTag(mine, tag.id)),
        update_tag(UpdateTag(mine, tag.id, name="Mine")),
        delete_tag(DeleteTag(mine, tag.id)),
        merge_tags(MergeTags(mine, tag.id, own.id)),
        merge_tags(MergeTags(mine, own.id, tag.id)),
    ):
        with pytest.raises(NotFound):
            await refused
    assert (await names(mine), await names(theirs)) == (["Mine"], ["Theirs"])


@in_one_transaction
async def test_an_actor_of_one_workspace_changes_no_tag_of_all() -> None:
    by = await a_tenant()
    code = await read_qr_code(await a_tagged_code(by, "Sale"))
    (tag,) = (await list_tags(ListTags(by, ALL))).items
    bound = replace(by, workspace_id=tag.id)
    for refused in (
        update_tag(UpdateTag(bound, tag.id, name="Mine")),
        delete_tag(DeleteTag(bound, tag.id)),
        merge_tags(MergeTags(bound, tag.id, tag.id)),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert [seen.asset_count for seen in (await list_tags(ListTags(bound, ALL))).items] == [0]
    home = replace(by, workspace_id=code.workspace_id)
    assert [seen.asset_count for seen in (await list_tags(ListTags(home, ALL))).items] == [1]


async def settle(*asked: object) -> set[type[BaseException]]:
    """How some were refused; any other fault is a failure."""
    outcomes = await asyncio.gather(*asked, return_exceptions=True)  # type: ignore[call-overload]
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, DomainError):
            raise outcome
    return {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)}


async def somebody_waits() -> None:
    """Until a transaction waits for a row of another."""
    async with transaction() as session:
        while not await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            await asyncio.sleep(0.01)


async def test_a_code_that_gets_a_tag_while_it_is_deleted_is_left_without(
    database_url: str,
) -> None:
    async with a_database(database_url, connections=4), asyncio.timeout(20):
        by = replace(await a_tenant(), plan="enterprise")
        tag = await a_tag(by, "Sale")
        async with transaction():
            code = await a_tagged_code(by, "sale")
            deleting = asyncio.create_task(delete_tag(DeleteTag(by, tag.id)), context=Context())
            await somebody_waits()
        await deleting
        async with transaction() as session:
            assert (await session.get_one(QrCodeRow, code.id)).tag_ids == []


async def test_tags_given_and_deleted_at_once_never_lock_up(database_url: str) -> None:
    async with a_database(database_url, connections=8):
        by = await a_tenant()
        codes = [await a_code(by) for _ in range(4)]
        for _ in range(6):
            had = await a_tagged_code(by, "tag", "beside")
            tag = next(t for t in (await list_tags(ListTags(by, ALL))).items if t.name == "tag")
            refused = await settle(
                *(update_qr_code(UpdateQrCode(by, code.id, tags=("tag",))) for code in codes),
                delete_tag(DeleteTag(by, tag.id)),
                update_qr_code(UpdateQrCode(by, had.id, name="Still here")),
            )
            assert refused == set()
            kept = await read_qr_code(had)
            assert (kept.tags, kept.name) == (("beside",), "Still here")


async def test_crossing_merges_end_with_one_tag(database_url: str) -> None:
    async with a_database(database_url, connections=4):
        by = await a_tenant()
        for turn in range(6):
            a, b = await a_tag(by, f"a{turn}"), await a_tag(by, f"b{turn}")
            refused = await settle(
                merge_tags(MergeTags(by, a.id, b.id)), merge_tags(MergeTags(by, b.id, a.id))
            )
            assert refused == {NotFound}
            assert (await list_tags(ListTags(by, ALL))).total == turn + 1


async def test_a_tag_that_somebody_made_and_deleted_meanwhile_is_made_again(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    for statement in (
        "CREATE TABLE turn (number int)",
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF (SELECT count(*) FROM turn) < 2 THEN INSERT INTO turn VALUES (1); "
        "DELETE FROM tag; END IF; RETURN NULL; END $$",
        # As if another had made it before us and deleted it before we look again.
        "CREATE TRIGGER lose AFTER INSERT ON tag FOR EACH STATEMENT EXECUTE FUNCTION lose()",
    ):
        await database.execute(text(statement))
    assert (await a_code(by, tags=("sale",))).tags == ("sale",)  # type: ignore[arg-type]
