"""Signing up and in with a password: all or none, and nothing told about who has an account."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import (
    CreateOrganization,
    ReadAccount,
    create_organization,
    read_account,
)
from activities.gateways.clock import FixedClock
from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.errors import (
    AddressTaken,
    InvalidFields,
    NotFound,
    RateLimited,
    SignInRefused,
)
from activities.rules.permissions import PERMISSIONS
from activities.sign_up import SignUp, sign_up
from tests.builders.accounts import ADDRESS, PASSWORD, a_sign_in, an_account, behind
from tests.builders.tenants import a_key, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

TABLES = ("account_user", "organization", "workspace", "membership", "token_family")


async def counted(database: AsyncConnection) -> list[int]:
    return [int(await database.scalar(text(f"SELECT count(*) FROM {t}")) or 0) for t in TABLES]


async def test_a_sign_up_makes_a_person_with_an_organization_and_is_signed_in(
    database: AsyncConnection,
) -> None:
    made = await sign_up(SignUp("Ada@Example.COM", PASSWORD, " Ada ", "Analytical Engines"))
    account = made.account
    assert (account.email, account.name, account.plan) == ("ada@example.com", "Ada", "free")
    assert (account.organization_name, account.slug) == ("Analytical Engines", "analytical-engines")
    assert (account.role, set(account.permissions)) == ("owner", set(PERMISSIONS))
    assert await counted(database) == [1] * len(TABLES)
    actor = await behind(made.pair)
    assert (actor.user_id, actor.organization_id) == (account.user_id, account.organization_id)
    assert await read_account(ReadAccount(actor)) == account


async def test_no_password_is_stored_and_a_sign_up_is_recorded(database: AsyncConnection) -> None:
    made = await an_account()
    rows = await database.execute(
        text(
            "SELECT u::text FROM account_user u UNION ALL SELECT a::text FROM audit_entry a "
            "UNION ALL SELECT t::text FROM refresh_token t"
        )
    )
    stored = " ".join(row[0] for row in rows)
    assert "$argon2id$" in stored
    assert "organization.created" in stored
    for secret in (PASSWORD, made.pair.refresh, made.pair.access):
        assert secret not in stored
        assert secret not in repr(made)


async def test_an_organization_without_a_name_is_called_as_the_person() -> None:
    account = (await an_account(name="Ada Lovelace")).account
    assert (account.organization_name, account.slug) == ("Ada Lovelace", "ada-lovelace")


async def test_two_organizations_of_one_name_have_slugs_of_their_own() -> None:
    slugs = {(await an_account(f"ada{n}@example.com")).account.slug for n in range(3)}
    assert len(slugs) == 3
    assert all(slug.startswith("ada-lovelace") for slug in slugs)


@pytest.mark.parametrize("email", [ADDRESS, "ADA@EXAMPLE.COM"])
async def test_an_address_has_one_account(database: AsyncConnection, email: str) -> None:
    await an_account()
    before = await counted(database)
    with pytest.raises(AddressTaken):
        await an_account(email, "Mallory")
    assert await counted(database) == before


async def test_nobody_chooses_a_password_for_an_account_that_has_none(
    database: AsyncConnection,
) -> None:
    await an_organization("acme")
    with pytest.raises(AddressTaken):
        await an_account("acme@example.com")
    hashes = text("SELECT count(*) FROM account_user WHERE password_hash IS NOT NULL")
    assert await database.scalar(hashes) == 0


@pytest.mark.parametrize(
    ("email", "name", "organization", "wrong"),
    [
        ("no address", "Ada", None, {"email"}),
        ("a" * 250 + "@example.com", "Ada", None, {"email"}),
        (ADDRESS, "  ", None, {"name"}),
        (ADDRESS, "A" * 201, None, {"name"}),
        (ADDRESS, "Ada", " ", {"organization_name"}),
        ("no", "Ada\nBcc: all", "A" * 201, {"email", "name", "organization_name"}),
    ],
)
async def test_every_wrong_field_is_told_and_nothing_made(
    database: AsyncConnection, email: str, name: str, organization: str | None, wrong: set[str]
) -> None:
    with pytest.raises(InvalidFields) as refused:
        await sign_up(SignUp(email, PASSWORD, name, organization))
    assert set(refused.value.fields) == wrong
    assert await counted(database) == [0] * len(TABLES)


async def test_a_password_opens_the_account(database: AsyncConnection) -> None:
    made = await an_account()
    actor = await behind(await a_sign_in("ADA@example.com"))
    assert actor.user_id == made.account.user_id
    acts = await database.scalar(
        text("SELECT count(*) FROM audit_entry WHERE action = 'password.signed_in'")
    )
    assert acts == 1


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    database: AsyncConnection,
) -> None:
    await an_account()
    await an_organization("acme")
    families = await counted(database)
    said = set()
    for email, password in (
        (ADDRESS, PASSWORD + "x"),
        (ADDRESS, ""),
        ("nobody@example.com", PASSWORD),
        ("acme@example.com", PASSWORD),
        ("acme@example.com", ""),
        ("no address", PASSWORD),
    ):
        with pytest.raises(SignInRefused) as refused:
            await a_sign_in(email, password)
        said.add(str(refused.value))
    assert len(said) == 1
    assert await counted(database) == families


async def test_time_does_not_tell_who_has_an_account() -> None:
    await an_account()
    await an_organization("acme")

    async def work(email: str) -> float:
        """Processor time of all threads, so that a busy machine does not disturb."""
        began = time.process_time()
        with pytest.raises(SignInRefused):
            await a_sign_in(email, "wrong-orbit-cellar")
        return time.process_time() - began

    known = await work(ADDRESS)
    for email in ("nobody@example.com", "acme@example.com", "no address"):
        assert 0.4 < await work(email) / known < 2.5


async def test_an_address_is_tried_a_few_times_a_minute(clock: FixedClock) -> None:
    await an_account()
    for _ in range(6):
        with pytest.raises(SignInRefused):
            await a_sign_in(ADDRESS, "wrong-orbit-cellar")
    for email in (ADDRESS, "ADA@Example.com "):
        with pytest.raises(RateLimited):
            await a_sign_in(email)
    clock.moment += timedelta(seconds=20)
    await a_sign_in()


async def test_a_hash_of_less_effort_is_renewed_by_a_sign_in(database: AsyncConnection) -> None:
    await an_account()
    weak = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)]).hash(PASSWORD)
    await database.execute(text("UPDATE account_user SET password_hash = :weak"), {"weak": weak})
    await a_sign_in()
    stored = await database.scalar(text("SELECT password_hash FROM account_user"))
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    await a_sign_in()


async def test_a_person_of_two_organizations_signs_in_to_the_first_or_the_one_named(
    clock: FixedClock,
) -> None:
    first = (await an_account()).account
    clock.moment += timedelta(days=1)
    second = await create_organization(CreateOrganization("Second", "second", ADDRESS, "Ada"))
    await an_organization("theirs")
    assert (await behind(await a_sign_in())).organization_id == first.organization_id
    named = await behind(await a_sign_in(organization="second"))
    assert named.organization_id == second.id
    for slug in ("theirs", "nowhere", ""):
        with pytest.raises(NotFound):
            await a_sign_in(organization=slug)


async def test_an_organization_is_not_told_to_who_has_a_wrong_password() -> None:
    await an_account()
    with pytest.raises(SignInRefused):
        await a_sign_in(ADDRESS, "wrong-orbit-cellar", organization="nowhere")


async def test_who_left_every_organization_is_told_that_there_is_none(
    database: AsyncConnection,
) -> None:
    await an_account()
    await database.execute(text("DELETE FROM membership"))
    with pytest.raises(NotFound):
        await a_sign_in()


async def test_a_key_that_nobody_made_has_no_account() -> None:
    actor = await authenticate_key(AuthenticateKey("studio", await a_key(await an_organization())))
    with pytest.raises(NotFound):
        await read_account(ReadAccount(actor))
