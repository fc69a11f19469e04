"""The business dialect's tokens: people handle them, automations and assistants speak with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.errors import CredentialExpired, CredentialRevoked
from tests.api.conftest import Client, Tenant

TOKENS = "/api/tokens"


@pytest_asyncio.fixture
async def owner(make_tenant: Callable[..., Awaitable[Tenant]], clock: FixedClock) -> Tenant:
    """A tenant whose plan has room for tokens; those that it has are a second old."""
    tenant = await make_tenant("roomy", "pro")
    clock.moment += timedelta(seconds=1)
    return tenant


async def made(client: Client, owner: Tenant, **more: Any) -> dict[str, Any]:
    body = {"name": "Warehouse", **more}
    answer = await client.post(TOKENS, json=body, headers=owner.workspace)
    assert answer.status_code == 201, answer.text
    token: dict[str, Any] = answer.json()["token"]
    return token


@pytest.mark.parametrize(("kind", "prefix"), [("api", "qsi_"), ("mcp", "qsm_")])
async def test_a_token_of_each_kind_is_made_and_shown_once(
    client: Client, owner: Tenant, kind: str, prefix: str
) -> None:
    token = await made(
        client,
        owner,
        kind=kind,
        scopes=["assets.read"],
        expires_at="2027-01-01T00:00:00Z",
        rate_per_minute=30,
    )
    secret = token.pop("plain_text_token")
    assert secret.startswith(prefix)
    assert await authenticate_key(AuthenticateKey("business", secret))
    answer = await client.get(f"{TOKENS}?per_page=1", headers=owner.workspace)
    paginator = answer.json()["tokens"]
    (listed,) = paginator.pop("data")
    assert listed == {**token, "last_used_at": "2026-11-21T12:00:01.000Z"}
    assert (token["kind"], token["rate_per_minute"]) == (kind, 30)
    assert token["scopes"] == ["assets.read", "organization.read"]
    assert paginator == {
        "current_page": 1,
        "per_page": 1,
        "total": 2,
        "last_page": 2,
        "from": 1,
        "to": 1,
        "path": "https://ink.test/api/tokens",
        "first_page_url": "https://ink.test/api/tokens?per_page=1&page=1",
        "last_page_url": "https://ink.test/api/tokens?per_page=1&page=2",
        "next_page_url": "https://ink.test/api/tokens?per_page=1&page=2",
        "prev_page_url": None,
    }


async def test_a_token_for_a_business_is_told_so(
    client: Client, owner: Tenant, database: AsyncConnection
) -> None:
    business = await database.scalar(text("SELECT id FROM workspace"))
    token = await made(client, owner, business_id=str(business))
    assert token["business_id"] == str(business)
    actor = await authenticate_key(AuthenticateKey("business", token["plain_text_token"]))
    assert actor.workspace_id == business


async def test_a_business_of_another_tenant_is_not_there(
    client: Client, owner: Tenant, stranger: Tenant, database: AsyncConnection
) -> None:
    theirs = await database.scalar(text("SELECT id FROM workspace WHERE name = 'Stranger'"))
    body = {"name": "Spy", "business_id": str(theirs)}
    answer = await client.post(TOKENS, json=body, headers=owner.workspace)
    assert (answer.status_code, list(answer.json())) == (404, ["message"])


async def test_a_token_is_rotated_and_revoked(
    client: Client, owner: Tenant, clock: FixedClock
) -> None:
    first = await made(client, owner)
    rotate = f"{TOKENS}/{first['id']}/rotate"
    body = {"grace_seconds": 60}
    second = (await client.post(rotate, json=body, headers=owner.workspace)).json()["token"]
    for token in (first, second):
        await authenticate_key(AuthenticateKey("business", token["plain_text_token"]))
    gone = await client.delete(f"{TOKENS}/{second['id']}", headers=owner.workspace)
    assert gone.status_code == 204
    clock.moment += timedelta(seconds=60)
    for token in (first, second):
        with pytest.raises(CredentialRevoked):
            await authenticate_key(AuthenticateKey("business", token["plain_text_token"]))
    again = await client.post(rotate, headers=owner.workspace)
    assert (again.status_code, list(again.json()["errors"])) == (422, ["id"])


async def test_a_token_ends_when_it_expires(
    client: Client, owner: Tenant, clock: FixedClock
) -> None:
    token = await made(client, owner, expires_at="2026-11-21T13:00:00Z")
    clock.moment += timedelta(hours=1)
    with pytest.raises(CredentialExpired):
        await authenticate_key(AuthenticateKey("business", token["plain_text_token"]))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "Bot", "kind": "robot"}, "kind"),
        ({"name": "Bot", "scopes": ["keys.write"]}, "scopes"),
        ({"name": "Bot", "scopes": []}, "scopes"),
        ({"name": "Bot", "business_id": "nonsense"}, "business_id"),
        ({"name": "Bot", "rate_per_minute": 601}, "rate_per_minute"),
        ({"name": "Bot", "expires_at": "2026-01-01T00:00:00Z"}, "expires_at"),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, owner: Tenant, body: object, field: str
) -> None:
    answer = await client.post(TOKENS, json=body, headers=owner.workspace)
    assert answer.status_code == 422
    assert set(answer.json()) == {"message", "errors"}
    assert list(answer.json()["errors"]) == [field]


async def test_a_token_handles_no_tokens(client: Client, owner: Tenant) -> None:
    token = await made(client, owner)
    headers = {"Authorization": f"Bearer {token['plain_text_token']}"}
    one = f"{TOKENS}/{token['id']}"
    for answer in (
        await client.get(TOKENS, headers=headers),
        await client.post(TOKENS, json={"name": "Child"}, headers=headers),
        await client.post(f"{one}/rotate", headers=headers),
        await client.delete(one, headers=headers),
    ):
        assert (answer.status_code, list(answer.json())) == (403, ["message"])


async def test_a_bearer_counts_before_the_cookie(client: Client, owner: Tenant) -> None:
    for bearer in ("qsi_invented", "qsm_invented", "invented"):
        headers = {**owner.workspace, "Authorization": f"Bearer {bearer}"}
        assert (await client.get(TOKENS, headers=headers)).status_code == 401
    assert (await client.get(TOKENS, headers=owner.studio)).status_code == 401
    assert (await client.get(TOKENS)).status_code == 401
    assert (await client.get(TOKENS, headers=owner.workspace)).status_code == 200


async def test_the_page_is_at_most_a_hundred(client: Client, owner: Tenant) -> None:
    for size in (0, 101):
        answer = await client.get(f"{TOKENS}?per_page={size}", headers=owner.workspace)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["per_page"])


async def test_another_tenants_token_is_not_there(
    client: Client, owner: Tenant, stranger: Tenant
) -> None:
    token = await made(client, owner)
    for known in (token["id"], str(uuid4())):
        one = f"{TOKENS}/{known}"
        assert (await client.delete(one, headers=stranger.workspace)).status_code == 404
        rotated = await client.post(f"{one}/rotate", headers=stranger.workspace)
        assert rotated.status_code == 404
    assert await authenticate_key(AuthenticateKey("business", token["plain_text_token"]))


async def test_keys_of_other_apis_are_no_tokens(client: Client, owner: Tenant) -> None:
    keys = await client.get("/api/v1/keys/", headers=owner.jwt)
    one = f"{TOKENS}/{keys.json()['results'][0]['id']}"
    assert (await client.delete(one, headers=owner.workspace)).status_code == 404


async def test_another_site_makes_no_token_with_our_cookie(client: Client, owner: Tenant) -> None:
    evil = {**owner.workspace, "Origin": "https://evil.example"}
    answer = await client.post(TOKENS, json={"name": "Spy"}, headers=evil)
    assert answer.status_code == 403
