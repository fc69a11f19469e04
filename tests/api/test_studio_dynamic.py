"""The studio's dynamic codes: changed, deleted and listed, and made for a picture."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant, held_by

DYNAMIC = "/api/v1/dynamic/"
GENERATE = "/api/v1/generate/"
HOME = "https://example.com/a"
FULL: dict[str, Any] = {
    "destination_url": HOME,
    "name": "Welcome",
    "short_id": "hi-1",
    "variants": [
        {"id": "v1", "name": "A", "destination_url": "https://a.example", "weight": 1},
        {"id": "v2", "name": "B", "destination_url": "https://b.example", "weight": 3},
    ],
    "is_active": True,
    "starts_at": "2026-12-01T00:00:00.000Z",
    "expires_at": "2026-12-31T00:00:00.000Z",
    "scan_limit": 10,
    "expired_url": "https://example.com/over",
    "tags": ["summer"],
}


async def make(client: Client, tenant: Tenant, **body: Any) -> dict[str, Any]:
    body = {"destination_url": HOME, **body}
    made = await client.post(DYNAMIC, json=body, headers=tenant.studio)
    assert made.status_code == 201, made.text
    code: dict[str, Any] = made.json()
    return code


async def change(client: Client, tenant: Tenant, code: str, **body: Any) -> Any:
    return await client.patch(f"{DYNAMIC}{code}/", json=body, headers=tenant.studio)


async def names(client: Client, tenant: Tenant, query: str = "") -> list[str]:
    answer = await client.get(f"{DYNAMIC}?{query}", headers=tenant.studio)
    assert answer.status_code == 200, answer.text
    return [code["name"] for code in answer.json()["results"]]


async def test_all_fields_come_back(client: Client, tenant: Tenant) -> None:
    code = await make(client, tenant, **FULL, password="open sesame")
    assert code == {
        **FULL,
        "scan_url": "https://ink.test/q/hi-1",
        "has_password": True,
        "scan_count": 0,
        "created_at": "2026-11-21T12:00:00.000Z",
        "updated_at": "2026-11-21T12:00:00.000Z",
    }
    read = await client.get(f"{DYNAMIC}hi-1/", headers=tenant.studio)
    assert read.json() == code


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({}, {}),
        ({"destination_url": "https://b.example"}, {"destination_url": "https://b.example"}),
        ({"name": "Bye"}, {"name": "Bye"}),
        ({"name": None}, {"name": ""}),
        ({"variants": None}, {"variants": []}),
        ({"variants": []}, {"variants": []}),
        ({"is_active": False}, {"is_active": False}),
        ({"starts_at": None}, {"starts_at": None}),
        ({"expires_at": None}, {"expires_at": None}),
        ({"scan_limit": None}, {"scan_limit": None}),
        ({"expired_url": None}, {"expired_url": None}),
        ({"password": None}, {"has_password": False}),
        ({"tags": None}, {"tags": []}),
        ({"tags": ["winter", "bar"]}, {"tags": ["winter", "bar"]}),
    ],
    ids=str,
)
async def test_absent_stays_and_null_takes_away(
    client: Client, tenant: Tenant, given: dict[str, Any], after: dict[str, Any]
) -> None:
    code = await make(client, tenant, **FULL, password="open sesame")
    changed = await change(client, tenant, "hi-1", **given)
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**code, **after}


async def test_variants_without_ids_keep_theirs(client: Client, tenant: Tenant) -> None:
    await make(client, tenant, **FULL)
    swapped = [
        {"destination_url": "https://b.example", "weight": 7},
        {"destination_url": "https://a.example", "weight": 2},
    ]
    after = (await change(client, tenant, "hi-1", variants=swapped)).json()["variants"]
    assert [(v["id"], v["weight"]) for v in after] == [("v2", 7), ("v1", 2)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"destination_url": None}, "destination_url"),
        ({"destination_url": "ftp://b.example"}, "destination_url"),
        ({"short_id": None}, "short_id"),
        ({"short_id": "a b"}, "short_id"),
        ({"is_active": None}, "is_active"),
        ({"variants": [{"destination_url": HOME}]}, "variants.0.weight"),
        ({"variants": [{"destination_url": HOME, "weight": 1}]}, "variants"),
        (
            {"variants": [{"destination_url": u, "weight": 1} for u in (HOME, "ftp://b.example")]},
            "variants.1.destination_url",
        ),
        ({"starts_at": "soon"}, "starts_at"),
        ({"scan_limit": 0}, "scan_limit"),
        ({"password": "abc"}, "password"),
        ({"content": {}}, "content"),
        ({"expired_url": "x"}, "expired_url"),
    ],
)
async def test_a_wrong_change_is_named_and_nothing_is_changed(
    client: Client, tenant: Tenant, given: dict[str, Any], field: str
) -> None:
    code = await make(client, tenant, **FULL)
    refused = await change(client, tenant, "hi-1", **given)
    assert (refused.status_code, list(refused.json())) == (400, [field])
    read = await client.get(f"{DYNAMIC}hi-1/", headers=tenant.studio)
    assert read.json() == code


async def test_a_new_short_id_takes_the_place_of_the_old_one(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    await make(client, tenant, short_id="first")
    moved = await change(client, tenant, "first", short_id="second")
    assert moved.json()["scan_url"] == "https://ink.test/q/second"
    assert (await client.get(f"{DYNAMIC}first/", headers=tenant.studio)).status_code == 404
    body = {"destination_url": HOME, "short_id": "first"}
    taken = await client.post(DYNAMIC, json=body, headers=stranger.studio)
    assert (taken.status_code, list(taken.json())) == (400, ["short_id"])


async def test_a_deleted_code_leads_nowhere(client: Client, tenant: Tenant) -> None:
    await make(client, tenant, short_id="gone")
    assert (await client.get("/q/gone")).status_code == 302
    gone = await client.delete(f"{DYNAMIC}gone/", headers=tenant.studio)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get("/q/gone")).status_code == 404
    assert (await client.delete(f"{DYNAMIC}gone/", headers=tenant.studio)).status_code == 404
    assert (await client.get(DYNAMIC, headers=tenant.studio)).json()["count"] == 0


async def test_a_strangers_code_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    await make(client, tenant, short_id="mine")
    assert (await change(client, stranger, "mine", name="stolen")).status_code == 404
    assert (await client.delete(f"{DYNAMIC}mine/", headers=stranger.studio)).status_code == 404
    assert await names(client, tenant) == [""]


async def test_lists_are_narrowed_by_query(client: Client, tenant: Tenant) -> None:
    await make(client, tenant, name="one", tags=["summer", "bar"])
    await make(client, tenant, name="two", tags=["summer"], is_active=False)
    await make(client, tenant, name="three")
    assert await names(client, tenant, "search=ONE") == ["one"]
    assert sorted(await names(client, tenant, "tag=Summer")) == ["one", "two"]
    assert await names(client, tenant, "tag=summer&tag=bar") == ["one"]
    assert await names(client, tenant, "is_active=false") == ["two"]
    assert sorted(await names(client, tenant, "is_active=true")) == ["one", "three"]
    for query, field in (("is_active=perhaps", "is_active"), ("search=%00", "search")):
        answer = await client.get(f"{DYNAMIC}?{query}", headers=tenant.studio)
        assert (answer.status_code, list(answer.json())) == (400, [field])


async def test_a_picture_makes_the_code_that_it_holds(client: Client, tenant: Tenant) -> None:
    body = {"destination_url": HOME, "size_px": 300}
    png = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert png.status_code == 200
    short_id = png.headers["x-qr-short-id"]
    assert held_by(png.content) == f"https://ink.test/q/{short_id}"
    made = (await client.get(f"{DYNAMIC}{short_id}/", headers=tenant.studio)).json()
    assert made["destination_url"] == HOME
    other = await client.post(GENERATE, json={"data": "x"}, headers=tenant.studio)
    assert "x-qr-short-id" not in other.headers


@pytest.mark.parametrize("format", ["png", "svg"])
async def test_a_picture_asked_for_again_is_of_the_same_code(
    client: Client, tenant: Tenant, database: AsyncConnection, format: str
) -> None:
    headers = {**tenant.studio, "Idempotency-Key": "a-poster"}
    body = {"destination_url": HOME, "size_px": 300, "format": format}
    first, again = [await client.post(GENERATE, json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    for name in ("x-qr-short-id", "content-type", "content-length"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["idempotent-replayed"] == "true"
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 1
    other = await client.post(GENERATE, json={**body, "size_px": 301}, headers=headers)
    assert other.status_code == 422
    plain = {**headers, "Idempotency-Key": "plain"}
    drawn = [await client.post(GENERATE, json={"data": "x"}, headers=plain) for _ in range(2)]
    assert drawn[0].content == drawn[1].content


async def test_who_was_slower_is_told_so(client: Client, tenant: Tenant) -> None:
    body = {"destination_url": HOME, "short_id": "one"}
    made = await client.post(DYNAMIC, json=body, headers=tenant.studio)
    read = await client.get(f"{DYNAMIC}one/", headers=tenant.studio)
    assert (made.headers["etag"], read.headers["etag"]) == ('"1"', '"1"')
    first = {**tenant.studio, "If-Match": '"1"'}
    quick = await client.patch(f"{DYNAMIC}one/", json={"name": "quick"}, headers=first)
    assert (quick.status_code, quick.headers["etag"]) == (200, '"2"')
    for slower in (
        await client.patch(f"{DYNAMIC}one/", json={"name": "slow"}, headers=first),
        await client.delete(f"{DYNAMIC}one/", headers=first),
    ):
        assert (slower.status_code, list(slower.json())) == (412, ["detail"])
    assert await names(client, tenant) == ["quick"]
    current = {**tenant.studio, "If-Match": '"2"'}
    assert (await client.delete(f"{DYNAMIC}one/", headers=current)).status_code == 204


async def test_a_picture_that_cannot_be_drawn_makes_no_code(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    body = {"destination_url": HOME, "foreground": "rouge"}
    refused = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert (refused.status_code, list(refused.json())) == (400, ["foreground"])
    for table in ("qr_code", "slug_claim", "event"):
        assert await database.scalar(text(f"SELECT count(*) FROM {table}")) == 0
