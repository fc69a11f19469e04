"""Up to 1,000 things in one call: a result for each, as a call about it alone would answer."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant

GOOD: dict[str, dict[str, Any]] = {
    "qr": {"destinationUrl": "https://example.com/a"},
    "links": {"destinationUrl": "https://example.com/a"},
    "barcode": {"type": "EAN13", "value": "4006381333931"},
}
BAD: dict[str, dict[str, Any]] = {
    "qr": {"destinationUrl": "javascript:alert(1)"},
    "links": {"destinationUrl": "data:text/html,x"},
    "barcode": {"type": "EAN13", "value": "4006381333930"},
}
PREFIXES = {"qr": "qr", "links": "lnk", "barcode": "bc"}
FIELDS = {"qr": "destinationUrl", "links": "destinationUrl", "barcode": "value"}

MANY = 1000 if os.environ.get("INKLOOM_PROOF") == "full" else 200

nouns = pytest.mark.parametrize("noun", list(GOOD))


@nouns
async def test_each_is_made_or_refused_by_itself(
    client: Client, tenant: Tenant, noun: str, database: AsyncConnection
) -> None:
    body = {"items": [GOOD[noun], BAD[noun], GOOD[noun]]}
    answer = await client.post(f"/api/{noun}/bulk", json=body, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["succeeded"], told["failed"]) == (2, 1)
    first, second, third = told["results"]
    assert first["id"].startswith(f"{PREFIXES[noun]}_")
    assert first["error"] is None
    assert (second["id"], second["index"]) == (None, 1)
    assert second["error"]["code"] == "VALIDATION_FAILED"
    assert list(second["error"]["fields"]) == [FIELDS[noun]]
    one = await client.get(f"/api/{noun}/{third['id']}", headers=tenant.workspace)
    assert one.status_code == 200


@nouns
async def test_many_are_changed_and_thrown_away(client: Client, tenant: Tenant, noun: str) -> None:
    made = await client.post(
        f"/api/{noun}/bulk", json={"items": [GOOD[noun]] * 3}, headers=tenant.workspace
    )
    ids = [result["id"] for result in made.json()["results"]]
    missing = f"{PREFIXES[noun]}_" + "0" * 32
    changes = [
        {"id": ids[0], "name": "first"},
        {"id": missing, "name": "nobody"},
        {"id": ids[1], "name": "second", "version": 7},
    ]
    answer = await client.patch(
        f"/api/{noun}/bulk", json={"items": changes}, headers=tenant.workspace
    )
    codes = [(r["error"] or {}).get("code") for r in answer.json()["results"]]
    assert codes == [None, "NOT_FOUND", "VERSION_MISMATCH"]
    first = await client.get(f"/api/{noun}/{ids[0]}", headers=tenant.workspace)
    assert first.json()["name"] == "first"
    gone = await client.post(
        f"/api/{noun}/bulk/delete", json={"ids": [*ids[:2], missing]}, headers=tenant.workspace
    )
    assert (gone.json()["succeeded"], gone.json()["failed"]) == (2, 1)
    left = await client.get(f"/api/{noun}", headers=tenant.workspace)
    assert [item["id"] for item in left.json()["items"]] == ids[2:]


@nouns
async def test_the_ids_of_another_tenant_are_not_there(
    client: Client, tenant: Tenant, stranger: Tenant, noun: str
) -> None:
    made = await client.post(f"/api/{noun}", json=GOOD[noun], headers=tenant.workspace)
    stolen = made.json()["id"]
    answer = await client.patch(
        f"/api/{noun}/bulk",
        json={"items": [{"id": stolen, "name": "mine"}]},
        headers=stranger.workspace,
    )
    assert answer.json()["results"][0]["error"]["code"] == "NOT_FOUND"
    gone = await client.post(
        f"/api/{noun}/bulk/delete", json={"ids": [stolen]}, headers=stranger.workspace
    )
    assert gone.json()["results"][0]["error"]["code"] == "NOT_FOUND"
    mine = await client.get(f"/api/{noun}/{stolen}", headers=tenant.workspace)
    assert (mine.status_code, mine.json()["name"]) == (200, made.json()["name"])


@nouns
@pytest.mark.parametrize("count", [0, 1001])
async def test_none_and_too_many_are_refused(
    client: Client, tenant: Tenant, noun: str, count: int
) -> None:
    answer = await client.post(
        f"/api/{noun}/bulk", json={"items": [GOOD[noun]] * count}, headers=tenant.workspace
    )
    assert answer.status_code == 400
    assert "items" in answer.json()["fields"]


@nouns
async def test_a_call_that_is_sent_again_makes_nothing_twice(
    client: Client, tenant: Tenant, noun: str
) -> None:
    headers = {**tenant.workspace, "Idempotency-Key": f"bulk-{noun}"}
    body = {"items": [GOOD[noun]] * 2}
    first = await client.post(f"/api/{noun}/bulk", json=body, headers=headers)
    again = await client.post(f"/api/{noun}/bulk", json=body, headers=headers)
    assert first.json() == again.json()
    assert (await client.get(f"/api/{noun}", headers=tenant.workspace)).json()["total"] == 2


@pytest.mark.parametrize("noun", ["qr", "links"])
async def test_passwords_are_set_one_by_one(client: Client, tenant: Tenant, noun: str) -> None:
    item = {**GOOD[noun], "password": "open sesame"}
    answer = await client.post(
        f"/api/{noun}/bulk", json={"items": [item]}, headers=tenant.workspace
    )
    assert list(answer.json()["results"][0]["error"]["fields"]) == ["password"]


@nouns
async def test_the_order_of_work_is_that_of_the_things_however_they_are_spelled(
    client: Client, tenant: Tenant, noun: str, database: AsyncConnection
) -> None:
    made = await client.post(
        f"/api/{noun}/bulk", json={"items": [GOOD[noun]] * 3}, headers=tenant.workspace
    )
    first, second, third = sorted(UUID(r["id"].split("_")[1]) for r in made.json()["results"])
    # By its text the third, in capitals, would come before the first.
    ids = [third.hex.upper(), str(second), f"{PREFIXES[noun]}_{first.hex}"]
    items = [{"id": spelled, "name": "changed"} for spelled in ids]
    for method, path, body in (
        ("PATCH", f"/api/{noun}/bulk", {"items": items}),
        ("POST", f"/api/{noun}/bulk/delete", {"ids": ids}),
    ):
        await database.execute(text("DELETE FROM event"))
        answer = await client.request(method, path, json=body, headers=tenant.workspace)
        assert answer.json()["succeeded"] == 3, answer.text
        done = await database.scalars(text("SELECT asset_id FROM event ORDER BY sequence"))
        assert list(done) == [first, second, third]


async def test_very_many_in_one_call(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    body = {"items": [GOOD["links"]] * MANY}
    answer = await client.post("/api/links/bulk", json=body, headers=tenant.workspace)
    assert answer.json()["succeeded"] == MANY
    assert await database.scalar(text("SELECT count(DISTINCT slug) FROM link")) == MANY
