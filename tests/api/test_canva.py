"""The canva dialect's credential: a bearer token or key, and what it is told of itself."""

from __future__ import annotations

from datetime import timedelta

import pytest_asyncio

from activities.accounts import OrganizationView
from activities.gateways.clock import FixedClock
from activities.key_ends import RevokeKey, revoke_key
from activities.key_ring import IssueKey, issue_key
from activities.rules.actors import Actor
from tests.api.conftest import Client, Tenant
from tests.builders.keys import an_actor, secret_of
from tests.builders.oauth import a_client, some_tokens, the_owner
from tests.builders.tenants import an_organization

ME = "/api/canva/me"


@pytest_asyncio.fixture
async def home(client: Client) -> OrganizationView:
    return await an_organization("acme-co")


@pytest_asyncio.fixture
async def owner(home: OrganizationView) -> Actor:
    return await an_actor(home)


async def test_a_key_is_told_its_workspace_person_and_connection(
    client: Client, home: OrganizationView, owner: Actor, clock: FixedClock
) -> None:
    ends = clock.now() + timedelta(days=1)
    key = await issue_key(
        IssueKey(owner, "canva", "Library", workspace_id=home.workspace_id, expires_at=ends)
    )
    expected = {
        "workspace": {"id": f"wsp_{home.workspace_id.hex}", "name": "Acme-Co"},
        "organization": {
            "id": f"org_{home.id.hex}",
            "name": "Acme-Co",
            "slug": "acme-co",
            "plan": "free",
        },
        "user": {"id": f"usr_{home.owner_id.hex}", "name": "Ada"},
        "connection": {
            "type": "api_key",
            "name": "Library",
            "prefix": secret_of(key)[:12],
            "scopes": ["assets.read", "organization.read"],
            "expiresAt": "2026-11-22T12:00:00.000Z",
        },
    }
    for headers in (
        {"Authorization": f"Bearer {secret_of(key)}"},
        {"X-API-Key": secret_of(key)},
        {"x-api-key": f" {secret_of(key)} "},
    ):
        answer = await client.get(ME, headers=headers)
        assert (answer.status_code, answer.json()) == (200, expected)


async def test_an_oauth_token_is_told_the_application_and_who_allowed_it(
    client: Client, home: OrganizationView, owner: Actor, clock: FixedClock
) -> None:
    tokens = await some_tokens(the_owner(home), await a_client(owner), home)
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    told = (await client.get(ME, headers=headers)).json()
    assert told["connection"] == {
        "type": "oauth",
        "name": "Design Tool",
        "prefix": None,
        "scopes": ["assets.read", "organization.read"],
        "expiresAt": None,
    }
    assert told["user"] == {"id": f"usr_{home.owner_id.hex}", "name": "Ada"}
    assert told["workspace"] is None
    clock.moment += timedelta(hours=1)
    late = await client.get(ME, headers=headers)
    assert (late.status_code, late.json()["code"]) == (401, "CREDENTIAL_EXPIRED")


async def test_a_bad_bearer_is_not_saved_by_a_good_key(client: Client, tenant: Tenant) -> None:
    good = tenant.canva["Authorization"].removeprefix("Bearer ")
    for bad in ("oat_invented", "ink_invented", "invented"):
        headers = {"X-API-Key": good, "Authorization": f"Bearer {bad}"}
        answer = await client.get(ME, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_a_refresh_token_opens_nothing(
    client: Client, home: OrganizationView, owner: Actor
) -> None:
    tokens = await some_tokens(the_owner(home), await a_client(owner), home)
    headers = {"Authorization": f"Bearer {tokens.refresh_token}"}
    assert (await client.get(ME, headers=headers)).status_code == 401


async def test_no_credential_and_one_of_another_dialect_are_unauthorized(
    client: Client, tenant: Tenant
) -> None:
    for headers in ({}, tenant.workspace, tenant.studio, tenant.tracking, tenant.links):
        answer = await client.get(ME, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_a_revoked_key_is_told_so(client: Client, owner: Actor) -> None:
    key = await issue_key(IssueKey(owner, "canva", "Library"))
    await revoke_key(RevokeKey(owner, key.id))
    answer = await client.get(ME, headers={"X-API-Key": secret_of(key)})
    assert (answer.status_code, answer.json()["code"]) == (401, "CREDENTIAL_REVOKED")


async def test_pages_of_every_origin_may_ask(client: Client, tenant: Tenant) -> None:
    origin = {"Origin": "https://www.canva.example"}
    asked = await client.options(
        ME,
        headers={
            **origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,x-api-key",
        },
    )
    assert asked.status_code == 200
    assert "authorization" in asked.headers["access-control-allow-headers"]
    answer = await client.get(ME, headers={**tenant.canva, **origin})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
