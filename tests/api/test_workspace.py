"""The workspace dialect: the same operations in another language."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import Client, Tenant, held_by

QR = "/api/qr"
HOME = {"destinationUrl": "https://example.com/a"}
BAD = {"destinationUrl": "ftp://example.com"}
VARIANT = "variants.1.destinationUrl"
LATER = "2026-12-31T00:00:00Z"
LINK = "lnk_" + "0" * 32


async def test_a_code_is_made_fetched_and_listed(client: Client, tenant: Tenant) -> None:
    body = {"name": "Menu", "destinationUrl": "https://example.com/menu", "shortCode": "menu1"}
    made = await client.post(QR, json=body, headers=tenant.workspace)
    assert made.status_code == 201
    code = made.json()
    assert code["id"].startswith("qr_")
    assert code["shortUrl"] == "https://ink.test/q/menu1"
    fetched = await client.get(f"{QR}/{code['id']}", headers=tenant.workspace)
    assert fetched.json() == code
    listed = await client.get(
        f"{QR}?orgId={tenant.organization}&search=men&pageSize=10", headers=tenant.workspace
    )
    assert listed.json() == {
        "items": [code],
        "total": 1,
        "page": 1,
        "pageSize": 10,
        "nextCursor": None,
        "summary": {
            "total": 1,
            "active": 1,
            "scanCount": 0,
            "healthMonitored": 0,
            "healthFailing": 0,
        },
    }


async def test_both_dialects_speak_of_the_same_code(client: Client, tenant: Tenant) -> None:
    body = {"destinationUrl": "https://example.com/menu", "shortCode": "shared"}
    await client.post(QR, json=body, headers=tenant.workspace)
    seen = await client.get("/api/v1/dynamic/shared/", headers=tenant.studio)
    assert seen.json()["destination_url"] == "https://example.com/menu"


async def test_the_image_url_answers_the_picture(client: Client, tenant: Tenant) -> None:
    body = {"destinationUrl": "https://example.com/menu", "shortCode": "drawn"}
    code = (await client.post(QR, json=body, headers=tenant.workspace)).json()
    png = await client.get(f"{code['imageUrl']}?size=400", headers=tenant.workspace)
    assert held_by(png.content) == code["shortUrl"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "destinationUrl"),
        ({"destinationUrl": "ftp://x.example"}, "destinationUrl"),
        ({"destinationUrl": "https://x.example", "shortCode": "a b"}, "shortCode"),
        ({"destinationUrl": "https://x.example", "type": "WIFI"}, "destinationUrl"),
        ({"destinationUrl": "https://x.example", "type": "wifi"}, "type"),
        ({"destinationUrl": "https://x.example", "workspaceId": "nonsense"}, "workspaceId"),
        ({"destination_url": "https://x.example"}, "destination_url"),
        ({**HOME, "folderId": "wsp_0"}, "folderId"),
        ({**HOME, "linkId": "x"}, "linkId"),
        ({**HOME, "startsAt": "tomorrow"}, "startsAt"),
        ({**HOME, "startsAt": "2027-01-02T00:00:00"}, "startsAt"),
        ({**HOME, "startsAt": LATER, "expiresAt": "2026-12-01T00:00:00Z"}, "expiresAt"),
        ({**HOME, "scanLimit": 0}, "scanLimit"),
        ({**HOME, "scanLimit": 1.5}, "scanLimit"),
        ({**HOME, "expiredUrl": "x"}, "expiredUrl"),
        ({**HOME, "password": ""}, "password"),
        ({**HOME, "isActive": None}, "isActive"),
        ({**HOME, "tags": ["x" * 51]}, "tags.0"),
        ({**HOME, "style": {"x": "\x00"}}, "style"),
        ({**HOME, "style": {"x": 1e999}}, "style"),
        ({**HOME, "variants": [{"weight": 1}]}, "variants.0.destinationUrl"),
        ({**HOME, "variants": [{**HOME, "weight": 1}]}, "variants"),
        ({**HOME, "variants": [{**HOME, "weight": 1}, {**BAD, "weight": 1}]}, VARIANT),
        ({**HOME, "isDynamic": False, "shortCode": "abc"}, "shortCode"),
        ({**HOME, "isDynamic": False, "scanLimit": 1}, "scanLimit"),
        ({"type": "TEXT", "content": {"text": "x"}, "isDynamic": True}, "isDynamic"),
        ({"type": "TEXT", "content": {"text": "x"}, "linkId": LINK}, "linkId"),
        ({"type": "WIFI", "content": {"password": "secret-1"}}, "content.ssid"),
        ({"type": "WIFI", "content": None}, "content.ssid"),
        ({"type": "WIFI", "content": "ssid"}, "content"),
    ],
)
async def test_a_wrong_field_is_named_in_camel_case(
    client: Client, tenant: Tenant, body: object, field: str
) -> None:
    raw = json.dumps(body)
    headers = {**tenant.workspace, "Content-Type": "application/json"}
    answer = await client.post(QR, content=raw, headers=headers)
    assert answer.status_code == 400
    told = answer.json()
    assert told["code"] == "VALIDATION_FAILED"
    assert field in told["fields"]
    assert told["error"]


async def test_a_reused_short_code_conflicts(client: Client, tenant: Tenant) -> None:
    body = {"destinationUrl": "https://x.example", "shortCode": "once"}
    await client.post(QR, json=body, headers=tenant.workspace)
    again = await client.post(QR, json=body, headers=tenant.workspace)
    assert (again.status_code, again.json()["code"]) == (409, "SHORT_CODE_TAKEN")


async def test_a_key_is_no_session(client: Client, tenant: Tenant) -> None:
    answer = await client.get(QR, headers=tenant.studio)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_another_site_cannot_write_with_our_cookie(client: Client, tenant: Tenant) -> None:
    body = {"destinationUrl": "https://x.example"}
    evil = {**tenant.workspace, "Origin": "https://evil.example"}
    answer = await client.post(QR, json=body, headers=evil)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_REFUSED")
    cross = {**tenant.workspace, "Sec-Fetch-Site": "cross-site"}
    assert (await client.post(QR, json=body, headers=cross)).status_code == 403
    ours = {**tenant.workspace, "Origin": "https://ink.test"}
    assert (await client.post(QR, json=body, headers=ours)).status_code == 201


async def test_another_organization_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    answer = await client.get(f"{QR}?orgId={stranger.organization}", headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    code = (
        await client.post(
            QR, json={"destinationUrl": "https://x.example"}, headers=stranger.workspace
        )
    ).json()
    for path in (f"{QR}/{code['id']}", f"{QR}/{code['id']}/image", f"{QR}/nonsense"):
        assert (await client.get(path, headers=tenant.workspace)).status_code == 404
