"""The workspace dialect: registering applications, and taking back what people allowed them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client, Tenant
from tests.api.oauth import CALLBACK, TOKEN, an_app, landed

ME = "/api/canva/me"
GRANTS = "/api/auth/grants"


def clients(tenant: Tenant) -> str:
    return f"/api/org/{tenant.organization}/oauth-clients"


async def test_a_client_is_registered_listed_rotated_and_ended(
    client: Client, tenant: Tenant
) -> None:
    body = {"name": "Design Tool", "redirectUris": [CALLBACK], "scopes": ["assets.read"]}
    made = await client.post(clients(tenant), json=body, headers=tenant.workspace)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    new = made.json()
    assert new["clientId"].startswith("oac_")
    assert new.pop("clientSecret").startswith("ocs_")
    assert new == {
        "clientId": new["clientId"],
        "name": "Design Tool",
        "redirectUris": [CALLBACK],
        "scopes": ["assets.read"],
        "confidential": True,
        "createdAt": "2026-11-21T12:00:00.000Z",
    }
    listed = await client.get(clients(tenant), headers=tenant.workspace)
    assert listed.json() == {"items": [new], "total": 1, "page": 1, "pageSize": 25}
    one = f"{clients(tenant)}/{new['clientId']}"
    rotated = await client.post(f"{one}/rotate", headers=tenant.workspace)
    assert rotated.json()["clientSecret"].startswith("ocs_")
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    assert (await client.get(clients(tenant), headers=tenant.workspace)).json()["total"] == 0
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"redirectUris": []}, "redirectUris"),
        ({"redirectUris": ["http://app.example.com/cb"]}, "redirectUris"),
        ({"redirectUris": ["https://app.example.com/cb#x"]}, "redirectUris"),
        ({"scopes": ["assets.write"]}, "scopes.0"),
        ({"scopes": []}, "scopes"),
        ({"confidential": "yes"}, "confidential"),
        ({"secret": "mine"}, "secret"),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "Tool", "redirectUris": [CALLBACK]} | changes
    answer = await client.post(clients(tenant), json=body, headers=tenant.workspace)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


async def test_a_public_client_has_no_secret(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant, confidential=False)
    assert app.secret is None
    rotate = f"{clients(tenant)}/{app.client_id}/rotate"
    answer = await client.post(rotate, headers=tenant.workspace)
    assert list(answer.json()["fields"]) == ["clientId"]


@pytest.mark.parametrize("odd", ["oac_none", "%00", "oac_" + "x" * 22])
async def test_a_client_that_is_not_there_is_not_found(
    client: Client, tenant: Tenant, stranger: Tenant, odd: str
) -> None:
    theirs = (await an_app(client, stranger)).client_id
    for name in (odd, theirs):
        one = f"{clients(tenant)}/{name}"
        assert (await client.delete(one, headers=tenant.workspace)).status_code == 404
        assert (await client.post(f"{one}/rotate", headers=tenant.workspace)).status_code == 404


async def test_an_ended_client_ends_its_tokens(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    app = await an_app(client, tenant)
    tokens = await app.tokens(await landed(client, stranger, app))
    one = f"{clients(tenant)}/{app.client_id}"
    await client.delete(one, headers=tenant.workspace)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(ME, headers=bearer)).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = await client.post(TOKEN, data=form | app.proof())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_person_takes_back_what_they_allowed(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    app = await an_app(client, stranger)
    tokens = await app.tokens(await landed(client, tenant, app))
    grants = (await client.get(GRANTS, headers=tenant.workspace)).json()
    (grant,) = grants["items"]
    assert grants["total"] == 1
    assert (grant["clientName"], grant["organizationId"]) == ("Design Tool", tenant.organization)
    assert (grant["clientId"], grant["workspaceId"]) == (app.client_id, None)
    one = f"{GRANTS}/{grant['id']}"
    assert (await client.get(GRANTS, headers=stranger.workspace)).json()["items"] == []
    assert (await client.delete(one, headers=stranger.workspace)).status_code == 404
    assert (await client.delete(f"{GRANTS}/odd", headers=tenant.workspace)).status_code == 404
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(ME, headers=bearer)).status_code == 401
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 404
