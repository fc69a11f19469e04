"""Members: roles, removal, leaving, and the owner that always stays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import OrganizationView
from activities.members import (
    ChangeRole,
    LeaveOrganization,
    ListMembers,
    RemoveMember,
    change_role,
    leave_organization,
    list_members,
    remove_member,
)
from activities.outside import Outside, outside
from activities.rules.actors import Actor
from activities.rules.errors import DomainError, Forbidden, LastOwner, NotFound
from activities.rules.paging import PageRequest
from activities.rules.permissions import Role
from activities.team_invites import InviteMember, ListInvites, invite_member, list_invites
from schema.db import transaction
from schema.tables import ApiKeyRow, OAuthClientRow, OAuthGrantRow, TokenFamilyRow
from tests.builders.databases import a_database
from tests.builders.members import a_member, the_owner
from tests.builders.tenants import an_organization

in_one_transaction = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(size=100)


async def membership(by: Actor, of: Actor) -> UUID:
    """The id of somebody's membership."""
    page = await list_members(ListMembers(by, ALL))
    return next(member.id for member in page.items if member.user_id == of.user_id)


async def roles(by: Actor) -> dict[str, str]:
    """Who is a member, and as what."""
    return {m.name: m.role for m in (await list_members(ListMembers(by, ALL))).items}


async def credentials_of(by: Actor, database: AsyncConnection) -> None:
    """A token family, an OAuth grant and an API key of a person in an organization."""
    now, home, user = outside().clock.now(), by.organization_id, by.user_id
    assert user is not None
    async with transaction() as session:
        app = OAuthClientRow(
            created_at=now, organization_id=home, client_id=uuid4().hex, name="App"
        )
        session.add(app)
        await session.flush()
        session.add_all(
            [
                TokenFamilyRow(created_at=now, user_id=user, organization_id=home),
                OAuthGrantRow(
                    created_at=now, client_row_id=app.id, user_id=user, organization_id=home
                ),
                ApiKeyRow(
                    created_at=now,
                    organization_id=home,
                    dialect="studio",
                    name="k",
                    prefix="qrs_",
                    secret_hash=uuid4().bytes,
                    made_by=user,
                ),
            ]
        )
        await session.flush()


@in_one_transaction
async def test_every_member_sees_the_members() -> None:
    home = await an_organization()
    viewer = await a_member(home, "viewer")
    assert await roles(viewer) == {"Ada": "owner", "viewer": "viewer"}


GIVEN: list[tuple[str, Role, Role, bool]] = [
    ("owner", "viewer", "owner", True),
    ("owner", "owner", "viewer", True),
    ("admin", "viewer", "admin", True),
    ("admin", "admin", "viewer", True),
    ("admin", "viewer", "owner", False),
    ("admin", "owner", "viewer", False),
    ("editor", "viewer", "editor", False),
    ("viewer", "editor", "viewer", False),
]


@in_one_transaction
@pytest.mark.parametrize(("mine", "theirs", "given", "allowed"), GIVEN)
async def test_a_role_is_given_only_by_who_outranks_it(
    database: AsyncConnection, mine: str, theirs: Role, given: Role, allowed: bool
) -> None:
    home = await an_organization()
    by, other = await a_member(home, mine, "me"), await a_member(home, theirs, "other")
    command = ChangeRole(by, await membership(by, other), given)
    if allowed:
        assert (await change_role(command)).role == given
        detail = await database.scalar(
            text("SELECT detail FROM audit_entry WHERE action = 'member.role_changed'")
        )
        assert detail == {"user": str(other.user_id), "old": theirs, "new": given}
    else:
        with pytest.raises(Forbidden):
            await change_role(command)
        assert (await roles(by))["other"] == theirs


@in_one_transaction
@pytest.mark.parametrize(
    ("mine", "theirs", "allowed"),
    [
        ("owner", "owner", True),
        ("admin", "admin", True),
        ("admin", "owner", False),
        ("editor", "viewer", False),
        ("viewer", "viewer", False),
    ],
)
async def test_a_member_is_removed_only_by_who_outranks_it(
    mine: str, theirs: str, allowed: bool
) -> None:
    home = await an_organization()
    by, other = await a_member(home, mine, "me"), await a_member(home, theirs, "other")
    command = RemoveMember(by, await membership(by, other))
    if allowed:
        await remove_member(command)
        with pytest.raises(NotFound):
            await remove_member(command)
    else:
        with pytest.raises(Forbidden):
            await remove_member(command)
    assert ("other" in await roles(by)) is not allowed


@in_one_transaction
@pytest.mark.parametrize("role", ["owner", "admin", "editor", "viewer"])
async def test_everybody_may_leave(database: AsyncConnection, role: str) -> None:
    home = await an_organization()
    by = await a_member(home, role, "me")
    await leave_organization(LeaveOrganization(by))
    assert "me" not in await roles(await the_owner(home))
    detail = await database.scalar(
        text("SELECT detail FROM audit_entry WHERE action = 'member.removed'")
    )
    assert detail == {"user": str(by.user_id), "role": role, "left": True}


@in_one_transaction
async def test_who_has_left_is_not_there_any_more() -> None:
    home = await an_organization()
    by = await a_member(home, "owner", "me")
    await leave_organization(LeaveOrganization(by))
    with pytest.raises(NotFound):
        await leave_organization(LeaveOrganization(by))
    other = await membership(owner := await the_owner(home), owner)
    with pytest.raises(NotFound):
        await remove_member(RemoveMember(by, other))


