"""Keys and sessions: shown once, stored as a hash, dead when they should be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import CreateOrganization, create_organization
from activities.gateways.clock import FixedClock
from activities.keys import AuthenticateKey, CreateKey, authenticate_key, create_key
from activities.outside import Outside
from activities.rules.errors import (
    CredentialExpired,
    CredentialRevoked,
    CredentialUnknown,
    InvalidFields,
    NotFound,
)
from activities.sessions import AuthenticateSession, OpenSession, authenticate_session, open_session
from tests.builders.tenants import a_key, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def test_a_key_speaks_for_its_organization() -> None:
    home = await an_organization()
    actor = await authenticate_key(AuthenticateKey("studio", await a_key(home)))
    assert (actor.organization_id, actor.dialect) == (home.id, "studio")


async def test_a_key_works_only_in_its_own_dialect() -> None:
    secret = await a_key(await an_organization())
    with pytest.raises(CredentialUnknown):
        await authenticate_key(AuthenticateKey("tracking", secret))


async def test_no_secret_is_stored(database: AsyncConnection) -> None:
    home = await an_organization()
    secret = await a_key(home)
    token = (await open_session(OpenSession(home.owner_id))).token
    rows = await database.execute(
        text("SELECT k::text FROM api_key k UNION ALL SELECT s::text FROM browser_session s")
    )
    stored = " ".join(row[0] for row in rows)
    assert secret[:12] in stored
    assert secret not in stored
    assert token not in stored


async def test_an_expired_key_is_refused(clock: FixedClock) -> None:
    home = await an_organization()
    key = await create_key(
        CreateKey(home.id, "studio", "short", expires_at=clock.now() + timedelta(hours=1))
    )
    await authenticate_key(AuthenticateKey("studio", key.secret))
    clock.moment += timedelta(hours=1)
    with pytest.raises(CredentialExpired):
        await authenticate_key(AuthenticateKey("studio", key.secret))


async def test_a_revoked_key_is_refused(database: AsyncConnection) -> None:
    secret = await a_key(await an_organization())
    await database.execute(text("UPDATE api_key SET revoked_at = '2026-01-01Z'"))
    with pytest.raises(CredentialRevoked):
        await authenticate_key(AuthenticateKey("studio", secret))


async def test_use_is_noted_at_most_once_a_minute(
    database: AsyncConnection, clock: FixedClock
) -> None:
    secret = await a_key(await an_organization())
    began = clock.now()
    for seconds in (0, 30, 59):
        clock.moment = began + timedelta(seconds=seconds)
        await authenticate_key(AuthenticateKey("studio", secret))
    assert await database.scalar(text("SELECT last_used_at FROM api_key")) == began
    clock.moment = began + timedelta(seconds=60)
    await authenticate_key(AuthenticateKey("studio", secret))
    assert await database.scalar(text("SELECT last_used_at FROM api_key")) == clock.now()


async def test_a_slug_is_given_once() -> None:
    await an_organization("acme")
    with pytest.raises(InvalidFields, match="slug"):
        await an_organization("acme")


async def test_a_session_ends_after_fourteen_days(clock: FixedClock) -> None:
    home = await an_organization()
    token = (await open_session(OpenSession(home.owner_id))).token
    clock.moment += timedelta(days=14)
    with pytest.raises(CredentialExpired):
        await authenticate_session(AuthenticateSession(token))


async def test_a_session_acts_only_for_organizations_of_its_person(world: Outside) -> None:
    mine, theirs = await an_organization("mine"), await an_organization("theirs")
    token = (await open_session(OpenSession(mine.owner_id))).token
    actor = await authenticate_session(AuthenticateSession(token, mine.id))
    assert actor.organization_id == mine.id
    with pytest.raises(NotFound):
        await authenticate_session(AuthenticateSession(token, theirs.id))


async def test_a_person_of_two_organizations_says_which() -> None:
    first = await an_organization("first")
    second = await create_organization(
        CreateOrganization("Second", "second", "first@example.com", "Ada")
    )
    assert second.owner_id == first.owner_id
    token = (await open_session(OpenSession(first.owner_id))).token
    with pytest.raises(InvalidFields, match="organization"):
        await authenticate_session(AuthenticateSession(token))
    actor = await authenticate_session(AuthenticateSession(token, second.id))
    assert actor.organization_id == second.id


async def test_an_invented_token_is_unknown() -> None:
    with pytest.raises(CredentialUnknown):
        await authenticate_session(AuthenticateSession("ses_invented"))
