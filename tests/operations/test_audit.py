"""The audit log: written with the act, read by admins, changed by nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.audit import ListActs, done_by, list_acts, record_act
from activities.cause import Cause, caused_by
from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden
from activities.rules.paging import PageRequest
from activities.workspaces import CreateWorkspace, create_workspace
from schema.db import transaction
from tests.builders.members import a_member, the_owner
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(size=100)


async def actions(by: Actor, action: str = "", page: PageRequest = ALL) -> list[str]:
    return [act.action for act in (await list_acts(ListActs(by, page, action))).items]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_name = 'Nobody'",
        "UPDATE audit_entry SET actor_name = 'Nobody' WHERE false",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE action = 'workspace.created'",
        "TRUNCATE audit_entry",
        "TRUNCATE organization CASCADE",
        "INSERT INTO audit_entry SELECT * FROM audit_entry "
        "ON CONFLICT (id) DO UPDATE SET actor_name = 'Nobody'",
    ],
)
async def test_the_database_refuses_to_change_what_was_written(
    database: AsyncConnection, statement: str
) -> None:
    await create_workspace(CreateWorkspace(await the_owner(await an_organization()), "Print"))
    query = text("SELECT md5(string_agg(a::text, '' ORDER BY id)) FROM audit_entry a")
    before = await database.scalar(query)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.begin_nested():
            await database.execute(text(statement))
    assert await database.scalar(query) == before


async def test_an_act_that_fails_leaves_no_entry() -> None:
    owner = await the_owner(await an_organization())
    before = await actions(owner)

    async def fail() -> None:
        async with transaction():
            await create_workspace(CreateWorkspace(owner, "Print"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await actions(owner) == before


async def test_an_entry_says_who_did_what_to_what_and_in_which_request(clock: FixedClock) -> None:
    owner = await the_owner(await an_organization())
    with caused_by(Cause("01JZ8M3V9K5Q7R2T4W6Y8A0B1C")):
        made = await create_workspace(CreateWorkspace(owner, "Print"))
    (act,) = (await list_acts(ListActs(owner, ALL, "workspace.created"))).items
    assert (act.actor_kind, act.actor_id, act.actor_name) == ("session", owner.user_id, "Ada")
    assert (act.target, act.detail, act.at) == (
        f"workspace {made.id}",
        {"name": "Print"},
        clock.now(),
    )
    assert act.request_id == "01JZ8M3V9K5Q7R2T4W6Y8A0B1C"


async def test_the_newest_act_comes_first_and_pages_go_on(clock: FixedClock) -> None:
    owner = await the_owner(await an_organization())
    for action in ("key.created", "key.rotated", "key.revoked"):
        clock.moment += timedelta(seconds=1)
        await record_act(done_by(owner, action, "key x"))
    assert (await actions(owner))[:3] == ["key.revoked", "key.rotated", "key.created"]
    assert await actions(owner, page=PageRequest(2, 1)) == ["key.rotated"]
    assert await actions(owner, "key.rotated") == ["key.rotated"]
    assert await actions(owner, "key.exploded") == []


async def test_the_log_of_another_tenant_is_not_there() -> None:
    mine, theirs = await an_organization("mine"), await an_organization("theirs")
    await create_workspace(CreateWorkspace(await the_owner(theirs), "Secret"))
    assert "workspace.created" not in await actions(await the_owner(mine))


@pytest.mark.parametrize(
    ("role", "reads"), [("owner", True), ("admin", True), ("editor", False), ("viewer", False)]
)
async def test_owners_and_admins_read_the_log(role: str, reads: bool) -> None:
    by = await a_member(await an_organization(), role, "me")
    if reads:
        await actions(by)
    else:
        with pytest.raises(Forbidden):
            await actions(by)