@in_one_transaction
async def test_a_role_counts_as_it_is_and_not_as_it_was_at_sign_in() -> None:
    home = await an_organization()
    owner = await the_owner(home)
    admin, other = await a_member(home, "admin"), await a_member(home, "viewer")
    mine, theirs = await membership(owner, admin), await membership(owner, other)
    await change_role(ChangeRole(owner, mine, "viewer"))
    for act in (
        change_role(ChangeRole(admin, theirs, "admin")),
        change_role(ChangeRole(admin, mine, "admin")),
        remove_member(RemoveMember(admin, theirs)),
        invite_member(InviteMember(admin, "mate@example.com", "viewer")),
    ):
        with pytest.raises(Forbidden):
            await act


@in_one_transaction
async def test_a_key_does_not_make_its_maker_leave() -> None:
    home = await an_organization()
    await a_member(home, "owner", "second")
    key = replace(await the_owner(home), kind="key")
    with pytest.raises(Forbidden):
        await leave_organization(LeaveOrganization(key))


@in_one_transaction
@pytest.mark.parametrize("role", ["owner", "admin"])
async def test_ones_own_role_may_be_lowered(role: str) -> None:
    by = await a_member(await an_organization(), role, "me")
    assert (await change_role(ChangeRole(by, await membership(by, by), "viewer"))).role == "viewer"


@in_one_transaction
async def test_the_last_owner_stays_an_owner() -> None:
    home = await an_organization()
    owner = await the_owner(home)
    await a_member(home, "admin")
    mine = await membership(owner, owner)
    for act in (
        change_role(ChangeRole(owner, mine, "admin")),
        remove_member(RemoveMember(owner, mine)),
        leave_organization(LeaveOrganization(owner)),
    ):
        with pytest.raises(LastOwner):
            await act
    assert (await change_role(ChangeRole(owner, mine, "owner"))).role == "owner"


@in_one_transaction
async def test_removal_ends_tokens_and_grants_there_and_no_keys_or_sessions(
    database: AsyncConnection,
) -> None:
    home, other = await an_organization("home"), await an_organization("other")
    owner, member = await the_owner(home), await a_member(home, "editor", "me")
    await credentials_of(member, database)
    await credentials_of(replace(member, organization_id=other.id), database)
    await credentials_of(owner, database)
    await remove_member(RemoveMember(owner, await membership(owner, member)))
    ended = []
    for table in ("token_family", "oauth_grant"):
        rows = await database.execute(
            text(f"SELECT user_id, organization_id FROM {table} WHERE revoked_at IS NOT NULL")
        )
        ended.append([tuple(row) for row in rows])
    assert ended == [[(member.user_id, home.id)]] * 2
    for table in ("api_key", "browser_session"):
        rows = await database.execute(text(f"SELECT 1 FROM {table} WHERE revoked_at IS NOT NULL"))
        assert rows.all() == []


@in_one_transaction
@pytest.mark.parametrize(("then", "left"), [("admin", ["viewer"]), ("viewer", []), ("removed", [])])
async def test_invitations_end_with_the_power_to_write_them(then: str, left: list[str]) -> None:
    home = await rich_organization()
    owner, second = await the_owner(home), await a_member(home, "owner", "second")
    await invite_member(InviteMember(second, "a@example.com", "owner"))
    await invite_member(InviteMember(second, "b@example.com", "viewer"))
    theirs = await membership(owner, second)
    if then == "removed":
        await remove_member(RemoveMember(owner, theirs))
    else:
        await change_role(ChangeRole(owner, theirs, "admin" if then == "admin" else "viewer"))
    page = await list_invites(ListInvites(owner, ALL))
    assert [invite.role for invite in page.items] == left


async def rich_organization() -> OrganizationView:
    """One whose plan has room for many members."""
    home = await an_organization()
    async with transaction() as session:
        await session.execute(text("UPDATE organization SET plan = 'pro'"))
    return home


@in_one_transaction
async def test_another_tenants_member_is_not_there() -> None:
    mine = await the_owner(await an_organization("mine"))
    theirs = await an_organization("theirs")
    other = await membership(await the_owner(theirs), await a_member(theirs, "viewer"))
    assert list(await roles(mine)) == ["Ada"]
    with pytest.raises(NotFound):
        await change_role(ChangeRole(mine, other, "admin"))
    with pytest.raises(NotFound):
        await remove_member(RemoveMember(mine, other))


@pytest.mark.parametrize("how", ["leave", "remove each other", "demote each other", "mixed"])
async def test_of_two_owners_that_go_at_once_one_stays(
    database_url: str, world: Outside, how: str
) -> None:
    async with a_database(database_url, connections=8):
        for turn in range(4):
            home = await an_organization(f"turn{turn}")
            one, two = await the_owner(home), await a_member(home, "owner", f"two{turn}")
            viewer = await a_member(home, "viewer", f"viewer{turn}")
            first, second = await membership(one, one), await membership(one, two)
            acts = {
                "leave": (
                    leave_organization(LeaveOrganization(one)),
                    leave_organization(LeaveOrganization(two)),
                ),
                "remove each other": (
                    remove_member(RemoveMember(one, second)),
                    remove_member(RemoveMember(two, first)),
                ),
                "demote each other": (
                    change_role(ChangeRole(one, second, "viewer")),
                    change_role(ChangeRole(two, first, "viewer")),
                ),
                "mixed": (
                    leave_organization(LeaveOrganization(one)),
                    change_role(ChangeRole(two, second, "admin")),
                ),
            }
            for other, unused in acts.items():
                if other != how:
                    for act in unused:
                        act.close()
            outcomes = await asyncio.gather(*acts[how], return_exceptions=True)
            refused = [told for told in outcomes if isinstance(told, BaseException)]
            assert len(refused) == 1
            assert isinstance(refused[0], DomainError)
            assert list((await roles(viewer)).values()).count("owner") == 1
