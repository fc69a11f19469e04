"""People who sign in at Clerk: joined to an account only by an address that is surely theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.clerk import AuthenticateClerk, authenticate_clerk
from activities.gateways.clerk import Clerk
from activities.gateways.clock import FixedClock
from activities.outside import Outside, install
from activities.rules.actors import Person
from activities.rules.errors import CredentialExpired, CredentialRevoked, CredentialUnknown
from activities.sessions import (
    AuthenticatePerson,
    ChooseOrganization,
    authenticate_person,
    choose_organization,
)
from tests.builders.databases import a_database
from tests.builders.members import a_token
from tests.builders.sign_in import a_visit
from tests.builders.tenants import an_organization
from tests.fakes.jwks import ISSUER, claims_at, publishing, rsa_key, signed
from tests.fakes.jwks import published as entry
from workers.embedded_postgres import EmbeddedPostgres

bound = pytest.mark.usefixtures("database", "clerk")


@pytest_asyncio.fixture
async def clerk(world: Outside, clock: FixedClock) -> AsyncIterator[None]:
    async with publishing(entry(rsa_key(), "rsa")) as jwks:
        install(replace(world, clerk=Clerk(clock, jwks_url=jwks.url, issuer=ISSUER)))
        yield


def a_token_of_clerk(clock: FixedClock, **claims: Any) -> str:
    return signed(rsa_key(), "rsa", claims_at(clock.now(), **claims))


async def known(clock: FixedClock, **claims: Any) -> Person:
    return await authenticate_clerk(AuthenticateClerk(a_token_of_clerk(clock, **claims)))


@bound
async def test_a_person_seen_for_the_first_time_gets_an_account(clock: FixedClock) -> None:
    person = await known(clock, email="Ada@Example.com")
    assert (person.email, person.name) == ("ada@example.com", "Ada Lovelace")
    actor = await choose_organization(ChooseOrganization(person))
    assert (actor.role, actor.plan, actor.kind) == ("owner", "free", "session")
    assert actor.credential_id == person.session_id


@bound
async def test_a_person_is_known_by_the_subject_whatever_the_address_is_now(
    clock: FixedClock,
) -> None:
    first = await known(clock)
    clock.moment += timedelta(minutes=5)
    assert await known(clock) == first
    assert await known(clock, email=None, email_verified=None, name=None) == first
    assert await known(clock, email="new@example.com") == first
    assert (await known(clock, sid="sess_other")).session_id != first.session_id


@bound
async def test_a_verified_address_joins_the_account_that_is_there(clock: FixedClock) -> None:
    mine, cookie = await a_visit("ada@example.com")
    person = await known(clock)
    assert (person.user_id, person.name) == (mine.user_id, "ada")
    assert await authenticate_person(AuthenticatePerson(cookie)) == mine


@bound
@pytest.mark.parametrize("told", [None, False, "true"])
async def test_an_address_that_is_not_verified_gets_nothing(
    database: AsyncConnection, clock: FixedClock, told: object
) -> None:
    await an_organization("acme")
    for email in ("acme@example.com", "new@example.com"):
        with pytest.raises(CredentialUnknown):
            await known(clock, email=email, email_verified=told)
    rows = await database.execute(text("SELECT email, external_subject FROM account_user"))
    assert [tuple(row) for row in rows] == [("acme@example.com", None)]


@bound
@pytest.mark.parametrize("email", [None, "", "ada", 7])
async def test_a_newcomer_without_address_is_refused(clock: FixedClock, email: object) -> None:
    with pytest.raises(CredentialUnknown):
        await known(clock, email=email)


@bound
async def test_an_account_that_belongs_to_one_subject_is_not_given_to_another(
    clock: FixedClock,
) -> None:
    first = await known(clock)
    with pytest.raises(CredentialUnknown):
        await known(clock, sub="user_other")
    assert await known(clock) == first


@bound
async def test_who_squatted_on_an_address_is_signed_out_when_its_owner_comes(
    database: AsyncConnection, clock: FixedClock
) -> None:
    home = await an_organization("acme")
    cookie = await a_token(home.owner_id)
    await database.execute(text("UPDATE account_user SET password_hash = 'theirs'"))
    person = await known(clock, email="acme@example.com")
    assert person.user_id == home.owner_id
    with pytest.raises(CredentialRevoked):
        await authenticate_person(AuthenticatePerson(cookie))
    assert await database.scalar(text("SELECT password_hash FROM account_user")) is None


@bound
@pytest.mark.parametrize("name", [None, "", "x" * 201, "Ada\r\nBcc: x@y.example"])
async def test_a_name_that_is_none_is_made_from_the_address(
    clock: FixedClock, name: object
) -> None:
    assert (await known(clock, name=name)).name == "ada"


@bound
async def test_a_token_that_is_over_or_forged_is_refused(clock: FixedClock) -> None:
    token = a_token_of_clerk(clock)
    with pytest.raises(CredentialUnknown):
        await authenticate_clerk(AuthenticateClerk(token[:-8] + "AAAAAAAA"))
    clock.moment += timedelta(seconds=90)
    with pytest.raises(CredentialExpired):
        await authenticate_clerk(AuthenticateClerk(token))


@pytest.mark.usefixtures("database", "world")
async def test_no_token_is_taken_while_clerk_is_off(clock: FixedClock) -> None:
    with pytest.raises(CredentialUnknown):
        await known(clock)


@pytest.mark.usefixtures("clerk")
async def test_many_first_requests_at_once_make_one_account(
    postgres: EmbeddedPostgres, clock: FixedClock
) -> None:
    async with a_database(postgres.url, connections=8):
        people = await asyncio.gather(*(known(clock) for _ in range(8)))
        actor = await choose_organization(ChooseOrganization(people[0]))
    assert {person.user_id for person in people} == {actor.user_id}
