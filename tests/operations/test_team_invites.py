"""Invitations: mailed, used once, over after a week, exact against the plan."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import OrganizationView
from activities.gateways.clock import FixedClock
from activities.members import ListMembers, list_members
from activities.outside import Outside, outside
from activities.rules.actors import Actor
from activities.rules.errors import (
    AlreadyMember,
    Forbidden,
    InvalidFields,
    InviteSpent,
    NotFound,
    PlanLimitReached,
    RateLimited,
)
from activities.rules.paging import PageRequest
from activities.rules.permissions import ROLES, Role, outranks
from activities.rules.plans import FREE
from activities.team_invites import (
    AcceptInvite,
    InviteMember,
    Joined,
    ListInvites,
    WithdrawInvite,
    accept_invite,
    invite_member,
    list_invites,
    withdraw_invite,
)
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.members import a_member, a_membership, a_token, a_user, the_owner
from tests.builders.tenants import an_organization

in_one_transaction = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(size=100)
GRACE = "grace@example.com"


async def words_of(address: str) -> dict[str, str]:
    """What the latest mail to an address says."""
    query = text(
        "SELECT id, organization_id, sealed_words FROM mail WHERE recipient = :address "
        "AND kind = 'team_invite' ORDER BY created_at DESC LIMIT 1"
    )
    async with transaction() as session:
        row, home, sealed = (await session.execute(query, {"address": address})).one()
    told: dict[str, str] = json.loads(outside().vault.open(sealed, organization=home, row=row))
    return told


async def token_of(address: str) -> str:
    """The token in the latest mail to an address."""
    return parse_qs(urlsplit((await words_of(address))["link"]).query)["token"][0]


async def invited(by: Actor, email: str = GRACE, role: Role = "editor") -> str:
    """The token of a new invitation."""
    await invite_member(InviteMember(by, email, role))
    return await token_of(email)


async def members(by: Actor) -> dict[str, str]:
    return {m.email: m.role for m in (await list_members(ListMembers(by, ALL))).items}


async def open_ones(by: Actor) -> list[str]:
    return [invite.email for invite in (await list_invites(ListInvites(by, ALL))).items]


async def on_plan(home: OrganizationView, plan: str) -> OrganizationView:
    async with transaction() as session:
        await session.execute(text(f"UPDATE organization SET plan = '{plan}'"))
    return home


@in_one_transaction
async def test_who_follows_the_link_becomes_a_person_and_a_member(
    database: AsyncConnection,
) -> None:
    home = await an_organization()
    owner = await the_owner(home)
    await invite_member(InviteMember(owner, " Grace@Example.COM ", "editor"))
    assert await open_ones(owner) == [GRACE]
    words = await words_of(GRACE)
    link = words.pop("link")
    assert words == {"organization": "Acme", "inviter": "Ada", "role": "editor", "days": "7"}
    assert link.startswith("https://ink.test/invite?token=inv_")
    joined = await accept_invite(AcceptInvite(await token_of(GRACE), "Grace Hopper"))
    assert (joined.organization_id, joined.slug, joined.role) == (home.id, "acme", "editor")
    assert (joined.workspace_id, joined.person.name) == (home.workspace_id, "Grace Hopper")
    assert await members(owner) == {"acme@example.com": "owner", GRACE: "editor"}
    assert await open_ones(owner) == []
    proved = text("SELECT proved_at FROM account_user WHERE email = :email")
    assert await database.scalar(proved, {"email": GRACE}) == outside().clock.now()
    count = text("SELECT count(*) FROM membership WHERE user_id = :id")
    assert await database.scalar(count, {"id": joined.person.id}) == 1


@in_one_transaction
async def test_the_token_is_in_the_mail_only(database: AsyncConnection) -> None:
    token = await invited(await the_owner(await an_organization()))
    assert len(token) == len("inv_") + 43
    rows = await database.execute(
        text(
            "SELECT i::text FROM team_invite i UNION ALL SELECT m::text FROM mail m "
            "UNION ALL SELECT a::text FROM audit_entry a"
        )
    )
    stored = " ".join(row[0] for row in rows)
    assert token[4:] not in stored
    acts = await database.execute(text("SELECT detail::text FROM audit_entry"))
    assert GRACE not in " ".join(acts.scalars())


@in_one_transaction
async def test_an_invitation_works_once() -> None:
    owner = await the_owner(await an_organization())
    token = await invited(owner)
    await accept_invite(AcceptInvite(token))
    with pytest.raises(InviteSpent):
        await accept_invite(AcceptInvite(token))


@in_one_transaction
async def test_an_invitation_is_over_after_seven_days(clock: FixedClock) -> None:
    owner = await the_owner(await an_organization())
    token = await invited(owner)
    clock.moment += timedelta(days=7)
    with pytest.raises(InviteSpent):
        await accept_invite(AcceptInvite(token))
    assert await open_ones(owner) == []
    clock.moment -= timedelta(microseconds=1)
    await accept_invite(AcceptInvite(token))


@in_one_transaction
async def test_a_withdrawn_invitation_is_spent() -> None:
    owner = await the_owner(await an_organization())
    token = await invited(owner)
    (invite,) = (await list_invites(ListInvites(owner, ALL))).items
    await withdraw_invite(WithdrawInvite(owner, invite.id))
    with pytest.raises(InviteSpent):
        await accept_invite(AcceptInvite(token))
    with pytest.raises(NotFound):
        await withdraw_invite(WithdrawInvite(owner, invite.id))
    assert list(await members(owner)) == ["acme@example.com"]


@in_one_transaction
async def test_a_second_invitation_takes_the_place_of_the_first(clock: FixedClock) -> None:
    owner = await the_owner(await an_organization())
    first = await invited(owner, role="admin")
    clock.moment += timedelta(seconds=1)
    second = await invited(owner, role="viewer")
    assert await open_ones(owner) == [GRACE]
    with pytest.raises(InviteSpent):
        await accept_invite(AcceptInvite(first))
    assert (await accept_invite(AcceptInvite(second))).role == "viewer"


@in_one_transaction
@pytest.mark.parametrize("token", ["", "inv_", "inv_invented", "ses_" + "A" * 43, "ä" * 50])
async def test_an_invented_token_is_spent(token: str) -> None:
    with pytest.raises(InviteSpent):
        await accept_invite(AcceptInvite(token))


@in_one_transaction
async def test_a_person_who_is_known_keeps_name_and_other_organizations() -> None:
    owner = await the_owner(await an_organization("acme"))
    other = await an_organization("other")
    joined = await accept_invite(AcceptInvite(await invited(owner, "other@example.com"), "Eve"))
    assert (joined.person.id, joined.person.name) == (other.owner_id, "Ada")


@in_one_transaction
async def test_an_account_that_was_never_proved_is_taken_back(database: AsyncConnection) -> None:
    """Whoever signed up with the address of another has no way in after its owner came."""
    owner = await the_owner(await an_organization())
    user = await a_user("squatter")
    await a_token(user)
    unproved = "UPDATE account_user SET proved_at = NULL, password_hash = 'x', email = :email "
    await database.execute(text(unproved + "WHERE id = :id"), {"email": GRACE, "id": user})
    joined = await accept_invite(AcceptInvite(await invited(owner)))
    assert joined.person.id == user
    left = text("SELECT password_hash, proved_at FROM account_user WHERE id = :id")
    assert tuple((await database.execute(left, {"id": user})).one()) == (
        None,
        outside().clock.now(),
    )
    alive = text("SELECT count(*) FROM browser_session WHERE user_id = :id AND revoked_at IS NULL")
    assert await database.scalar(alive, {"id": user}) == 0


@in_one_transaction
async def test_a_member_already_keeps_the_role_and_ends_the_invitation() -> None:
    home = await an_organization()
    owner = await the_owner(home)
    user = await a_user("grace")
    token = await invited(owner, "grace@people.example", "admin")
    await a_membership(home.id, user, "viewer")
    assert (await accept_invite(AcceptInvite(token))).role == "viewer"
    assert await open_ones(owner) == []
    with pytest.raises(AlreadyMember):
        await invite_member(InviteMember(owner, "grace@people.example", "admin"))


@in_one_transaction
@pytest.mark.parametrize("mine", ROLES)
async def test_a_role_is_offered_and_withdrawn_only_by_who_outranks_it(mine: Role) -> None:
    home = await on_plan(await an_organization(), "pro")
    owner, by = await the_owner(home), await a_member(home, mine, "me")
    for theirs in ROLES:
        email = f"{theirs}@example.com"
        if outranks(mine, theirs):
            await invite_member(InviteMember(by, email, theirs))
        else:
            with pytest.raises(Forbidden):
                await invite_member(InviteMember(by, email, theirs))
            await invite_member(InviteMember(owner, email, theirs))
    for invite in (await list_invites(ListInvites(by, ALL))).items:
        command = WithdrawInvite(by, invite.id)
        if outranks(mine, invite.role):
            await withdraw_invite(command)
        else:
            with pytest.raises(Forbidden):
                await withdraw_invite(command)


@in_one_transaction
@pytest.mark.parametrize("email", ["", "grace", "grace@", "a@b@c.de", "x\n@example.com"])
async def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidFields, match="email"):
        await invite_member(InviteMember(await the_owner(await an_organization()), email, "viewer"))


@in_one_transaction
async def test_an_unfit_name_is_refused_and_the_invitation_stays() -> None:
    token = await invited(await the_owner(await an_organization()))
    with pytest.raises(InvalidFields, match="name"):
        await accept_invite(AcceptInvite(token, "Grace\nHopper"))
    await accept_invite(AcceptInvite(token))


@in_one_transaction
async def test_one_address_is_not_flooded() -> None:
    owner = await the_owner(await an_organization())
    for _ in range(6):
        await invite_member(InviteMember(owner, GRACE, "viewer"))
    with pytest.raises(RateLimited):
        await invite_member(InviteMember(owner, GRACE, "viewer"))


@in_one_transaction
async def test_open_invitations_take_the_room_of_members() -> None:
    assert FREE.members == 3
    owner = await the_owner(await an_organization())
    await invite_member(InviteMember(owner, "one@example.com", "viewer"))
    token = await invited(owner, "two@example.com")
    for _ in range(2):
        with pytest.raises(PlanLimitReached):
            await invite_member(InviteMember(owner, "three@example.com", "viewer"))
        await invite_member(InviteMember(owner, "one@example.com", "admin"))
    await accept_invite(AcceptInvite(token))
    with pytest.raises(PlanLimitReached):
        await invite_member(InviteMember(owner, "three@example.com", "viewer"))


@in_one_transaction
async def test_another_tenants_invitation_is_not_there() -> None:
    mine, theirs = await an_organization("mine"), await an_organization("theirs")
    by, other = await the_owner(mine), await the_owner(theirs)
    token = await invited(other)
    (invite,) = (await list_invites(ListInvites(other, ALL))).items
    assert await open_ones(by) == []
    with pytest.raises(NotFound):
        await withdraw_invite(WithdrawInvite(by, invite.id))
    await invited(by)
    assert (await accept_invite(AcceptInvite(token))).organization_id == theirs.id


async def test_of_many_who_follow_one_link_at_once_one_wins(
    database_url: str, world: Outside
) -> None:
    async with a_database(database_url, connections=16):
        owner = await the_owner(await an_organization())
        token = await invited(owner)
        asked = [accept_invite(AcceptInvite(token, "Grace")) for _ in range(16)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(told) for told in outcomes if not isinstance(told, InviteSpent)] == [Joined]
        assert len(await members(owner)) == 2


async def test_a_plan_is_not_passed_by_sixteen_at_once(database_url: str, world: Outside) -> None:
    async with a_database(database_url, connections=16):
        owner = await the_owner(await an_organization())
        asked = [
            invite_member(InviteMember(owner, f"p{n}@example.com", "viewer")) for n in range(16)
        ]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        refused = [told for told in outcomes if isinstance(told, BaseException)]
        assert {type(fault) for fault in refused} == {PlanLimitReached}
        assert len(await open_ones(owner)) == 16 - len(refused) == 2


async def test_acceptance_and_withdrawal_at_once_agree(database_url: str, world: Outside) -> None:
    async with a_database(database_url, connections=8):
        for turn in range(6):
            owner = await the_owner(await an_organization(f"turn{turn}"))
            token = await invited(owner, f"p{turn}@example.com")
            (invite,) = (await list_invites(ListInvites(owner, ALL))).items
            accepted, withdrawn = await asyncio.gather(
                accept_invite(AcceptInvite(token)),
                withdraw_invite(WithdrawInvite(owner, invite.id)),
                return_exceptions=True,
            )
            joined = f"p{turn}@example.com" in await members(owner)
            assert isinstance(accepted, Joined) is joined
            assert isinstance(accepted, InviteSpent) is not joined
            assert (withdrawn is None) is not joined
            assert isinstance(withdrawn, NotFound) is joined
