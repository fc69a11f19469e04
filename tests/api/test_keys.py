"""Keys over HTTP: the studio dialect's pages of them, and the dashboard's for every API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant

KEYS = "/api/v1/keys/"
USAGE = "/api/v1/usage/"
MINE = "/api/v1/usage/me/"
OF_NOBODY = UUID(int=7)


@pytest_asyncio.fixture
async def owner(make_tenant: Callable[..., Awaitable[Tenant]], clock: FixedClock) -> Tenant:
    """A tenant whose plan has room for keys; those that it has are a second old."""
    tenant = await make_tenant("roomy", "pro")
    clock.moment += timedelta(seconds=1)
    return tenant


async def made(client: Client, owner: Tenant, **more: Any) -> dict[str, Any]:
    answer = await client.post(KEYS, json={"name": "Production", **more}, headers=owner.jwt)
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


async def speaks(client: Client, secret: str) -> int:
    return (await client.get("/api/v1/dynamic/", headers={"X-Api-Key": secret})).status_code


async def test_a_key_is_made_shown_once_and_works(
    client: Client, owner: Tenant, clock: FixedClock
) -> None:
    ends = "2027-01-01T00:00:00.000Z"
    key = await made(client, owner, expires_at=ends, scopes=["assets.read"], daily_cap=9)
    assert key["key"].startswith("qrs_")
    assert key["prefix"] == key["key"][:12]
    assert await speaks(client, key["key"]) == 200
    listed = (await client.get(KEYS, headers=owner.jwt)).json()
    assert set(listed) == {"count", "next", "previous", "results"}
    assert listed["results"][0] == {
        "id": key["id"],
        "name": "Production",
        "prefix": key["prefix"],
        "status": "active",
        "scopes": ["assets.read", "organization.read"],
        "per_minute": 600,
        "burst": 1200,
        "daily_cap": 9,
        "requests_today": 1,
        "created_at": "2026-11-21T12:00:01.000Z",
        "expires_at": ends,
        "revoked_at": None,
        "last_used_at": "2026-11-21T12:00:01.000Z",
    }


async def test_keys_come_in_pages_and_are_those_of_this_api(client: Client, owner: Tenant) -> None:
    for number in range(2):
        await made(client, owner, name=f"Key {number}")
    page = (await client.get(f"{KEYS}?page_size=2", headers=owner.jwt)).json()
    assert (page["count"], len(page["results"])) == (3, 2)
    assert page["next"] == "https://ink.test/api/v1/keys/?page_size=2&page=2"
    assert all(key["prefix"].startswith("qrs_") for key in page["results"])


async def test_a_revoked_key_stops(client: Client, owner: Tenant) -> None:
    key = await made(client, owner)
    assert await speaks(client, key["key"]) == 200
    for _ in range(2):
        answer = await client.delete(f"{KEYS}{key['id']}/", headers=owner.jwt)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await speaks(client, key["key"]) == 401


async def test_a_rotated_key_gets_another_secret_and_the_old_one_its_grace(
    client: Client, owner: Tenant, clock: FixedClock
) -> None:
    first = await made(client, owner)
    rotate = f"{KEYS}{first['id']}/rotate/"
    second = (await client.post(rotate, headers=owner.jwt)).json()
    assert await speaks(client, first["key"]) == 401
    rotate = f"{KEYS}{second['id']}/rotate/"
    answer = await client.post(rotate, json={"grace_seconds": 60}, headers=owner.jwt)
    third = answer.json()
    assert (answer.status_code, third["name"]) == (200, "Production")
    assert await speaks(client, second["key"]) == await speaks(client, third["key"]) == 200
    clock.moment += timedelta(seconds=60)
    assert await speaks(client, second["key"]) == 401
    again = await client.post(rotate, headers=owner.jwt)
    assert (again.status_code, list(again.json())) == (400, ["id"])


async def test_a_retried_create_shows_the_same_secret(client: Client, owner: Tenant) -> None:
    headers = {**owner.jwt, "Idempotency-Key": str(uuid4())}
    both = [await client.post(KEYS, json={"name": "Once"}, headers=headers) for _ in range(2)]
    assert both[0].json()["key"] == both[1].json()["key"]
    assert (await client.get(KEYS, headers=owner.jwt)).json()["count"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"name": "Key", "scopes": ["keys.write"]}, "scopes"),
        ({"name": "Key", "scopes": []}, "scopes"),
        ({"name": "Key", "per_minute": 601}, "per_minute"),
        ({"name": "Key", "daily_cap": True}, "daily_cap"),
        ({"name": "Key", "expires_at": "2026-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "Key", "expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"name": "Key", "expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        ({"name": "Key", "expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"name": "Key", "expires_at": "1893456000"}, "expires_at"),
        ({"name": "Key", "expires_at": 1893456000}, "expires_at"),
        ({"name": "Key", "organization_id": str(OF_NOBODY)}, "organization_id"),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, owner: Tenant, body: object, field: str
) -> None:
    answer = await client.post(KEYS, json=body, headers=owner.jwt)
    assert (answer.status_code, list(answer.json())) == (400, [field])


async def test_a_plan_has_room_for_so_many_keys(client: Client, tenant: Tenant) -> None:
    answer = await client.post(KEYS, json={"name": "Sixth"}, headers=tenant.jwt)
    assert answer.status_code == 403
    assert "5 keys" in answer.json()["detail"]


async def test_a_key_handles_no_keys(client: Client, owner: Tenant) -> None:
    key = await made(client, owner)
    one = f"{KEYS}{key['id']}/"
    for answer in (
        await client.get(KEYS, headers=owner.studio),
        await client.post(KEYS, json={"name": "Child"}, headers=owner.studio),
        await client.delete(one, headers=owner.studio),
        await client.post(f"{one}rotate/", headers=owner.studio),
    ):
        assert (answer.status_code, list(answer.json())) == (403, ["detail"])
    assert (await client.get(KEYS)).status_code == 401
    assert await speaks(client, key["key"]) == 200


async def test_another_tenants_key_is_not_there(
    client: Client, owner: Tenant, stranger: Tenant
) -> None:
    key = await made(client, owner)
    one = f"{KEYS}{key['id']}/"
    theirs = f"/api/org/{stranger.organization}/keys/key_{UUID(key['id']).hex}"
    for answer in (
        await client.delete(one, headers=stranger.jwt),
        await client.post(f"{one}rotate/", headers=stranger.jwt),
        await client.delete(theirs, headers=stranger.workspace),
        await client.post(f"{theirs}/rotate", headers=stranger.workspace),
        await client.get(f"/api/org/{owner.organization}/keys", headers=stranger.workspace),
    ):
        assert answer.status_code == 404
    assert await speaks(client, key["key"]) == 200


async def test_a_key_reads_its_month_this_call_included(client: Client, owner: Tenant) -> None:
    key = await made(client, owner, daily_cap=10)
    headers = {"X-Api-Key": key["key"]}
    await client.get("/api/v1/dynamic/", headers=headers)
    usage = (await client.get(USAGE, headers=headers)).json()
    assert usage == {
        "plan": "pro",
        "period_start": "2026-11-01",
        "resets_at": "2026-12-01T00:00:00.000Z",
        "requests": 2,
        "quota": {"limit": 50_000, "used": 0, "remaining": 50_000, "credits": 0},
        "days": [{"date": "2026-11-21", "requests": 2}],
        "key": {"id": key["id"], "name": "Production", "prefix": key["prefix"]},
        "daily": {"limit": 10, "used": 2, "remaining": 8},
    }
    assert (await client.get(USAGE, headers=owner.jwt)).status_code == 401


async def test_a_person_and_a_key_read_the_month_of_all_keys(client: Client, owner: Tenant) -> None:
    await client.get("/api/v1/dynamic/", headers=owner.studio)
    await client.get("/v1/auth/verify", headers=owner.tracking)
    usage = (await client.get(MINE, headers=owner.jwt)).json()
    assert (usage["requests"], usage["quota"]["limit"]) == (2, 50_000)
    assert {key["api"]: key["requests"] for key in usage["keys"]} == {"studio": 1, "tracking": 1}
    assert (await client.get(MINE, headers=owner.studio)).json()["requests"] == 3
    dashboard = f"/api/org/{owner.organization}/usage"
    seen = (await client.get(dashboard, headers=owner.workspace)).json()
    assert (seen["calls"], seen["rendersPerMonth"], seen["beganOn"]) == (3, 50_000, "2026-11-01")
    assert {key["dialect"]: key["calls"] for key in seen["keys"]} == {"studio": 2, "tracking": 1}


async def test_the_dashboard_handles_keys_of_every_api(
    client: Client, owner: Tenant, database: AsyncConnection
) -> None:
    keys = f"/api/org/{owner.organization}/keys"
    workspace = await database.scalar(text("SELECT id FROM workspace"))
    body = {"dialect": "canva", "name": "Tool", "workspaceId": f"wsp_{workspace.hex}"}
    answer = await client.post(keys, json=body, headers=owner.workspace)
    assert answer.status_code == 201, answer.text
    first = answer.json()
    assert first["key"].startswith("ink_")
    assert first["id"].startswith("key_")
    assert first["workspaceId"] == f"wsp_{workspace.hex}"
    page = (await client.get(f"{keys}?dialect=canva&pageSize=1", headers=owner.workspace)).json()
    assert (page["total"], page["page"], page["pageSize"]) == (2, 1, 1)
    assert page["items"] == [{name: first[name] for name in first if name != "key"}]
    everywhere = (await client.get(keys, headers=owner.workspace)).json()
    assert everywhere["total"] == 6
    rotate = f"{keys}/{first['id']}/rotate"
    second = (await client.post(rotate, json={"graceSeconds": 9}, headers=owner.workspace)).json()
    assert second["key"] != first["key"]
    gone = await client.delete(f"{keys}/{second['id']}", headers=owner.workspace)
    assert gone.status_code == 204
    asked = {"X-API-Key": second["key"]}
    assert (await client.get("/api/canva/me", headers=asked)).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Key"}, "dialect"),
        ({"dialect": "workspace", "name": "Key"}, "dialect"),
        ({"dialect": "canva", "name": "Key", "kind": "mcp"}, "kind"),
        ({"dialect": "canva", "name": "Key", "scopes": ["assets.write"]}, "scopes"),
        ({"dialect": "canva", "name": "Key", "scopes": []}, "scopes"),
        ({"dialect": "canva", "name": "Key", "perMinute": 601}, "perMinute"),
        ({"dialect": "canva", "name": "Key", "dailyCap": 0}, "dailyCap"),
        ({"dialect": "canva", "name": "Key", "expiresAt": "2026-01-01T00:00:00Z"}, "expiresAt"),
        ({"dialect": "canva", "name": "Key", "workspaceId": "nonsense"}, "workspaceId"),
    ],
)
async def test_the_dashboard_names_a_wrong_field_in_camel_case(
    client: Client, owner: Tenant, body: object, field: str
) -> None:
    keys = f"/api/org/{owner.organization}/keys"
    answer = await client.post(keys, json=body, headers=owner.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


async def test_a_grace_of_more_than_seven_days_is_named(client: Client, owner: Tenant) -> None:
    key = await made(client, owner)
    body = {"grace_seconds": 604_801}
    answer = await client.post(f"{KEYS}{key['id']}/rotate/", json=body, headers=owner.jwt)
    assert (answer.status_code, list(answer.json())) == (400, ["grace_seconds"])


@pytest.mark.parametrize("id", ["key_x", "x", "qr_" + "0" * 32])
async def test_an_id_of_no_known_spelling_is_not_there(
    client: Client, owner: Tenant, id: str
) -> None:
    path = f"/api/org/{owner.organization}/keys/{id}"
    assert (await client.delete(path, headers=owner.workspace)).status_code == 404


async def test_another_site_makes_no_key_with_our_cookie(client: Client, owner: Tenant) -> None:
    keys = f"/api/org/{owner.organization}/keys"
    evil = {**owner.workspace, "Origin": "https://evil.example"}
    answer = await client.post(keys, json={"dialect": "studio", "name": "Key"}, headers=evil)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_REFUSED")
