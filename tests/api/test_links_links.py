"""Short links in the links language: codes, titles, plain arrays, and its way to say no."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant

LINKS = "/api/v1/links"
HOME = "https://example.com/l"


async def make(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    answer = await client.post(LINKS, json={"url": HOME, **more}, headers=tenant.links)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_link_is_made_and_fetched_by_code_and_by_id(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant, code="spring", title="Spring sale", tags=["Spring"])
    assert link == {
        "id": link["id"],
        "code": "spring",
        "domain": None,
        "shortUrl": "https://ink.test/spring",
        "url": HOME,
        "title": "Spring sale",
        "tags": ["Spring"],
        "clicks": 0,
        "lastClickedAt": None,
        "isActive": True,
        "createdAt": "2026-11-21T12:00:00.000Z",
        "updatedAt": "2026-11-21T12:00:00.000Z",
    }
    for name in ("spring", link["id"]):
        assert (await client.get(f"{LINKS}/{name}", headers=tenant.links)).json() == link


async def test_a_code_is_drawn_when_none_is_asked_for(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant)
    assert len(link["code"]) == 7
    assert link["shortUrl"].endswith(f"/{link['code']}")


async def test_a_list_is_a_plain_array_cut_by_limit_and_offset(
    client: Client, tenant: Tenant
) -> None:
    for title in ("One", "Two", "Three"):
        await make(client, tenant, title=title)
    whole = (await client.get(LINKS, headers=tenant.links)).json()
    assert {link["title"] for link in whole} == {"One", "Two", "Three"}
    part = await client.get(f"{LINKS}?limit=1&offset=1", headers=tenant.links)
    assert part.json() == [whole[1]]
    found = await client.get(f"{LINKS}?search=thr", headers=tenant.links)
    assert [link["title"] for link in found.json()] == ["Three"]


async def test_a_link_is_changed_by_its_code_and_leads_on_under_the_old_one(
    client: Client, tenant: Tenant
) -> None:
    await make(client, tenant, code="spring")
    body = {
        "url": "https://example.com/new",
        "code": "summer",
        "title": "Summer",
        "tags": ["Sun"],
        "isActive": True,
    }
    changed = await client.patch(f"{LINKS}/spring", json=body, headers=tenant.links)
    assert {name: changed.json()[name] for name in body} == body
    visit = await client.get("/spring")
    assert (visit.status_code, visit.headers["location"]) == (302, "https://example.com/new")


async def test_a_deleted_link_is_gone_and_its_code_stays_taken(
    client: Client, tenant: Tenant
) -> None:
    link = await make(client, tenant, code="spring")
    assert (await client.delete(f"{LINKS}/{link['id']}", headers=tenant.links)).status_code == 204
    for method in ("GET", "DELETE"):
        answer = await client.request(method, f"{LINKS}/spring", headers=tenant.links)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    answer = await client.post(LINKS, json={"url": HOME, "code": "spring"}, headers=tenant.links)
    assert answer.status_code == 409


async def test_a_taken_code_is_told_in_its_own_words(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    await make(client, stranger, code="spring")
    answer = await client.post(LINKS, json={"url": HOME, "code": "spring"}, headers=tenant.links)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "slug_taken")
    assert answer.json()["error"]["message"].startswith("code: ")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://ink.test/loop"}, "url"),
        ({"url": None}, "url"),
        ({"code": "a b"}, "code"),
        ({"code": "admin"}, "code"),
        ({"title": "t" * 201}, "title"),
        ({"tags": [""]}, "tags"),
        ({"destinationUrl": HOME}, "destinationUrl"),
    ],
)
async def test_a_wrong_field_is_told_in_its_own_words(
    client: Client, tenant: Tenant, wrong: dict[str, Any], field: str
) -> None:
    made = await make(client, tenant)
    for method, path in (("POST", LINKS), ("PATCH", f"{LINKS}/{made['code']}")):
        body = {"url": HOME, **wrong}
        answer = await client.request(method, path, json=body, headers=tenant.links)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["message"].startswith(f"{field}: ")


async def test_another_tenants_code_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    link = await make(client, stranger, code="spring")
    for name in ("spring", link["id"], "a%00b", "x" * 64):
        for method, body in (("GET", None), ("PATCH", {"title": "Mine"}), ("DELETE", None)):
            answer = await client.request(
                method, f"{LINKS}/{name}", json=body, headers=tenant.links
            )
            assert answer.status_code in (400, 404), answer.text
    assert (await client.get(f"{LINKS}/spring", headers=stranger.links)).json() == link


async def test_a_key_that_may_only_read_makes_nothing(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await database.execute(text("UPDATE api_key SET scopes = '{assets.read}'"))
    assert (await client.get(LINKS, headers=tenant.links)).status_code == 200
    answer = await client.post(LINKS, json={"url": HOME}, headers=tenant.links)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


async def test_a_key_that_may_only_write_needs_no_more_for_it(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await database.execute(text("UPDATE api_key SET scopes = '{assets.write}'"))
    link = await make(client, tenant, code="spring")
    changed = await client.patch(f"{LINKS}/spring", json={"title": "New"}, headers=tenant.links)
    assert (changed.status_code, changed.json()["id"]) == (200, link["id"])
    assert (await client.get(LINKS, headers=tenant.links)).status_code == 403


async def test_a_workspace_is_still_told_of_its_slug(client: Client, tenant: Tenant) -> None:
    body = {"name": "Acme", "slug": "acme"}
    answer = await client.post("/api/v1/workspaces", json=body, headers=tenant.links)
    assert answer.json()["error"]["message"].startswith("slug: ")
