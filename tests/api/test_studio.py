"""The studio dialect: its credential, its shapes, its refusals."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant, held_by, png_size

DYNAMIC = "/api/v1/dynamic/"
WEBHOOKS = "/api/v1/webhooks/"
GENERATE = "/api/v1/generate/"


async def test_a_code_is_made_and_retrieved(client: Client, tenant: Tenant) -> None:
    body = {"destination_url": "https://example.com/welcome", "name": "Welcome", "short_id": "hi-1"}
    made = await client.post(DYNAMIC, json=body, headers=tenant.studio)
    assert made.status_code == 201
    assert made.json() == {
        **body,
        "scan_url": "https://ink.test/q/hi-1",
        "is_active": True,
        "variants": [],
        "starts_at": None,
        "expires_at": None,
        "scan_limit": None,
        "expired_url": None,
        "has_password": False,
        "tags": [],
        "scan_count": 0,
        "created_at": "2026-11-21T12:00:00.000Z",
        "updated_at": "2026-11-21T12:00:00.000Z",
    }
    read = await client.get(f"{DYNAMIC}hi-1/", headers=tenant.studio)
    assert read.json() == made.json()


async def test_a_path_without_its_last_slash_is_answered_alike(
    client: Client, tenant: Tenant
) -> None:
    made = await client.post(
        "/api/v1/dynamic", json={"destination_url": "https://a.example"}, headers=tenant.studio
    )
    assert made.status_code == 201


async def test_lists_are_numbered_pages_with_links(client: Client, tenant: Tenant) -> None:
    for number in range(3):
        body = {"destination_url": f"https://example.com/{number}"}
        await client.post(DYNAMIC, json=body, headers=tenant.studio)
    answer = await client.get(f"{DYNAMIC}?page_size=1&page=2", headers=tenant.studio)
    page = answer.json()
    assert (page["count"], len(page["results"])) == (3, 1)
    assert page["next"] == "https://ink.test/api/v1/dynamic/?page_size=1&page=3"
    assert page["previous"] == "https://ink.test/api/v1/dynamic/?page_size=1&page=1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "destination_url"),
        ({"destination_url": "javascript:alert(1)"}, "destination_url"),
        ({"destination_url": 7}, "destination_url"),
        ({"destination_url": None}, "destination_url"),
        ({"destination_url": "https://a.example", "name": "nul\x00"}, "name"),
        ({"destination_url": "https://a.example", "name": ["x"]}, "name"),
        ({"destination_url": "https://a.example", "short_id": "a b"}, "short_id"),
        ({"destination_url": "https://a.example", "is_active": "yes"}, "is_active"),
        ({"destination_url": "https://a.example", "destination": "x"}, "destination"),
    ],
)
async def test_a_wrong_field_of_a_code_is_named_and_nothing_is_written(
    client: Client, tenant: Tenant, database: AsyncConnection, body: object, field: str
) -> None:
    answer = await client.post(DYNAMIC, json=body, headers=tenant.studio)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert answer.json()[field][0].endswith(".")
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 0


async def test_a_taken_short_id_is_a_wrong_field(client: Client, tenant: Tenant) -> None:
    body = {"destination_url": "https://a.example", "short_id": "taken"}
    await client.post(DYNAMIC, json=body, headers=tenant.studio)
    again = await client.post(DYNAMIC, json=body, headers=tenant.studio)
    assert (again.status_code, list(again.json())) == (400, ["short_id"])


@pytest.mark.parametrize("path", [DYNAMIC, WEBHOOKS, GENERATE])
@pytest.mark.parametrize("raw", [b"{", b"", b"[]", b'"text"', b"\xff\xfe"])
async def test_a_body_that_is_no_json_object_is_refused(
    client: Client, tenant: Tenant, path: str, raw: bytes
) -> None:
    headers = {**tenant.studio, "Content-Type": "application/json"}
    answer = await client.post(path, content=raw, headers=headers)
    assert answer.status_code == 400
    assert set(answer.json()) <= {"detail", "body"}


@pytest.mark.parametrize("secret", [None, "", "qrs_unknown", "ses_unknown", "ключ"])
async def test_without_a_good_key_nothing_is_told_about_the_body(
    client: Client, secret: str | None
) -> None:
    headers = {} if secret is None else {"X-Api-Key": secret.encode()}
    for path in (DYNAMIC, WEBHOOKS, GENERATE):
        answer = await client.post(path, content=b"{", headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 401
        assert list(answer.json()) == ["detail"]


async def test_a_strangers_code_and_log_are_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    code = {"destination_url": "https://a.example", "short_id": "mine"}
    await client.post(DYNAMIC, json=code, headers=tenant.studio)
    hook = {"url": "https://hooks.example.com", "events": ["*"]}
    made = (await client.post(WEBHOOKS, json=hook, headers=tenant.studio)).json()
    for path in (f"{DYNAMIC}mine/", f"{WEBHOOKS}{made['id']}/deliveries/"):
        answer = await client.get(path, headers=stranger.studio)
        assert answer.status_code == 404
    picture = await client.post(GENERATE, json={"short_id": "mine"}, headers=stranger.studio)
    assert picture.status_code == 404
    for path in (DYNAMIC, WEBHOOKS):
        assert (await client.get(path, headers=stranger.studio)).json()["count"] == 0


async def test_a_subscription_shows_its_secret_once(client: Client, tenant: Tenant) -> None:
    hook = {"url": "https://hooks.example.com", "events": ["qr.*"], "retry_policy": [1, 2.5]}
    made = await client.post(WEBHOOKS, json=hook, headers=tenant.studio)
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert made.json()["retry_policy"] == [1, 2.5]
    assert made.json()["status"] == "active"
    (listed,) = (await client.get(WEBHOOKS, headers=tenant.studio)).json()["results"]
    assert "secret" not in listed
    assert listed["id"] == made.json()["id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://hooks.example.com"}, "url"),
        ({"url": "http://"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["qr.invented"]}, "events"),
        ({"events": "qr.created"}, "events"),
        ({"scheme": "none"}, "scheme"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
async def test_a_wrong_field_of_a_subscription_is_named(
    client: Client, tenant: Tenant, change: dict[str, object], field: str
) -> None:
    hook = {"url": "https://hooks.example.com", "events": ["*"], **change}
    answer = await client.post(WEBHOOKS, json=hook, headers=tenant.studio)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


async def test_a_picture_holds_the_scan_url(client: Client, tenant: Tenant) -> None:
    code = {"destination_url": "https://a.example", "short_id": "picture"}
    await client.post(DYNAMIC, json=code, headers=tenant.studio)
    body = {"short_id": "picture", "size_px": 300}
    png = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert png.headers["content-type"] == "image/png"
    assert png_size(png.content) == (300, 300)
    assert held_by(png.content) == "https://ink.test/q/picture"
    svg = await client.post(GENERATE, json={**body, "format": "svg"}, headers=tenant.studio)
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.text.startswith("<svg")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "data"),
        ({"data": "x", "short_id": "y"}, "data"),
        ({"data": "x", "destination_url": "https://a.example"}, "data"),
        ({"short_id": "x", "destination_url": "https://a.example"}, "data"),
        ({"destination_url": "ftp://a.example"}, "destination_url"),
        ({"data": "", "size_px": 300}, "data"),
        ({"data": "x" * 4000}, "data"),
        ({"data": "x", "size_px": 20}, "size_px"),
        ({"data": "x", "size_px": 100000}, "size_px"),
        ({"data": "x", "foreground": "rouge"}, "foreground"),
        ({"data": "x", "format": "bmp"}, "format"),
        ({"data": "x", "quiet_zone": -1}, "quiet_zone"),
    ],
)
async def test_a_picture_that_cannot_be_made_says_which_field(
    client: Client, tenant: Tenant, body: object, field: str
) -> None:
    answer = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


async def test_bad_page_words_are_refused(client: Client, tenant: Tenant) -> None:
    for query, field in (("page=0", "page"), ("page_size=101", "page_size"), ("page=x", "page")):
        answer = await client.get(f"{DYNAMIC}?{query}", headers=tenant.studio)
        assert (answer.status_code, list(answer.json())) == (400, [field])


async def test_unknown_paths_and_methods_are_told(client: Client, tenant: Tenant) -> None:
    gone = await client.get(f"{DYNAMIC}a/b/c/", headers=tenant.studio)
    assert (gone.status_code, list(gone.json())) == (404, ["detail"])
    wrong = await client.put(DYNAMIC, headers=tenant.studio)
    assert wrong.status_code == 405
    assert "POST" in wrong.headers["allow"]
