"""The links dialect's workspaces are our organizations."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant

PATH = "/api/v1/workspaces"


async def test_a_workspace_is_made_and_listed(client: Client, tenant: Tenant) -> None:
    headers = tenant.links
    made = await client.post(PATH, json={"name": "New Team", "slug": "new"}, headers=headers)
    assert made.status_code == 201
    assert (made.json()["slug"], made.json()["role"]) == ("new", "owner")
    everything = (await client.get(PATH, headers=headers)).json()
    assert {item["slug"] for item in everything} == {"acme", "new"}
    assert made.json() in everything


async def test_the_list_is_cut_by_limit_and_offset(client: Client, tenant: Tenant) -> None:
    headers = tenant.links
    for name in ("One", "Two"):
        await client.post(PATH, json={"name": name}, headers=headers)
    whole = (await client.get(PATH, headers=headers)).json()
    parts = [
        (await client.get(f"{PATH}?limit=1&offset={at}", headers=headers)).json() for at in range(4)
    ]
    assert parts == [[whole[0]], [whole[1]], [whole[2]], []]


async def test_a_workspace_is_one_of_the_dashboard_too(client: Client, tenant: Tenant) -> None:
    made = await client.post(PATH, json={"name": "New"}, headers=tenant.links)
    seen = await client.get(f"/api/org/{made.json()['id']}", headers=tenant.workspace)
    assert seen.json()["name"] == "New"


async def test_a_key_that_nobody_made_sees_its_own_and_makes_none(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await database.execute(text("UPDATE api_key SET made_by = NULL"))
    (own,) = (await client.get(PATH, headers=tenant.links)).json()
    assert (own["id"], own["role"]) == (tenant.organization, None)
    assert (await client.get(f"{PATH}?offset=1", headers=tenant.links)).json() == []
    refused = await client.post(PATH, json={"name": "New"}, headers=tenant.links)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "A", "slug": "acme"}, {"nam": "A"}])
async def test_wrong_fields_are_told(client: Client, tenant: Tenant, body: dict[str, str]) -> None:
    answer = await client.post(PATH, json=body, headers=tenant.links)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "code"}


async def test_a_key_of_another_dialect_is_unknown(client: Client, tenant: Tenant) -> None:
    headers = {"x-api-key": tenant.studio["X-Api-Key"]}
    assert (await client.get(PATH, headers=headers)).status_code == 401
    assert (await client.get(PATH, headers=tenant.workspace)).status_code == 401
