"""Inventory and scans of barcodes, as the dashboard asks for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client, Tenant

ITEMS = "/api/inventory/items"
MOVEMENTS = "/api/inventory/movements"


async def an_item(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    body = {"name": "Oat milk", "openingStock": {"main": 10}, **more}
    made = await client.post(ITEMS, json=body, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    item: dict[str, Any] = made.json()
    return item


async def a_barcode(client: Client, tenant: Tenant) -> str:
    body = {"type": "EAN13", "value": "4006381333931"}
    made = await client.post("/api/barcode", json=body, headers=tenant.workspace)
    return str(made.json()["id"])


async def test_an_item_is_made_and_fetched(client: Client, tenant: Tenant) -> None:
    barcode = await a_barcode(client, tenant)
    given = {
        "sku": "OAT-1",
        "unit": "carton",
        "threshold": 20,
        "allowsNegative": True,
        "barcodeId": barcode,
    }
    item = await an_item(client, tenant, **given)
    assert (item["id"][:4], item["workspaceId"][:4], item["isLow"]) == ("inv_", "wsp_", True)
    assert {name: item[name] for name in given} == given
    assert (item["quantity"], item["levels"]) == (10, [{"location": "main", "quantity": 10}])
    fetched = await client.get(f"{ITEMS}/{item['id']}", headers=tenant.workspace)
    assert (fetched.json(), fetched.headers["etag"]) == (item, '"1"')


async def test_an_item_is_changed_listed_and_deleted(client: Client, tenant: Tenant) -> None:
    barcode = await a_barcode(client, tenant)
    item = await an_item(client, tenant, sku="OAT-1", threshold=20, barcodeId=barcode)
    one = f"{ITEMS}/{item['id']}"
    body = {"threshold": None, "barcodeId": None, "name": "Oat drink"}
    headers = {**tenant.workspace, "If-Match": '"1"'}
    changed = await client.patch(one, json=body, headers=headers)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json() == {**item, **body, "isLow": False, "version": 2}
    lost = await client.patch(one, json={"name": "Lost"}, headers=headers)
    assert (lost.status_code, lost.json()["code"]) == (412, "VERSION_MISMATCH")
    listed = await client.get(f"{ITEMS}?search=oat-1", headers=tenant.workspace)
    assert listed.json() == {
        "items": [changed.json()],
        "total": 1,
        "page": 1,
        "pageSize": 25,
        "nextCursor": None,
        "summary": {"total": 1, "low": 0, "quantity": 10},
    }
    assert (await client.delete(one, headers=headers)).status_code == 412
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    assert (await client.get(one, headers=tenant.workspace)).status_code == 404


async def test_stock_is_moved_and_every_movement_is_listed(client: Client, tenant: Tenant) -> None:
    item, other = await an_item(client, tenant), await an_item(client, tenant)
    one = f"{ITEMS}/{item['id']}"
    body = {"type": "transfer", "quantity": 4, "fromLocation": "main", "toLocation": "shop"}
    moved = await client.post(f"{one}/movements", json=body, headers=tenant.workspace)
    assert moved.status_code == 201
    movement = moved.json()
    assert movement["id"].startswith("mov_")
    assert {name: movement[name] for name in (*body, "balance", "itemId", "itemName")} == {
        **body,
        "balance": 10,
        "itemId": item["id"],
        "itemName": "Oat milk",
    }
    now = (await client.get(one, headers=tenant.workspace)).json()
    assert now["levels"] == [
        {"location": "main", "quantity": 6},
        {"location": "shop", "quantity": 4},
    ]
    its = (await client.get(f"{one}/movements", headers=tenant.workspace)).json()
    assert (its["total"], its["items"][0]) == (2, movement)
    first = (await client.get(f"{MOVEMENTS}?pageSize=2", headers=tenant.workspace)).json()
    rest = (
        await client.get(
            f"{MOVEMENTS}?pageSize=2&cursor={first['nextCursor']}", headers=tenant.workspace
        )
    ).json()
    listed = [*first["items"], *rest["items"]]
    assert [each["itemId"] for each in listed] == [item["id"], other["id"], item["id"]]
    assert (first["total"], rest["nextCursor"]) == (3, None)


async def test_more_than_there_is_conflicts(client: Client, tenant: Tenant) -> None:
    item = await an_item(client, tenant)
    body = {"type": "out", "quantity": 11}
    path = f"{ITEMS}/{item['id']}/movements"
    answer = await client.post(path, json=body, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (409, "STOCK_TOO_LOW")
    assert "There are 10 of this item and 11 were asked for" in answer.json()["error"]


async def test_a_movement_sent_again_is_made_once(client: Client, tenant: Tenant) -> None:
    item = await an_item(client, tenant)
    body = {"type": "out", "quantity": 3}
    path = f"{ITEMS}/{item['id']}/movements"
    headers = {**tenant.workspace, "Idempotency-Key": "sale-17"}
    answers = [await client.post(path, json=body, headers=headers) for _ in range(3)]
    assert {answer.content for answer in answers} == {answers[0].content}
    now = (await client.get(f"{ITEMS}/{item['id']}", headers=tenant.workspace)).json()
    assert now["quantity"] == 7


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x", "sku": ""}, "sku"),
        ({"name": "x", "threshold": 2**63}, "threshold"),
        ({"name": "x", "threshold": "6"}, "threshold"),
        ({"name": "x", "quantity": 5}, "quantity"),
        ({"name": "x", "openingStock": {"main": 10**12 + 1}}, "openingStock.main"),
        ({"name": "x", "openingStock": {" ": 1}}, "openingStock"),
        ({"name": "x", "barcodeId": "nonsense"}, "barcodeId"),
        ({"name": "x", "workspaceId": "nonsense"}, "workspaceId"),
    ],
)
async def test_a_wrong_field_of_an_item_is_named(
    client: Client, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(ITEMS, json=body, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"quantity": 1}, "type"),
        ({"type": "lost", "quantity": 1}, "type"),
        ({"type": "in"}, "quantity"),
        ({"type": "in", "quantity": 0}, "quantity"),
        ({"type": "in", "quantity": 10**12 + 1}, "quantity"),
        ({"type": "in", "quantity": 1.5}, "quantity"),
        ({"type": "in", "quantity": 1, "fromLocation": "shop"}, "fromLocation"),
        ({"type": "transfer", "quantity": 1, "fromLocation": "main"}, "toLocation"),
        ({"type": "in", "quantity": 1, "note": "a\x00b"}, "note"),
    ],
)
async def test_a_wrong_field_of_a_movement_is_named(
    client: Client, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    item = await an_item(client, tenant)
    path = f"{ITEMS}/{item['id']}/movements"
    answer = await client.post(path, json=body, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


async def test_a_taken_sku_conflicts_and_negative_stock_is_not_forbidden(
    client: Client, tenant: Tenant
) -> None:
    item = await an_item(client, tenant, sku="OAT-1", allowsNegative=True)
    body = {"name": "Other", "sku": "OAT-1"}
    taken = await client.post(ITEMS, json=body, headers=tenant.workspace)
    assert (taken.status_code, taken.json()["code"]) == (409, "NAME_TAKEN")
    one = f"{ITEMS}/{item['id']}"
    out = {"type": "out", "quantity": 11}
    await client.post(f"{one}/movements", json=out, headers=tenant.workspace)
    refused = await client.patch(one, json={"allowsNegative": False}, headers=tenant.workspace)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["allowsNegative"])


async def test_low_items_are_listed_and_pages_follow_cursors(
    client: Client, tenant: Tenant
) -> None:
    made = [await an_item(client, tenant, threshold=n) for n in (3, 10, 30)]
    low = (await client.get(f"{ITEMS}?lowOnly=true", headers=tenant.workspace)).json()
    assert {item["id"] for item in low["items"]} == {item["id"] for item in made[1:]}
    assert low["summary"] == {"total": 3, "low": 2, "quantity": 30}
    seen, cursor = [], ""
    while cursor is not None:
        path = f"{ITEMS}?pageSize=2" + (f"&cursor={cursor}" if cursor else "")
        page = (await client.get(path, headers=tenant.workspace)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert sorted(seen) == sorted(item["id"] for item in made)
    for path in (ITEMS, MOVEMENTS):
        wrong = await client.get(f"{path}?cursor=nonsense", headers=tenant.workspace)
        assert (wrong.status_code, wrong.json()["code"]) == (400, "CURSOR_INVALID")


async def test_a_barcode_is_scanned_and_moves_stock(client: Client, tenant: Tenant) -> None:
    barcode = await a_barcode(client, tenant)
    path = f"/api/barcode/{barcode}/scan"
    bare = await client.post(path, json={}, headers=tenant.workspace)
    assert (bare.status_code, bare.json()["scanCount"], bare.json()["items"]) == (201, 1, [])
    item = await an_item(client, tenant, barcodeId=barcode)
    body = {
        "place": "Dock 3",
        "note": "Sale",
        "movement": {"type": "out", "quantity": 4, "location": "main"},
    }
    answer = await client.post(path, json=body, headers=tenant.workspace)
    scan = answer.json()
    assert (answer.status_code, scan["scanCount"]) == (201, 2)
    assert (scan["id"][:4], scan["barcodeId"], scan["place"]) == ("scn_", barcode, "Dock 3")
    assert scan["items"] == [
        {"id": item["id"], "name": "Oat milk", "sku": None, "quantity": 6},
    ]
    assert (scan["movement"]["balance"], scan["movement"]["note"]) == (6, "Sale")
    seen = await client.get(f"/api/barcode/{barcode}", headers=tenant.workspace)
    assert (seen.json()["scanCount"], seen.json()["lastScannedAt"]) == (2, scan["scannedAt"])
    again = await client.post(
        path, json={"movement": {"type": "out", "quantity": 7}}, headers=tenant.workspace
    )
    assert (again.status_code, again.json()["code"]) == (409, "STOCK_TOO_LOW")


@pytest.mark.parametrize(
    ("movement", "field"),
    [
        ({"type": "transfer", "quantity": 1}, "movement.type"),
        ({"type": "in", "quantity": 0}, "movement.quantity"),
        ({"type": "in", "quantity": 1, "location": " "}, "movement.location"),
        ({"type": "in", "quantity": 1, "itemId": "nonsense"}, "movement.itemId"),
        ({"type": "in", "quantity": 1, "itemId": "inv_" + "0" * 32}, "movement.itemId"),
    ],
)
async def test_a_wrong_field_of_a_scan_is_named(
    client: Client, tenant: Tenant, movement: dict[str, Any], field: str
) -> None:
    barcode = await a_barcode(client, tenant)
    await an_item(client, tenant, barcodeId=barcode)
    answer = await client.post(
        f"/api/barcode/{barcode}/scan", json={"movement": movement}, headers=tenant.workspace
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


async def test_a_barcode_that_is_off_is_refused_in_a_sentence(
    client: Client, tenant: Tenant
) -> None:
    one = f"/api/barcode/{await a_barcode(client, tenant)}"
    await client.patch(one, json={"isActive": False}, headers=tenant.workspace)
    answer = await client.post(f"{one}/scan", json={}, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_NOW")
    assert "switched off" in answer.json()["error"]
    await client.delete(one, headers=tenant.workspace)
    assert (await client.post(f"{one}/scan", json={}, headers=tenant.workspace)).status_code == 404


async def test_a_stranger_meets_nothing(client: Client, tenant: Tenant, stranger: Tenant) -> None:
    barcode = await a_barcode(client, tenant)
    item = await an_item(client, tenant, barcodeId=barcode)
    one = f"{ITEMS}/{item['id']}"
    out = {"type": "out", "quantity": 1}
    for method, path, body in (
        ("GET", one, None),
        ("PATCH", one, {"name": "Mine"}),
        ("DELETE", one, None),
        ("GET", f"{one}/movements", None),
        ("POST", f"{one}/movements", out),
        ("POST", f"/api/barcode/{barcode}/scan", {}),
        ("GET", f"{ITEMS}/nonsense", None),
    ):
        answer = await client.request(method, path, json=body, headers=stranger.workspace)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    for path in (ITEMS, MOVEMENTS):
        assert (await client.get(path, headers=stranger.workspace)).json()["total"] == 0
    assert (await client.get(one, headers=tenant.workspace)).json() == item
