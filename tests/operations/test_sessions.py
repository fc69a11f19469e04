"""Browser sessions: they last while they are used, and end wherever their person says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.browsers import (
    CloseSession,
    ListSessions,
    RevokeOtherSessions,
    RevokeSession,
    close_session,
    list_sessions,
    revoke_other_sessions,
    revoke_session,
)
from activities.gateways.clock import FixedClock
from activities.rules.actors import Person
from activities.rules.errors import (
    CredentialExpired,
    CredentialRevoked,
    CredentialUnknown,
    InvalidFields,
    NotFound,
)
from activities.sessions import (
    AuthenticatePerson,
    AuthenticateSession,
    ChooseOrganization,
    OpenSession,
    authenticate_person,
    authenticate_session,
    choose_organization,
    open_session,
)
from tests.builders.members import a_membership, a_token, a_user
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

Authenticate = Callable[[str], Awaitable[object]]


async def as_person(token: str) -> Person:
    return await authenticate_person(AuthenticatePerson(token))


async def as_member(token: str) -> object:
    return await authenticate_session(AuthenticateSession(token))


BOTH = pytest.mark.parametrize("authenticate", [as_person, as_member])


@BOTH
async def test_a_session_in_use_does_not_end(clock: FixedClock, authenticate: Authenticate) -> None:
    token = await a_token((await an_organization()).owner_id)
    for _ in range(10):
        clock.moment += timedelta(days=13)
        await authenticate(token)


@BOTH
async def test_a_session_ends_fourteen_days_after_its_last_use(
    clock: FixedClock, authenticate: Authenticate
) -> None:
    token = await a_token((await an_organization()).owner_id)
    clock.moment += timedelta(days=5)
    await authenticate(token)
    clock.moment += timedelta(days=14) - timedelta(milliseconds=1)
    before = clock.moment
    clock.moment += timedelta(milliseconds=1)
    with pytest.raises(CredentialExpired):
        await authenticate(token)
    clock.moment = before
    await authenticate(token)


@BOTH
async def test_a_session_in_steady_use_is_written_once_an_hour(
    database: AsyncConnection, clock: FixedClock, authenticate: Authenticate
) -> None:
    token = await a_token((await an_organization()).owner_id)
    written: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("UPDATE"):
            written.append(statement)

    event.listen(database.sync_connection, "before_cursor_execute", note)
    for _ in range(12):
        clock.moment += timedelta(minutes=10)
        await authenticate(token)
    assert len(written) == 2
    assert await database.scalar(text("SELECT seen_at FROM browser_session")) == clock.moment


@BOTH
@pytest.mark.parametrize("token", ["", "ses_", "ses_" + "A" * 43])
async def test_an_invented_token_is_unknown(authenticate: Authenticate, token: str) -> None:
    with pytest.raises(CredentialUnknown):
        await authenticate(token)


async def test_a_person_without_organization_is_known_and_acts_for_none() -> None:
    user_id = await a_user("loner")
    token = await a_token(user_id)
    person = await as_person(token)
    assert (person.user_id, person.email) == (user_id, "loner@people.example")
    with pytest.raises(NotFound, match="organization"):
        await as_member(token)
    with pytest.raises(NotFound, match="organization"):
        await choose_organization(ChooseOrganization(person))


async def test_a_person_chooses_among_their_own_organizations() -> None:
    first, second, foreign = [await an_organization(slug) for slug in ("one1", "two2", "three3")]
    await a_membership(second.id, first.owner_id, "viewer")
    person = await as_person(await a_token(first.owner_id))
    with pytest.raises(InvalidFields):
        await choose_organization(ChooseOrganization(person))
    actor = await choose_organization(ChooseOrganization(person, second.id))
    assert (actor.organization_id, actor.role, actor.user_id) == (
        second.id,
        "viewer",
        first.owner_id,
    )
    assert "assets.write" not in actor.permissions
    for other in (foreign.id, uuid4()):
        with pytest.raises(NotFound, match="organization"):
            await choose_organization(ChooseOrganization(person, other))


async def test_choosing_gives_the_same_actor_as_the_cookie() -> None:
    token = await a_token((await an_organization()).owner_id)
    chosen = await choose_organization(ChooseOrganization(await as_person(token)))
    assert chosen == await as_member(token)


async def test_a_person_sees_their_living_browsers_the_last_used_first(clock: FixedClock) -> None:
    mine, other = await a_user("mine"), await a_user("other")
    await a_token(other)
    forgotten = await open_session(OpenSession(mine, "Safari on iOS"))
    clock.moment = forgotten.expires_at - timedelta(hours=2)
    phone = await open_session(OpenSession(mine, "Chrome on Android"))
    gone = await as_person(await a_token(mine))
    await revoke_session(RevokeSession(gone, gone.session_id))
    clock.moment += timedelta(hours=1)
    by = await as_person(phone.token)
    clock.moment += timedelta(minutes=1)
    laptop = await open_session(OpenSession(mine, "Firefox on Linux"))
    clock.moment += timedelta(hours=1)
    seen = await list_sessions(ListSessions(by))
    assert [(one.agent, one.current) for one in seen] == [
        ("Firefox on Linux", False),
        ("Chrome on Android", True),
    ]
    assert seen[0].id == (await as_person(laptop.token)).session_id


@BOTH
async def test_a_revoked_session_is_refused_at_once(authenticate: Authenticate) -> None:
    owner = (await an_organization()).owner_id
    here, there = await a_token(owner), await a_token(owner)
    lost = (await as_person(there)).session_id
    await revoke_session(RevokeSession(await as_person(here), lost))
    with pytest.raises(CredentialRevoked):
        await authenticate(there)
    await authenticate(here)


async def test_revoking_twice_is_written_once(database: AsyncConnection) -> None:
    by = await as_person(await a_token((await an_organization()).owner_id))
    for _ in range(2):
        await revoke_session(RevokeSession(by, by.session_id))
    acts = await database.scalars(
        text("SELECT target FROM audit_entry WHERE action = 'session.revoked'")
    )
    assert acts.all() == [f"session {by.session_id}"]


async def test_nobody_revokes_the_session_of_another() -> None:
    theirs = await a_token((await an_organization("theirs")).owner_id)
    by = await as_person(await a_token((await an_organization("mine")).owner_id))
    for other in ((await as_person(theirs)).session_id, uuid4()):
        with pytest.raises(NotFound, match="session"):
            await revoke_session(RevokeSession(by, other))
    await as_person(theirs)


async def test_all_other_browsers_are_signed_out_and_this_one_stays() -> None:
    mine, other = await a_user("mine"), await a_user("other")
    here, there, further, theirs = [await a_token(one) for one in (mine, mine, mine, other)]
    by = await as_person(here)
    assert (await revoke_other_sessions(RevokeOtherSessions(by))).count == 2
    for token in (there, further):
        with pytest.raises(CredentialRevoked):
            await as_person(token)
    assert await as_person(here) == by
    await as_person(theirs)
    assert (await revoke_other_sessions(RevokeOtherSessions(by))).count == 0


async def test_signing_out_ends_the_session_that_asks() -> None:
    user_id = await a_user("mine")
    here, there = await a_token(user_id), await a_token(user_id)
    await close_session(CloseSession(await as_person(here)))
    with pytest.raises(CredentialRevoked):
        await as_person(here)
    await as_person(there)


async def test_signing_out_where_a_service_keeps_the_session_changes_nothing_here() -> None:
    token = await a_token(await a_user("mine"))
    by = replace(await as_person(token), session_id=uuid4())
    await close_session(CloseSession(by))
    await as_person(token)
