"""Workspaces: made, renamed, deleted when they are empty and not the last."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.outside import Outside
from activities.rules.errors import Forbidden, InvalidFields, NotFound
from activities.rules.paging import PageRequest
from activities.workspaces import (
    CreateWorkspace,
    DeleteWorkspace,
    ListWorkspaces,
    RenameWorkspace,
    create_workspace,
    delete_workspace,
    list_workspaces,
    rename_workspace,
)
from tests.builders.databases import a_database
from tests.builders.members import a_member, the_owner
from tests.builders.tenants import a_code, an_organization

in_one_transaction = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(size=100)


@in_one_transaction
async def test_a_workspace_is_made_renamed_and_deleted(database: AsyncConnection) -> None:
    owner = await the_owner(await an_organization())
    made = await create_workspace(CreateWorkspace(owner, "Print"))
    renamed = await rename_workspace(RenameWorkspace(owner, made.id, "Press"))
    assert (renamed.id, renamed.name) == (made.id, "Press")
    page = await list_workspaces(ListWorkspaces(owner, ALL))
    assert {item.name for item in page.items} == {"Acme", "Press"}
    await delete_workspace(DeleteWorkspace(owner, made.id))
    assert (await list_workspaces(ListWorkspaces(owner, ALL))).total == 1
    with pytest.raises(NotFound):
        await delete_workspace(DeleteWorkspace(owner, made.id))
    acts = await database.execute(
        text("SELECT action FROM audit_entry WHERE target = :target ORDER BY created_at, action"),
        {"target": f"workspace {made.id}"},
    )
    assert set(acts.scalars()) == {"workspace.created", "workspace.updated", "workspace.deleted"}


@in_one_transaction
async def test_the_last_workspace_stays() -> None:
    home = await an_organization()
    with pytest.raises(InvalidFields, match="last one"):
        await delete_workspace(DeleteWorkspace(await the_owner(home), home.workspace_id))


@in_one_transaction
async def test_a_workspace_with_assets_stays(database: AsyncConnection) -> None:
    owner = await the_owner(await an_organization())
    made = await create_workspace(CreateWorkspace(owner, "Print"))
    await a_code(replace(owner, workspace_id=made.id))
    assert [w.asset_count for w in (await list_workspaces(ListWorkspaces(owner, ALL))).items] in (
        [1, 0],
        [0, 1],
    )
    with pytest.raises(InvalidFields, match="assets"):
        await delete_workspace(DeleteWorkspace(owner, made.id))
    await database.execute(text("UPDATE qr_code SET deleted_at = now()"))
    await delete_workspace(DeleteWorkspace(owner, made.id))


@in_one_transaction
@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb"])
async def test_an_unfit_name_is_refused(name: str) -> None:
    home = await an_organization()
    owner = await the_owner(home)
    with pytest.raises(InvalidFields, match="name"):
        await create_workspace(CreateWorkspace(owner, name))
    with pytest.raises(InvalidFields, match="name"):
        await rename_workspace(RenameWorkspace(owner, home.workspace_id, name))


@in_one_transaction
@pytest.mark.parametrize(
    ("role", "writes"), [("owner", True), ("admin", True), ("editor", False), ("viewer", False)]
)
async def test_owners_and_admins_write_workspaces_and_everybody_reads_them(
    role: str, writes: bool
) -> None:
    home = await an_organization()
    made = await create_workspace(CreateWorkspace(await the_owner(home), "Print"))
    by = await a_member(home, role, "somebody")
    assert (await list_workspaces(ListWorkspaces(by, ALL))).total == 2
    tried = (
        create_workspace(CreateWorkspace(by, "More")),
        rename_workspace(RenameWorkspace(by, made.id, "Other")),
        delete_workspace(DeleteWorkspace(by, made.id)),
    )
    for act in tried:
        if writes:
            await act
        else:
            with pytest.raises(Forbidden):
                await act


@in_one_transaction
async def test_another_tenants_workspace_is_not_there() -> None:
    theirs = await an_organization("theirs")
    mine = await the_owner(await an_organization("mine"))
    await create_workspace(CreateWorkspace(await the_owner(theirs), "Second"))
    with pytest.raises(NotFound):
        await rename_workspace(RenameWorkspace(mine, theirs.workspace_id, "Mine"))
    with pytest.raises(NotFound):
        await delete_workspace(DeleteWorkspace(mine, theirs.workspace_id))
    page = await list_workspaces(ListWorkspaces(mine, ALL))
    assert theirs.workspace_id not in [item.id for item in page.items]


@in_one_transaction
async def test_an_actor_of_one_workspace_sees_and_changes_only_that() -> None:
    home = await an_organization()
    owner = await the_owner(home)
    other = await create_workspace(CreateWorkspace(owner, "Other"))
    bound = replace(owner, workspace_id=home.workspace_id)
    page = await list_workspaces(ListWorkspaces(bound, ALL))
    assert ([item.id for item in page.items], page.total) == ([home.workspace_id], 1)
    with pytest.raises(NotFound):
        await rename_workspace(RenameWorkspace(bound, other.id, "Mine"))
    with pytest.raises(NotFound):
        await delete_workspace(DeleteWorkspace(bound, other.id))
    with pytest.raises(Forbidden):
        await create_workspace(CreateWorkspace(bound, "More"))


async def test_of_two_last_workspaces_deleted_at_once_one_stays(
    database_url: str, world: Outside
) -> None:
    async with a_database(database_url, connections=4):
        for turn in range(8):
            home = await an_organization(f"turn{turn}")
            owner = await the_owner(home)
            second = await create_workspace(CreateWorkspace(owner, "Second"))
            outcomes = await asyncio.gather(
                delete_workspace(DeleteWorkspace(owner, home.workspace_id)),
                delete_workspace(DeleteWorkspace(owner, second.id)),
                return_exceptions=True,
            )
            assert [type(told) for told in outcomes if told] == [InvalidFields]
            assert (await list_workspaces(ListWorkspaces(owner, ALL))).total == 1


async def test_no_asset_is_put_into_a_workspace_that_is_being_deleted(
    database_url: str, world: Outside
) -> None:
    async with a_database(database_url, connections=4):
        home = await an_organization()
        owner = replace(await the_owner(home), plan="enterprise")
        for turn in range(5):
            made = await create_workspace(CreateWorkspace(owner, f"Turn {turn}"))
            bound = replace(owner, workspace_id=made.id)
            outcomes = await asyncio.gather(
                delete_workspace(DeleteWorkspace(owner, made.id)),
                a_code(bound),
                return_exceptions=True,
            )
            refused = [type(told) for told in outcomes if isinstance(told, BaseException)]
            assert refused in ([InvalidFields], [NotFound])
