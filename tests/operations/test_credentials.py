"""Keys and sessions: shown once, stored as a hash, dead when they should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import CreateOrganization, create_organization
from activities.gateways.clock import FixedClock
from activities.keys import (
    AuthenticateKey,
    CreateKey,
    authenticate_key,
    create_key,
    forget_key,
)
from activities.outside import Outside
from activities.rules.credentials import fingerprint
from activities.rules.errors import (
    CredentialExpired,
    CredentialRevoked,
    CredentialUnknown,
    InvalidFields,
    NotFound,
    PlanWithoutApi,
)
from activities.sessions import AuthenticateSession, OpenSession, authenticate_session, open_session
from tests.builders.tenants import a_key, an_organization
from tests.conftest import NOW

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


@contextmanager
def counted(database: AsyncConnection) -> Iterator[list[tuple[str, Any]]]:
    """The statements sent meanwhile with their values, but for savepoints."""
    sent: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            sent.append((statement, values))

    listened = database.sync_connection
    event.listen(listened, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(listened, "before_cursor_execute", note)


async def test_a_key_is_looked_up_by_one_statement_and_then_remembered(
    database: AsyncConnection, clock: FixedClock
) -> None:
    secret = await a_key(await an_organization())
    with counted(database) as first:
        await authenticate_key(AuthenticateKey("studio", secret))
    assert [statement.split()[0] for statement, _ in first] == ["SELECT", "UPDATE"]
    for milliseconds, statements in ((0, 0), (799, 0), (800, 1), (801, 0)):
        clock.moment = NOW + timedelta(milliseconds=milliseconds)
        with counted(database) as sent:
            await authenticate_key(AuthenticateKey("studio", secret))
        assert len(sent) == statements


async def test_a_key_is_found_through_its_index(database: AsyncConnection) -> None:
    secret = await a_key(await an_organization())
    many = """
        INSERT INTO api_key (id, created_at, organization_id, dialect, kind, name, prefix,
                             secret_hash, scopes)
        SELECT gen_random_uuid(), created_at, organization_id, dialect, kind, name, prefix,
               sha256(n::text::bytea), scopes FROM api_key, generate_series(1, 5000) n
    """
    await database.execute(text(many))
    await database.execute(text("ANALYZE api_key"))
    with counted(database) as sent:
        await authenticate_key(AuthenticateKey("studio", secret))
    statement, values = sent[0]
    plan = await database.exec_driver_sql(f"EXPLAIN {statement}", values)
    told = "\n".join(row[0] for row in plan)
    assert "uq_api_key_secret_hash" in told
    assert "Seq Scan on api_key" not in told


@pytest.mark.parametrize("state", ["revoked_at", "expires_at"])
async def test_a_dead_key_that_is_tried_is_not_used(database: AsyncConnection, state: str) -> None:
    secret = await a_key(await an_organization())
    await database.execute(text(f"UPDATE api_key SET {state} = '2026-01-01Z'"))
    with pytest.raises((CredentialRevoked, CredentialExpired)):
        await authenticate_key(AuthenticateKey("studio", secret))
    assert await database.scalar(text("SELECT last_used_at FROM api_key")) is None


async def test_a_plan_without_the_api_refuses_its_keys(database: AsyncConnection) -> None:
    secret = await a_key(await an_organization(), "tracking")
    with pytest.raises(PlanWithoutApi):
        await authenticate_key(AuthenticateKey("tracking", secret))
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    # The plan is remembered as long as the key is.
    forget_key(fingerprint(secret))
    await authenticate_key(AuthenticateKey("tracking", secret))


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
