"""Organizations: founded, listed, read, changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import OrganizationView
from activities.keys import AuthenticateKey, authenticate_key
from activities.organizations import (
    MOST_OWNED,
    FoundByKey,
    FoundOrganization,
    ListOrganizations,
    ListOrganizationsOfKey,
    OwnOrganization,
    ReadOrganization,
    UpdateOrganization,
    create_organization_for,
    found_by_key,
    list_organizations,
    list_organizations_of_key,
    read_organization,
    update_organization,
)
from activities.outside import Outside
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, InvalidFields, PlanLimitReached
from activities.rules.paging import PageRequest
from activities.rules.plans import FREE
from tests.builders.databases import a_database
from tests.builders.members import a_member, a_membership, a_person, a_user, the_owner
from tests.builders.tenants import a_code, a_key, an_organization

in_one_transaction = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(size=100)


async def found(name: str, slug: str | None = None, by: str = "ada") -> OwnOrganization:
    return await create_organization_for(
        FoundOrganization(await a_person(await a_user(by)), name, slug)
    )


async def a_links_key(home: OrganizationView, database: AsyncConnection, made: bool) -> Actor:
    """A key of the links dialect, made by the owner or by nobody."""
    secret = await a_key(home, "links")
    maker = {"maker": home.owner_id if made else None}
    await database.execute(text("UPDATE api_key SET made_by = :maker"), maker)
    return await authenticate_key(AuthenticateKey("links", secret))


@in_one_transaction
async def test_who_founds_an_organization_owns_it(database: AsyncConnection) -> None:
    person = await a_person(await a_user("ada"))
    made = await create_organization_for(FoundOrganization(person, "Acme Print"))
    assert (made.name, made.slug, made.plan, made.role) == (
        "Acme Print",
        "acme-print",
        "free",
        "owner",
    )
    page = await list_organizations(ListOrganizations(person, ALL))
    assert (page.items, page.total) == ([made], 1)
    workspaces = await database.execute(
        text("SELECT name FROM workspace WHERE organization_id = :id"), {"id": made.id}
    )
    assert list(workspaces.scalars()) == ["Acme Print"]
    acts = await database.execute(
        text("SELECT actor_id FROM audit_entry WHERE action = 'organization.created'")
    )
    assert person.user_id in list(acts.scalars())


@in_one_transaction
@pytest.mark.parametrize(
    ("name", "slug"), [("Café Süß", "cafe-su"), ("印刷", "team"), ("API", "team-api")]
)
async def test_a_slug_is_made_from_the_name(name: str, slug: str) -> None:
    assert (await found(name)).slug == slug


@in_one_transaction
async def test_a_made_slug_that_is_taken_gets_an_ending() -> None:
    await found("Acme", by="ada")
    second = await found("Acme", by="bob")
    assert second.slug.startswith("acme-")
    assert len(second.slug) == len("acme-") + 8


@in_one_transaction
@pytest.mark.parametrize(
    ("name", "slug", "field"),
    [
        ("", None, "name"),
        ("x" * 201, None, "name"),
        ("Subject\r\nBcc: all", None, "name"),
        ("moc.live\u202ewww", None, "name"),
        ("Acme", "Acme", "slug"),
        ("Acme", "-acme", "slug"),
        ("Acme", "ab", "slug"),
        ("Acme", "api", "slug"),
        ("Acme", "taken", "slug"),
    ],
)
async def test_an_unfit_name_or_slug_is_refused(name: str, slug: str | None, field: str) -> None:
    await an_organization("taken")
    with pytest.raises(InvalidFields) as refused:
        await found(name, slug)
    assert list(refused.value.fields) == [field]


@in_one_transaction
async def test_the_list_holds_all_roles_and_nobody_elses() -> None:
    mine = await an_organization("mine")
    await an_organization("theirs")
    joined = await an_organization("joined")
    await a_membership(joined.id, mine.owner_id, "viewer")
    page = await list_organizations(ListOrganizations(await a_person(mine.owner_id), ALL))
    assert {(item.slug, item.role) for item in page.items} == {
        ("mine", "owner"),
        ("joined", "viewer"),
    }


@in_one_transaction
async def test_an_organization_tells_its_limits_and_figures() -> None:
    home = await an_organization()
    owner, viewer = await the_owner(home), await a_member(home, "viewer")
    await a_code(owner)
    told = await read_organization(ReadOrganization(viewer))
    assert (told.limits, told.member_count, told.asset_count) == (FREE, 2, 1)


@in_one_transaction
@pytest.mark.parametrize("role", ["admin", "editor", "viewer"])
async def test_only_owners_change_an_organization(role: str) -> None:
    member = await a_member(await an_organization(), role)
    with pytest.raises(Forbidden):
        await update_organization(UpdateOrganization(member, name="Mine now"))


@in_one_transaction
async def test_a_change_is_told_to_the_audit_log(database: AsyncConnection) -> None:
    owner = await the_owner(await an_organization("acme"))
    changed = await update_organization(UpdateOrganization(owner, slug="acme-2"))
    assert (changed.name, changed.slug) == ("Acme", "acme-2")
    await update_organization(UpdateOrganization(owner, slug="acme-2"))
    details = await database.execute(
        text("SELECT detail FROM audit_entry WHERE action = 'organization.updated'")
    )
    assert list(details.scalars()) == [{"old": {"slug": "acme"}, "new": {"slug": "acme-2"}}]


@in_one_transaction
async def test_a_slug_of_another_organization_is_not_taken_over() -> None:
    await an_organization("taken")
    owner = await the_owner(await an_organization("acme"))
    with pytest.raises(InvalidFields, match="slug"):
        await update_organization(UpdateOrganization(owner, name="New", slug="taken"))
    assert (await read_organization(ReadOrganization(owner))).name == "Acme"


@in_one_transaction
async def test_a_key_sees_the_organizations_of_its_maker(database: AsyncConnection) -> None:
    home, other = await an_organization("home"), await an_organization("other")
    await a_membership(other.id, home.owner_id, "viewer")
    by = await a_links_key(home, database, made=True)
    page = await list_organizations_of_key(ListOrganizationsOfKey(by, ALL))
    assert {item.slug for item in page.items} == {"home", "other"}


@in_one_transaction
@pytest.mark.parametrize("why", ["nobody made it", "its maker left", "it is of one workspace"])
async def test_a_key_of_nobody_here_sees_and_founds_nothing_else(
    database: AsyncConnection, why: str
) -> None:
    home, other = await an_organization("home"), await an_organization("other")
    await a_membership(other.id, home.owner_id, "owner")
    by = await a_links_key(home, database, made=why != "nobody made it")
    if why == "its maker left":
        gone = "DELETE FROM membership WHERE organization_id = :id"
        await database.execute(text(gone), {"id": home.id})
    elif why == "it is of one workspace":
        by = replace(by, workspace_id=home.workspace_id)
    page = await list_organizations_of_key(ListOrganizationsOfKey(by, ALL))
    assert [(item.slug, item.role, page.total) for item in page.items] == [("home", None, 1)]
    with pytest.raises(Forbidden):
        await found_by_key(FoundByKey(by, "New"))


@in_one_transaction
async def test_a_key_founds_for_its_maker(database: AsyncConnection) -> None:
    home = await an_organization("home")
    by = await a_links_key(home, database, made=True)
    made = await found_by_key(FoundByKey(by, "New Team"))
    page = await list_organizations(ListOrganizations(await a_person(home.owner_id), ALL))
    assert made in page.items
    told = text("SELECT actor_kind, actor_id FROM audit_entry WHERE organization_id = :id")
    acts = (await database.execute(told, {"id": made.id})).all()
    assert ("key", by.credential_id) in [tuple(act) for act in acts]


@in_one_transaction
async def test_a_key_of_another_dialect_founds_nothing() -> None:
    by = await authenticate_key(AuthenticateKey("studio", await a_key(await an_organization())))
    with pytest.raises(Forbidden):
        await found_by_key(FoundByKey(by, "New"))


async def test_of_many_founded_at_once_ten_are_made(database_url: str, world: Outside) -> None:
    async with a_database(database_url, connections=16):
        person = await a_person(await a_user("ada"))
        asked = [create_organization_for(FoundOrganization(person, "Same")) for _ in range(14)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        refused = [told for told in outcomes if isinstance(told, BaseException)]
        assert all(isinstance(fault, PlanLimitReached) for fault in refused), refused
        assert len(outcomes) - len(refused) == MOST_OWNED


async def test_of_many_that_want_one_slug_one_gets_it(database_url: str, world: Outside) -> None:
    async with a_database(database_url, connections=8):
        people = [await a_person(await a_user(f"p{number}")) for number in range(8)]
        asked = [create_organization_for(FoundOrganization(by, "X", "wanted")) for by in people]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        refused = [told for told in outcomes if isinstance(told, BaseException)]
        assert all(isinstance(fault, InvalidFields) for fault in refused), refused
        assert len(refused) == 7
