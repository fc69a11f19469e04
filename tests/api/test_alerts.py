"""`/api/org/{orgId}/alerts`: rules that look at scans, and when they fired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from activities.rules.spelling import unprefixed
from tests.api.conftest import Client, Tenant
from tests.builders.alerts import MINUTE, judged
from tests.builders.batches import Seen, a_batch
from tests.conftest import NOW

OVER = {"name": "Posters", "kind": "over", "threshold": 10, "windowMinutes": 60}


def rules_of(tenant: Tenant) -> str:
    return f"/api/org/{tenant.organization}/alerts"


async def made(client: Client, tenant: Tenant, **more: Any) -> Mapping[str, Any]:
    body = {**OVER, **more}
    answer = await client.post(rules_of(tenant), json=body, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


async def an_asset(client: Client, tenant: Tenant, path: str) -> str:
    body = {
        "/api/qr": {"name": "Poster", "type": "URL", "destinationUrl": "https://example.com/a"},
        "/api/links": {"destinationUrl": "https://example.com/a"},
        "/api/barcode": {"type": "CODE128", "value": "INK-1"},
    }[path]
    answer = await client.post(path, json=body, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_rule_fires_and_tells_when(client: Client, tenant: Tenant) -> None:
    code = await an_asset(client, tenant, "/api/qr")
    alert = await made(client, tenant, assetId=code)
    asset, owner = unprefixed("qr", code), unprefixed("org", tenant.organization)
    assert asset is not None
    assert owner is not None
    await a_batch([Seen(asset, owner, NOW - MINUTE)] * 12)
    await judged()
    url = f"{rules_of(tenant)}/{alert['id']}"
    after = (await client.get(url, headers=tenant.workspace)).json()
    assert (after["state"], after["firedAt"]) == ("crossed", "2026-11-21T12:00:00.000Z")
    fired = (await client.get(f"{url}/firings", headers=tenant.workspace)).json()
    (one,) = fired["items"]
    assert (one["firedAt"], one["counted"], one["expected"]) == (after["firedAt"], 12, None)


@pytest.mark.parametrize(
    ("path", "prefix"), [("/api/qr", "qr_"), ("/api/links", "lnk_"), ("/api/barcode", "bc_")]
)
async def test_a_rule_is_about_what_its_id_names(
    client: Client, tenant: Tenant, path: str, prefix: str
) -> None:
    asset = await an_asset(client, tenant, path)
    alert = await made(client, tenant, assetId=asset)
    assert alert["assetId"] == asset
    assert asset.startswith(prefix)
    await made(client, tenant)
    query = {"assetId": asset}
    listed = await client.get(rules_of(tenant), params=query, headers=tenant.workspace)
    assert [one["id"] for one in listed.json()["items"]] == [alert["id"]]


async def test_a_rule_is_changed_under_its_etag_and_deleted(client: Client, tenant: Tenant) -> None:
    alert = await made(client, tenant)
    url = f"{rules_of(tenant)}/{alert['id']}"
    changes = {"threshold": 20, "isActive": False}
    headers = {**tenant.workspace, "If-Match": '"1"'}
    changed = await client.patch(url, json=changes, headers=headers)
    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert (changed.json()["threshold"], changed.json()["isActive"]) == (20, False)
    assert (await client.patch(url, json=changes, headers=headers)).status_code == 412
    assert (await client.delete(url, headers=tenant.workspace)).status_code == 204
    assert (await client.get(url, headers=tenant.workspace)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"threshold": None}, "threshold"),
        ({"windowMinutes": 17}, "windowMinutes"),
        ({"kind": "spike", "threshold": None, "windowMinutes": 10080}, "windowMinutes"),
        ({"kind": "silence"}, "threshold"),
        ({"assetId": "usr_00"}, "assetId"),
        ({"name": " "}, "name"),
        ({"workspaceId": "x"}, "workspaceId"),
    ],
)
async def test_a_wrong_rule_is_refused_by_its_field(
    client: Client, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(rules_of(tenant), json={**OVER, **body}, headers=tenant.workspace)
    assert answer.status_code == 422 or answer.status_code == 400
    assert answer.json()["fields"].keys() == {field}


async def test_what_a_kind_needs_not_is_usual(client: Client, tenant: Tenant) -> None:
    alert = await made(client, tenant, kind="spike", threshold=None, windowMinutes=None)
    assert (alert["factor"], alert["windowMinutes"]) == (3.0, 1440)
    first = await made(client, tenant, kind="first_scan", threshold=None, windowMinutes=None)
    assert (first["factor"], first["windowMinutes"]) == (None, None)


async def test_another_tenants_rule_and_asset_are_not_found(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    code = await an_asset(client, tenant, "/api/qr")
    alert = await made(client, tenant, assetId=code)
    body = {**OVER, "assetId": code}
    answer = await client.post(rules_of(stranger), json=body, headers=stranger.workspace)
    assert answer.status_code == 404
    for base in (rules_of(stranger), rules_of(tenant)):
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/firings")):
            url = f"{base}/{alert['id']}{path}"
            json = {"isActive": False} if method == "PATCH" else None
            answer = await client.request(method, url, json=json, headers=stranger.workspace)
            assert answer.status_code == 404
