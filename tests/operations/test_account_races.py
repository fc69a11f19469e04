"""Sign-ups, sign-ins and refreshes at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextvars import Context
from typing import TypeVar

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.accounts import CreateOrganization, create_organization
from activities.people import ProveAddress, prove_address
from activities.rules.errors import (
    AddressTaken,
    CredentialRevoked,
    DomainError,
    InvalidFields,
    SignInRefused,
)
from activities.token_pairs import Pair, RefreshPair, RevokePair, refresh_pair, revoke_pair
from schema.db import connect, disconnect, transaction
from tests.builders.accounts import ADDRESS, a_sign_in, an_account, behind

pytestmark = pytest.mark.usefixtures("open_door", "world")

AT_ONCE = 8

Result = TypeVar("Result")


@pytest_asyncio.fixture
async def open_door(database_url: str) -> AsyncIterator[None]:
    await connect(database_url, pool_size=AT_ONCE)
    yield
    await disconnect()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        # The audit log refuses to be emptied, except by who may switch its trigger off.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("TRUNCATE organization, account_user, rate_bucket CASCADE")


async def count(query: str) -> int:
    async with transaction() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {query}")) or 0)


async def all_of(*asked: Awaitable[Result]) -> tuple[list[Result], list[type[DomainError]]]:
    """What was answered and how the others were refused; any other fault is a failure."""
    done, refused = [], []
    for outcome in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(outcome, DomainError):
            refused.append(type(outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            done.append(outcome)
    return done, refused


async def somebody_waits() -> None:
    """Until a transaction waits for a row of another."""
    while not await count("pg_locks WHERE NOT granted"):
        await asyncio.sleep(0.01)


async def test_of_many_sign_ups_with_one_address_one_makes_an_account() -> None:
    made, refused = await all_of(*(an_account() for _ in range(AT_ONCE)))
    assert (len(made), refused) == (1, [AddressTaken] * (AT_ONCE - 1))
    for table in ("account_user", "organization", "workspace", "membership", "token_family"):
        assert await count(table) == 1
    assert (await behind(made[0].pair)).user_id == made[0].account.user_id


async def test_of_many_sign_ups_with_one_name_each_has_a_slug_of_its_own() -> None:
    asked = (an_account(f"ada{number}@example.com") for number in range(AT_ONCE))
    made, refused = await all_of(*asked)
    assert refused == []
    assert len({one.account.slug for one in made}) == AT_ONCE


async def test_of_many_organizations_with_one_slug_one_is_made() -> None:
    asked = (
        create_organization(CreateOrganization("Acme", "acme", f"{number}@example.com", "Ada"))
        for number in range(AT_ONCE)
    )
    made, refused = await all_of(*asked)
    assert (len(made), refused) == (1, [InvalidFields] * (AT_ONCE - 1))
    assert await count("account_user") == 1


async def test_many_organizations_of_one_new_person_have_the_same_owner() -> None:
    asked = (
        create_organization(CreateOrganization("Acme", f"acme-{number}", ADDRESS, "Ada"))
        for number in range(AT_ONCE)
    )
    made, refused = await all_of(*asked)
    assert refused == []
    assert len({one.owner_id for one in made}) == 1


async def test_of_many_uses_of_one_refresh_token_one_wins_and_the_family_ends() -> None:
    pair = (await an_account()).pair
    asked = (refresh_pair(RefreshPair(pair.refresh)) for _ in range(AT_ONCE))
    made, refused = await all_of(*asked)
    assert (len(made), refused) == (1, [CredentialRevoked] * (AT_ONCE - 1))
    assert await count("refresh_token") == 2
    assert await count("audit_entry WHERE action = 'token.reuse_detected'") == 1
    for ended in (pair, made[0]):
        with pytest.raises(CredentialRevoked):
            await behind(ended)


async def test_refreshing_and_signing_out_at_once_leaves_nobody_signed_in() -> None:
    pair = (await an_account()).pair

    async def sign_out() -> Pair:
        await revoke_pair(RevokePair(pair.refresh))
        return pair

    made, _ = await all_of(
        *(turn for _ in range(3) for turn in (sign_out(), refresh_pair(RefreshPair(pair.refresh))))
    )
    for ended in made:
        with pytest.raises(CredentialRevoked):
            await behind(ended)


async def test_a_password_that_is_taken_back_while_it_is_verified_opens_nothing() -> None:
    made = await an_account()
    async with asyncio.timeout(20):
        async with transaction():
            await prove_address(ProveAddress(ADDRESS))
            trying = asyncio.create_task(a_sign_in(), context=Context())
            await somebody_waits()
        with pytest.raises(SignInRefused):
            await trying
    assert await count("token_family WHERE revoked_at IS NULL") == 0
    with pytest.raises(CredentialRevoked):
        await behind(made.pair)


async def test_a_sign_in_that_came_first_is_ended_with_the_others() -> None:
    await an_account()
    pair = await a_sign_in()
    await prove_address(ProveAddress(ADDRESS))
    with pytest.raises(CredentialRevoked):
        await behind(pair)
    with pytest.raises(SignInRefused):
        await a_sign_in()


async def test_a_sign_up_and_an_organization_for_its_address_at_once_never_lock_up() -> None:
    asked = [
        turn
        for _ in range(AT_ONCE // 2)
        for turn in (
            an_account(name="Acme"),
            create_organization(CreateOrganization("Acme", "acme", ADDRESS, "Ada")),
        )
    ]
    done, refused = await all_of(*asked)
    assert len(done) + len(refused) == AT_ONCE
    assert set(refused) <= {AddressTaken, InvalidFields}
    assert await count("account_user") == 1
