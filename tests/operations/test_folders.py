"""Folders: trees that stay trees, names, what is put aside, what becomes of the assets in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NameTaken, NotFound, NoWorkspace
from activities.rules.paging import PageRequest
from activities.shelf.folder_ends import ArchiveFolder, DeleteFolder, archive_folder, delete_folder
from activities.shelf.folders import (
    CreateFolder,
    ListFolders,
    ReadFolder,
    UpdateFolder,
    create_folder,
    list_folders,
    read_folder,
    update_folder,
)
from activities.workspaces import CreateWorkspace, create_workspace
from tests.builders.members import the_owner
from tests.builders.shelf import a_folder, of_each, one_of_each
from tests.builders.tenants import a_code, a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(1, 100)


async def paths(by: Actor, *, archived: bool = False) -> list[str]:
    page = await list_folders(ListFolders(by, ALL, archived=archived))
    assert page.total == len(page.items)
    return sorted("/".join(folder.path) for folder in page.items)


async def test_folders_are_listed_by_name_with_their_paths() -> None:
    by = await a_tenant()
    print_ = await a_folder(by, "print")
    await a_folder(by, "Posters", print_)
    await a_folder(by, "Älter")
    page = await list_folders(ListFolders(by, PageRequest(1, 2)))
    assert page.total == 3
    assert [folder.path for folder in page.items] == [("print", "Posters"), ("print",)]
    rest = await list_folders(ListFolders(by, PageRequest(2, 2)))
    assert [folder.path for folder in rest.items] == [("Älter",)]


async def test_a_name_is_kept_in_one_line() -> None:
    by = await a_tenant()
    made = await create_folder(CreateFolder(by, "  Summer   sale ", colour="#00aa11"))
    assert (made.name, made.colour) == ("Summer sale", "#00aa11")
    assert await read_folder(ReadFolder(by, made.id)) == made


@pytest.mark.parametrize(
    ("name", "colour", "field"),
    [("", None, "name"), ("a/b", None, "name"), ("n" * 101, None, "name"), ("a", "red", "colour")],
)
async def test_a_wrong_field_is_named(name: str, colour: str | None, field: str) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await create_folder(CreateFolder(by, name, colour=colour))
    assert list(refused.value.fields) == [field]
    made = await a_folder(by, "Sound")
    with pytest.raises(InvalidFields):
        await update_folder(UpdateFolder(by, made.id, name=name, colour=colour))
    assert await read_folder(ReadFolder(by, made.id)) == made


async def test_a_name_beside_another_is_taken_whatever_its_case() -> None:
    by = await a_tenant()
    top = await a_folder(by, "Straße")
    with pytest.raises(NameTaken):
        await a_folder(by, "STRASSE")
    inner = await a_folder(by, "Straße", top)
    with pytest.raises(NameTaken):
        await update_folder(UpdateFolder(by, inner.id, parent_id=None))
    renamed = await update_folder(UpdateFolder(by, top.id, name="STRASSE"))
    assert renamed.name == "STRASSE"


async def test_what_is_not_given_stays(clock: FixedClock) -> None:
    by = await a_tenant()
    top = await a_folder(by, "Top")
    made = await create_folder(CreateFolder(by, "Inner", parent_id=top.id, colour="#112233"))
    clock.moment += timedelta(minutes=1)
    assert await update_folder(UpdateFolder(by, made.id)) == made
    moved = await update_folder(UpdateFolder(by, made.id, parent_id=None))
    assert (moved.path, moved.colour, moved.updated_at) == (("Inner",), "#112233", clock.now())
    assert (await update_folder(UpdateFolder(by, made.id, colour=None))).colour is None


async def test_a_moved_folder_takes_all_below_along() -> None:
    by = await a_tenant()
    a, c = await a_folder(by, "a"), await a_folder(by, "c")
    b = await a_folder(by, "b", a)
    await a_folder(by, "deep", b)
    await update_folder(UpdateFolder(by, b.id, parent_id=c.id))
    assert await paths(by) == ["a", "c", "c/b", "c/b/deep"]


async def test_a_folder_cannot_be_moved_into_itself_or_below() -> None:
    by = await a_tenant()
    a = await a_folder(by, "a")
    b = await a_folder(by, "b", a)
    for parent in (a, b):
        with pytest.raises(InvalidFields, match="itself"):
            await update_folder(UpdateFolder(by, a.id, parent_id=parent.id))


async def test_folders_go_eight_deep() -> None:
    by = await a_tenant()
    folder = await a_folder(by, "1")
    for depth in range(2, 9):
        folder = await a_folder(by, str(depth), folder)
    assert len(folder.path) == 8
    with pytest.raises(InvalidFields, match="8 deep"):
        await a_folder(by, "9", folder)


async def test_a_workspace_has_a_thousand_folders_at_most(database: AsyncConnection) -> None:
    by = await a_tenant()
    first = await a_folder(by, "first")
    await database.execute(
        text(
            "INSERT INTO folder SELECT (jsonb_populate_record(f, jsonb_build_object("
            "'id', gen_random_uuid(), 'name_key', 'n' || n))).* "
            "FROM folder f, generate_series(3, 1000) n WHERE f.id = :id"
        ),
        {"id": first.id},
    )
    await a_folder(by, "thousandth")
    with pytest.raises(InvalidFields, match="at most 1,000"):
        await a_folder(by, "one more")


async def test_another_tenants_folder_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    folder, own = await a_folder(theirs, "Theirs"), await a_folder(mine, "Mine")
    for refused in (
        read_folder(ReadFolder(mine, folder.id)),
        update_folder(UpdateFolder(mine, folder.id, name="Mine")),
        update_folder(UpdateFolder(mine, own.id, parent_id=folder.id)),
        archive_folder(ArchiveFolder(mine, folder.id)),
        delete_folder(DeleteFolder(mine, folder.id)),
        create_folder(CreateFolder(mine, "Inner", parent_id=folder.id)),
        create_folder(CreateFolder(mine, "Inner", workspace_id=folder.workspace_id)),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await paths(mine) == ["Mine"]
    elsewhere = ListFolders(mine, ALL, workspace_id=folder.workspace_id)
    assert (await list_folders(elsewhere)).total == 0


async def test_workspaces_have_trees_of_their_own(clock: FixedClock) -> None:
    home = await an_organization()
    owner = await the_owner(home)
    clock.moment += timedelta(seconds=1)
    other = await create_workspace(CreateWorkspace(owner, "Other"))
    first = await a_folder(owner, "Same")
    assert first.workspace_id == home.workspace_id
    second = await create_folder(CreateFolder(owner, "Same", workspace_id=other.id))
    with pytest.raises(NotFound):
        await update_folder(UpdateFolder(owner, second.id, parent_id=first.id))
    with pytest.raises(NotFound):
        await create_folder(CreateFolder(owner, "In", workspace_id=other.id, parent_id=first.id))
    bound = replace(owner, workspace_id=other.id)
    assert [one.id for one in (await list_folders(ListFolders(bound, ALL))).items] == [second.id]
    with pytest.raises(NotFound):
        await update_folder(UpdateFolder(bound, first.id, name="New"))
    await update_folder(UpdateFolder(bound, second.id, name="New"))
    assert (await create_folder(CreateFolder(bound, "Mine"))).workspace_id == other.id


async def test_folders_of_a_deleted_workspace_are_gone(database: AsyncConnection) -> None:
    by = await a_tenant()
    folder = await a_folder(by, "Folder")
    await database.execute(text("UPDATE workspace SET deleted_at = now()"))
    assert await paths(by) == []
    with pytest.raises(NotFound):
        await update_folder(UpdateFolder(by, folder.id, name="New"))
    with pytest.raises(NoWorkspace):
        await a_folder(by, "New")


async def test_assets_of_every_kind_are_counted_but_for_the_trash(clock: FixedClock) -> None:
    by = await a_tenant()
    folder = await a_folder(by, "Folder")
    inner = await a_folder(by, "Inner", folder)
    await one_of_each(by, folder.workspace_id, folder_id=folder.id)
    await one_of_each(by, folder.workspace_id, folder_id=folder.id, deleted_at=clock.now())
    assert (await read_folder(ReadFolder(by, folder.id))).asset_count == 4
    assert (await read_folder(ReadFolder(by, inner.id))).asset_count == 0


async def test_a_folder_put_aside_hides_what_is_below_and_its_codes_work() -> None:
    by = await a_tenant()
    top = await a_folder(by, "top")
    inner = await a_folder(by, "inner", top)
    await a_folder(by, "deep", inner)
    await a_folder(by, "other")
    code = await a_code(by)
    made = await one_of_each(by, top.workspace_id, folder_id=inner.id)
    aside = await archive_folder(ArchiveFolder(by, top.id))
    assert aside.archived_at is not None
    assert await paths(by) == ["other"]
    assert await paths(by, archived=True) == ["top", "top/inner", "top/inner/deep"]
    assert [asset.folder_id for asset in await of_each(made)] == [inner.id] * 4
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).archived_at is None


async def test_a_folder_taken_back_brings_those_that_went_with_it(clock: FixedClock) -> None:
    by = await a_tenant()
    top = await a_folder(by, "top")
    await a_folder(by, "inner", top)
    early = await a_folder(by, "early", top)
    await archive_folder(ArchiveFolder(by, early.id))
    clock.moment += timedelta(hours=1)
    await archive_folder(ArchiveFolder(by, top.id))
    await archive_folder(ArchiveFolder(by, top.id))
    taken = await archive_folder(ArchiveFolder(by, top.id, archived=False))
    assert taken.archived_at is None
    assert await paths(by) == ["top", "top/inner"]
    assert await paths(by, archived=True) == ["top/early"]


async def test_a_folder_taken_back_brings_those_above_it() -> None:
    by = await a_tenant()
    top = await a_folder(by, "top")
    inner = await a_folder(by, "inner", top)
    await a_folder(by, "beside", top)
    await archive_folder(ArchiveFolder(by, top.id))
    await archive_folder(ArchiveFolder(by, inner.id, archived=False))
    assert await paths(by) == ["top", "top/inner"]


async def test_nothing_new_is_put_into_a_folder_that_is_aside() -> None:
    by = await a_tenant()
    top, other = await a_folder(by, "top"), await a_folder(by, "other")
    await archive_folder(ArchiveFolder(by, top.id))
    with pytest.raises(InvalidFields, match="archived"):
        await a_folder(by, "new", top)
    with pytest.raises(InvalidFields, match="archived"):
        await update_folder(UpdateFolder(by, other.id, parent_id=top.id))


async def test_what_was_in_a_deleted_folder_moves_up(clock: FixedClock) -> None:
    by = await a_tenant()
    top = await a_folder(by, "top")
    inner = await a_folder(by, "inner", top)
    await a_folder(by, "deep", inner)
    here = await one_of_each(by, top.workspace_id, folder_id=inner.id)
    trash = await one_of_each(by, top.workspace_id, folder_id=inner.id, deleted_at=clock.now())
    clock.moment += timedelta(hours=1)
    await delete_folder(DeleteFolder(by, inner.id))
    assert await paths(by) == ["top", "top/deep"]
    for asset in (*await of_each(here), *await of_each(trash)):
        assert (asset.folder_id, asset.version, asset.updated_at) == (top.id, 2, clock.now())
    with pytest.raises(NotFound):
        await delete_folder(DeleteFolder(by, inner.id))
    await delete_folder(DeleteFolder(by, top.id))
    assert {asset.folder_id for asset in await of_each(here)} == {None}


async def test_a_subfolder_whose_name_is_taken_above_keeps_its_parent() -> None:
    by = await a_tenant()
    top = await a_folder(by, "top")
    await a_folder(by, "Sale", top)
    await a_folder(by, "sale")
    with pytest.raises(NameTaken, match="'Sale'"):
        await delete_folder(DeleteFolder(by, top.id))
    assert await paths(by) == ["sale", "top", "top/Sale"]


async def test_a_subfolder_may_have_the_name_of_the_folder_that_goes() -> None:
    by = await a_tenant()
    top = await a_folder(by, "same")
    inner = await a_folder(by, "same", top)
    await delete_folder(DeleteFolder(by, top.id))
    left = await read_folder(ReadFolder(by, inner.id))
    assert (left.path, left.parent_id) == (("same",), None)


async def test_an_unknown_id_is_not_found() -> None:
    by = await a_tenant()
    with pytest.raises(NotFound):
        await archive_folder(ArchiveFolder(by, UUID(int=7)))
