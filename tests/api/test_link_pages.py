"""`/api/pages`: link pages as the dashboard sees them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from activities.gateways.clock import FixedClock
from activities.rules.page_blocks import EXAMPLES
from tests.api.conftest import Client, Tenant

PAGES = "/api/pages"
BUTTON = {"type": "link", "label": "Menu", "url": "https://example.com/menu"}


async def a_page(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    body = {"name": "Café Morgenrot", **more}
    answer = await client.post(PAGES, json=body, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_a_page_is_made_read_changed_and_deleted(client: Client, tenant: Tenant) -> None:
    page = await a_page(client, tenant, slug="morgenrot", blocks=[BUTTON], tags=["food"])
    assert page["id"].startswith("pg_")
    assert page["publicUrl"] == "https://ink.test/p/morgenrot"
    assert (page["viewCount"], page["isActive"], page["tags"]) == (0, True, ["food"])
    assert page["theme"]["buttonShape"] == "rounded"
    [block] = page["blocks"]
    assert block == {**BUTTON, "id": block["id"]}
    one = f"{PAGES}/{page['id']}"
    read = await client.get(one, headers=tenant.workspace)
    assert (read.json(), read.headers["etag"], page["version"]) == (page, '"1"', 1)
    change = {"description": "Breakfast", "theme": {"layout": "grid"}, "isActive": False}
    headers = {**tenant.workspace, "If-Match": '"1"'}
    changed = await client.patch(one, json=change, headers=headers)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json() == {
        **page,
        "description": "Breakfast",
        "isActive": False,
        "theme": {**page["theme"], "layout": "grid"},
        "version": 2,
    }
    late = await client.patch(one, json=change, headers=headers)
    assert (late.status_code, late.json()["code"]) == (412, "VERSION_MISMATCH")
    cleared = await client.patch(
        one, json={"description": None, "tags": None, "blocks": []}, headers=tenant.workspace
    )
    assert [cleared.json()[name] for name in ("description", "tags", "blocks")] == ["", [], []]
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    assert (await client.get(one, headers=tenant.workspace)).status_code == 404


async def test_every_documented_block_is_taken(client: Client, tenant: Tenant) -> None:
    link = await client.post(
        "/api/links", json={"destinationUrl": "https://example.com/"}, headers=tenant.workspace
    )
    blocks = [
        {**block, "linkId": link.json()["id"]} if "linkId" in block else dict(block)
        for block in EXAMPLES
    ]
    page = await a_page(client, tenant, blocks=blocks)
    assert [{k: v for k, v in b.items() if k != "id"} for b in page["blocks"]] == blocks


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": " "}, {"name"}),
        ({"slug": "p"}, {"slug"}),
        ({"slug": "admin"}, {"slug"}),
        ({"workspaceId": "wsp_1"}, {"workspaceId"}),
        ({"folderId": "nowhere"}, {"folderId"}),
        ({"blocks": [{"type": "video"}]}, {"blocks.0.type"}),
        ({"blocks": [{"type": []}]}, {"blocks.0.type"}),
        ({"blocks": ["heading"]}, {"blocks.0"}),
        ({"blocks": [{**BUTTON, "onclick": "alert(1)"}]}, {"blocks.0.onclick"}),
        ({"blocks": [BUTTON, {**BUTTON, "url": "javascript:a"}]}, {"blocks.1.url"}),
        ({"blocks": [{**BUTTON, "label": "\x00"}]}, {"blocks.0.label"}),
        ({"blocks": [{**BUTTON, "label": "\ud800"}]}, {"blocks.0.label"}),
        ({"blocks": [{**BUTTON, "\ud800": 1}]}, {"blocks.0.\ufffd\ufffd\ufffd.[key]"}),
        ({"blocks": [{**BUTTON, "\x00": 1}]}, {"blocks.0.\x00.[key]"}),
        ({"blocks": [BUTTON] * 101}, {"blocks"}),
        (
            {"blocks": [{"type": "short_link", "linkId": f"lnk_{'0' * 32}"}]},
            {"blocks.0.linkId"},
        ),
        ({"theme": {"accent": "red;}"}}, {"theme.accent"}),
        ({"theme": {"foreground": "#f0f0f0"}}, {"theme.foreground"}),
        ({"theme": {"buttonShape": "star"}}, {"theme.buttonShape"}),
        ({"theme": {"css": "x"}}, {"theme.css"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, tenant: Tenant, wrong: dict[str, Any], fields: set[str]
) -> None:
    # Written by hand: httpx does not send half a sign.
    content = json.dumps({"name": "Café", **wrong})
    headers = {**tenant.workspace, "Content-Type": "application/json"}
    answer = await client.post(PAGES, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert set(answer.json()["fields"]) == fields


async def test_a_taken_slug_is_told(client: Client, tenant: Tenant, stranger: Tenant) -> None:
    await a_page(client, tenant, slug="morgenrot")
    body = {"name": "Mine", "slug": "morgenrot"}
    answer = await client.post(PAGES, json=body, headers=stranger.workspace)
    assert (answer.status_code, answer.json()["code"]) == (409, "SLUG_TAKEN")


async def test_a_list_is_searched_and_counted(
    client: Client, tenant: Tenant, clock: FixedClock
) -> None:
    await a_page(client, tenant, name="Breakfast", blocks=[{**BUTTON, "label": "Croissants"}])
    clock.moment += timedelta(seconds=1)
    await a_page(client, tenant, name="Dinner", isActive=False, tags=["evening"])
    for query, names in (
        ({}, ["Dinner", "Breakfast"]),
        ({"search": "croissant"}, ["Breakfast"]),
        ({"filter": "inactive"}, ["Dinner"]),
        ({"tag": "evening"}, ["Dinner"]),
        ({"sort": "name"}, ["Breakfast", "Dinner"]),
        ({"pageSize": "1", "page": "2"}, ["Breakfast"]),
    ):
        answer = await client.get(PAGES, params=query, headers=tenant.workspace)
        listed = answer.json()
        assert [page["name"] for page in listed["items"]] == names, query
        assert listed["summary"] == {"total": 2, "active": 1, "viewCount": 0}
    first = await client.get(PAGES, params={"pageSize": "1"}, headers=tenant.workspace)
    cursor = {"pageSize": "1", "cursor": first.json()["nextCursor"]}
    second = await client.get(PAGES, params=cursor, headers=tenant.workspace)
    assert [page["name"] for page in second.json()["items"]] == ["Breakfast"]


async def test_a_page_is_copied_put_aside_and_brought_back(client: Client, tenant: Tenant) -> None:
    page = await a_page(client, tenant, blocks=[BUTTON])
    one = f"{PAGES}/{page['id']}"

    async def ask(verb: str, **more: Any) -> Any:
        return await client.post(f"{one}/{verb}", headers=tenant.workspace, **more)

    copy = await ask("duplicate")
    assert (copy.status_code, copy.json()["name"]) == (201, "Café Morgenrot (copy)")
    assert copy.json()["blocks"] == page["blocks"]
    assert copy.json()["slug"] != page["slug"]
    assert (await ask("duplicate", json={"name": "Evening"})).json()["name"] == "Evening"
    assert (await ask("archive")).json()["archivedAt"] is not None
    assert (await ask("unarchive")).json()["archivedAt"] is None
    assert (await ask("restore")).status_code == 404
    await client.delete(one, headers=tenant.workspace)
    restored = await ask("restore")
    assert (restored.status_code, restored.json()["deletedAt"]) == (200, None)


async def test_the_document_describes_every_block(client: Client) -> None:
    document = (await client.get("/docs/workspace/openapi.json")).json()
    schemas = document["components"]["schemas"]
    for name in ("PageIn", "PageChangesIn", "LinkPageOut"):
        shapes = schemas[name]["properties"]["blocks"]["items"]["oneOf"]
        assert [shape["properties"]["type"]["const"] for shape in shapes] == [
            block["type"] for block in EXAMPLES
        ]
        for shape, example in zip(shapes, EXAMPLES, strict=True):
            assert shape["examples"] == [example]
            assert set(shape["required"]) <= set(example) <= set(shape["properties"])
            assert all(
                "description" in part
                for name, part in shape["properties"].items()
                if name != "type"
            )
