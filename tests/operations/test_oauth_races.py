"""OAuth when two come at once, on connections of their own."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text

from activities.accounts import OrganizationView
from activities.oauth.clients import ClientView, RevokeClient, revoke_client
from activities.oauth.exchange import (
    IssuedTokens,
    RedeemCode,
    RefreshTokens,
    redeem_code,
    refresh_tokens,
)
from activities.oauth.grants import ListGrants, list_grants
from activities.oauth.tokens import AuthenticateOAuth, authenticate_oauth
from activities.rules.errors import CredentialRevoked, GrantSpent
from schema.db import transaction
from schema.migrate import upgrade
from schema.settings import Settings
from tests.builders.keys import an_actor
from tests.builders.oauth import a_client, a_consent, some_tokens, the_owner
from tests.builders.tenants import an_organization
from tests.conftest import KEY
from workers.bootstrap import gateways
from workers.embedded_postgres import EmbeddedPostgres

AT_ONCE = 8

Home = tuple[OrganizationView, ClientView]


@pytest_asyncio.fixture(scope="module")
async def settings(postgres: EmbeddedPostgres) -> AsyncIterator[Settings]:
    """Those of processes on a database of their own: what is audited cannot be deleted."""
    name = f"oauth_{uuid4().hex}"
    url = postgres.url.removesuffix("/inkloom") + f"/{name}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        await asyncio.to_thread(upgrade, url)
        yield Settings(
            database_url=SecretStr(url),
            secret_key=SecretStr(base64.b64encode(KEY).decode()),
        )
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest_asyncio.fixture
async def home(settings: Settings) -> AsyncIterator[Home]:
    async with gateways(settings):
        organization = await an_organization(f"o{uuid4().hex[:12]}")
        yield organization, await a_client(await an_actor(organization))


@contextmanager
def holding(settings: Settings, statement: LiteralString) -> Iterator[None]:
    """Inside, everybody waits who wants what the statement holds."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        connection.execute(statement)
        yield


async def meanwhile(*asked: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """They run, and come as far as they can."""
    tasks = [asyncio.create_task(one) for one in asked]
    await asyncio.sleep(0.3)
    return tasks


async def given(*asked: Awaitable[IssuedTokens]) -> list[IssuedTokens]:
    """What was given; any fault but `GrantSpent` is a failure."""
    ended = await asyncio.gather(*asked, return_exceptions=True)
    faults = [one for one in ended if isinstance(one, BaseException)]
    assert all(isinstance(fault, GrantSpent) for fault in faults), faults
    return [one for one in ended if isinstance(one, IssuedTokens)]


async def test_of_many_with_one_code_one_gets_tokens_and_the_grant_ends(
    home: Home, settings: Settings
) -> None:
    organization, client = home
    code = (await a_consent(the_owner(organization), client, organization)).code
    command = RedeemCode(client.client_id, code)
    with holding(settings, "SELECT FROM oauth_code FOR UPDATE"):
        tasks = await meanwhile(*(redeem_code(command) for _ in range(AT_ONCE)))
    (tokens,) = await given(*tasks)
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    assert await list_grants(ListGrants(the_owner(organization))) == ()


async def test_of_many_with_one_refresh_token_one_gets_tokens_and_the_grant_ends(
    home: Home, settings: Settings
) -> None:
    organization, client = home
    first = await some_tokens(the_owner(organization), client, organization)
    command = RefreshTokens(client.client_id, first.refresh_token)
    with holding(settings, "SELECT FROM oauth_token FOR UPDATE"):
        tasks = await meanwhile(*(refresh_tokens(command) for _ in range(AT_ONCE)))
    (tokens,) = await given(*tasks)
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))


async def test_grants_of_one_client_do_not_wait_for_each_other(home: Home) -> None:
    organization, client = home
    person = the_owner(organization)
    codes = [(await a_consent(person, client, organization)).code for _ in range(AT_ONCE)]
    tokens = await given(*(redeem_code(RedeemCode(client.client_id, code)) for code in codes))
    assert len({one.access_token for one in tokens}) == AT_ONCE


async def test_a_client_that_ends_while_people_consent_keeps_no_grant(
    home: Home, settings: Settings
) -> None:
    organization, client = home
    owner = await an_actor(organization)
    with holding(settings, "LOCK TABLE membership"):
        consents = await meanwhile(a_consent(the_owner(organization), client, organization))
        ending = await meanwhile(revoke_client(RevokeClient(owner, client.client_id)))
    await asyncio.gather(*consents, *ending)
    async with transaction() as session:
        alive = text("SELECT count(*) FROM oauth_grant WHERE revoked_at IS NULL AND user_id = :id")
        assert await session.scalar(alive, {"id": organization.owner_id}) == 0
