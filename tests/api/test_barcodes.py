"""`/api/barcode`: barcodes as the dashboard sees them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.sessions import AuthenticateSession, authenticate_session
from tests.api.conftest import Client, Tenant, held_by, png_size
from tests.builders.shelf import a_folder

ALL = "/api/barcode"
PENCIL = {"type": "EAN13", "value": "400638133393"}
BINDING = {"provider": "shopify", "externalId": "42", "url": "https://shop.example/42"}


async def make(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    answer = await client.post(ALL, json={**PENCIL, **more}, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def folder_of(tenant: Tenant) -> str:
    token = tenant.workspace["Cookie"].partition("=")[2]
    organization = UUID(tenant.organization.removeprefix("org_"))
    by = await authenticate_session(AuthenticateSession(token, organization))
    return f"fld_{(await a_folder(by, 'Shelf')).id.hex}"


async def test_a_barcode_is_made_with_all_its_fields(client: Client, tenant: Tenant) -> None:
    folder = await folder_of(tenant)
    more = {
        "type": "ean-13",
        "name": "Pencil",
        "description": "HB",
        "style": {"foreground": "#102040", "label": {"size": 3}},
        "isActive": False,
        "integration": BINDING,
        "folderId": folder,
        "tags": ["blue"],
    }
    made = await make(client, tenant, **more)
    spelled = made["id"]
    assert made == {
        **more,
        "id": spelled,
        "type": "EAN13",
        "value": "400638133393",
        "normalizedValue": "4006381333931",
        "text": "4 006381 333931",
        "imageUrl": f"/api/barcode/{spelled}/image",
        "creator": {"id": f"usr_{tenant.owner}", "name": "Ada"},
        "scanCount": 0,
        "lastScannedAt": None,
        "folderName": "Shelf",
        "workspaceId": made["workspaceId"],
        "version": 1,
        "createdAt": "2026-11-21T12:00:00.000Z",
        "updatedAt": "2026-11-21T12:00:00.000Z",
        "archivedAt": None,
        "deletedAt": None,
    }
    assert len(spelled) == 35
    assert spelled.startswith("bc_")
    for known in (spelled, str(UUID(spelled.removeprefix("bc_")))):
        answer = await client.get(f"{ALL}/{known}", headers=tenant.workspace)
        assert (answer.status_code, answer.json()) == (200, made)
        assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"value": "4006381333932"}, "value", "The check digit of 400638133393 is 1, not 2."),
        ({"type": "QR"}, "type", "Choose one of"),
        ({"value": ""}, "value", "at least 1"),
        ({"value": "1" * 4001}, "value", "at most 4000"),
        ({"value": 400638133393}, "value", "string"),
        ({"name": "n" * 201}, "name", "200"),
        ({"name": "a\x00b"}, "name", "control characters"),
        ({"style": {"a": "b\x00"}}, "style", "."),
        ({"style": {"a": "b" * 9000}}, "style", "bytes"),
        ({"style": []}, "style", "dictionary"),
        ({"isActive": 1}, "isActive", "boolean"),
        ({"folderId": "nonsense"}, "folderId", "fld_"),
        ({"workspaceId": "nonsense"}, "workspaceId", "wsp_"),
        ({"tags": [""]}, "tags", "name"),
        ({"integration": {"provider": "shop"}}, "integration.externalId", "required"),
        (
            {"integration": {"provider": "shop", "externalId": " "}},
            "integration.externalId",
            "Give the id",
        ),
        ({"integration": {**BINDING, "url": "javascript:1"}}, "integration.url", "http"),
        ({"normalizedValue": "1"}, "normalizedValue", "not known"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(
    client: Client, tenant: Tenant, database: AsyncConnection, body: Any, field: str, sentence: str
) -> None:
    answer = await client.post(ALL, json={**PENCIL, **body}, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    (told,) = answer.json()["fields"].items()
    assert told[0] == field
    assert sentence in " ".join(told[1])
    assert await database.scalar(text("SELECT count(*) FROM barcode")) == 0


async def test_a_list_is_searched_filtered_and_paged(client: Client, tenant: Tenant) -> None:
    folder = await folder_of(tenant)
    await make(client, tenant, name="Pencil", folderId=folder, tags=["blue"])
    await make(client, tenant, name="Pen", type="CODE128", value="PEN-1", isActive=False)

    async def ask(**query: Any) -> tuple[list[str], int]:
        answer = await client.get(ALL, params=query, headers=tenant.workspace)
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json()["items"]], answer.json()["total"]

    assert await ask(search="pencil") == (["Pencil"], 1)
    assert await ask(search="PEN-1") == (["Pen"], 1)
    assert await ask(search="4006381333931") == (["Pencil"], 1)
    assert await ask(folderId=folder) == (["Pencil"], 1)
    assert await ask(tag="BLUE") == (["Pencil"], 1)
    assert await ask(filter="inactive") == (["Pen"], 1)
    assert await ask(sort="name") == (["Pen", "Pencil"], 2)
    whole = (await client.get(ALL, params={"pageSize": 1}, headers=tenant.workspace)).json()
    assert {key: whole[key] for key in ("total", "page", "pageSize", "summary")} == {
        "total": 2,
        "page": 1,
        "pageSize": 1,
        "summary": {"total": 2, "active": 1, "scanCount": 0},
    }
    after = {"pageSize": 1, "cursor": whole["nextCursor"]}
    rest = (await client.get(ALL, params=after, headers=tenant.workspace)).json()
    assert {whole["items"][0]["name"], rest["items"][0]["name"]} == {"Pen", "Pencil"}
    assert rest["nextCursor"] is None


async def test_a_change_touches_what_is_given_only(client: Client, tenant: Tenant) -> None:
    folder = await folder_of(tenant)
    made = await make(client, tenant, name="Pencil", integration=BINDING, folderId=folder)
    path = f"{ALL}/{made['id']}"

    async def change(**body: Any) -> dict[str, Any]:
        answer = await client.patch(path, json=body, headers=tenant.workspace)
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    assert await change() == made
    moved = {**made, "folderId": None, "folderName": None, "version": 2}
    assert await change(folderId=None) == moved
    unbound = {**moved, "integration": None, "version": 3}
    assert await change(integration=None) == unbound
    as_upc = {"type": "UPCA", "value": "03600029145"}
    derived = {"normalizedValue": "036000291452", "text": "0 36000 29145 2"}
    assert await change(**as_upc) == {**unbound, **as_upc, **derived, "version": 4}
    for body in ({"type": "EAN8"}, {"name": None}, {"isActive": None}, {"workspaceId": None}):
        answer = await client.patch(path, json=body, headers=tenant.workspace)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


async def test_who_was_slower_is_told_so(client: Client, tenant: Tenant) -> None:
    path = f"{ALL}/{(await make(client, tenant))['id']}"
    first = {**tenant.workspace, "If-Match": '"1"'}
    answer = await client.patch(path, json={"name": "first"}, headers=first)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    slower = await client.patch(path, json={"name": "second"}, headers=first)
    assert (slower.status_code, slower.json()["code"]) == (412, "VERSION_MISMATCH")
    assert (await client.delete(path, headers=first)).status_code == 412
    current = {**tenant.workspace, "If-Match": '"2"'}
    assert (await client.delete(path, headers=current)).status_code == 204


async def test_a_barcode_is_put_away_and_taken_back(client: Client, tenant: Tenant) -> None:
    made = await make(client, tenant, name="Pencil")
    path = f"{ALL}/{made['id']}"

    async def names(state: str) -> list[str]:
        answer = await client.get(ALL, params={"state": state}, headers=tenant.workspace)
        return [item["name"] for item in answer.json()["items"]]

    aside = (await client.post(f"{path}/archive", headers=tenant.workspace)).json()
    assert aside["archivedAt"] == "2026-11-21T12:00:00.000Z"
    assert (await names("here"), await names("archived")) == ([], ["Pencil"])
    back = await client.post(f"{path}/unarchive", headers=tenant.workspace)
    assert back.json() == {**made, "version": back.json()["version"]}
    assert (await client.delete(path, headers=tenant.workspace)).status_code == 204
    assert (await client.get(path, headers=tenant.workspace)).status_code == 404
    assert (await names("here"), await names("trash")) == ([], ["Pencil"])
    restored = await client.post(f"{path}/restore", headers=tenant.workspace)
    told = restored.json()
    assert (restored.status_code, told) == (200, {**made, "version": told["version"]})
    assert restored.headers["etag"] == f'"{told["version"]}"'
    assert (await client.post(f"{path}/restore", headers=tenant.workspace)).status_code == 404


async def test_a_copy_is_a_barcode_of_its_own(client: Client, tenant: Tenant) -> None:
    made = await make(client, tenant, name="Pencil", integration=BINDING)
    path = f"{ALL}/{made['id']}/duplicate"
    copy = await client.post(path, headers=tenant.workspace)
    assert copy.status_code == 201
    assert (copy.json()["name"], copy.json()["integration"]) == ("Pencil (copy)", None)
    assert copy.json()["id"] != made["id"]
    named = await client.post(path, json={"name": "Pen"}, headers=tenant.workspace)
    assert named.json()["name"] == "Pen"


async def test_a_picture_is_read_back(client: Client, tenant: Tenant) -> None:
    made = await make(client, tenant)
    answer = await client.get(made["imageUrl"], params={"size": 512}, headers=tenant.workspace)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert png_size(answer.content)[0] == 512
    assert held_by(answer.content) == "4006381333931"
    drawn = await client.get(made["imageUrl"], params={"format": "svg"}, headers=tenant.workspace)
    assert drawn.headers["content-type"] == "image/svg+xml"


async def test_a_picture_that_a_browser_has_is_not_sent_again(
    client: Client, tenant: Tenant
) -> None:
    code = {"destinationUrl": "https://example.com/a"}
    of_code = await client.post("/api/qr", json=code, headers=tenant.workspace)
    for path in ((await make(client, tenant))["imageUrl"], of_code.json()["imageUrl"]):
        first = await client.get(path, headers=tenant.workspace)
        assert first.headers["cache-control"] == "private, max-age=60"
        assert first.headers["vary"].startswith("Cookie")
        known = {**tenant.workspace, "If-None-Match": first.headers["etag"]}
        again = await client.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        drawn = await client.get(path, params={"format": "svg"}, headers=known)
        assert drawn.status_code == 200


async def test_a_picture_that_cannot_be_drawn_is_unsupported(
    client: Client, tenant: Tenant
) -> None:
    made = await make(client, tenant)
    answer = await client.get(made["imageUrl"], params={"size": 64}, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (422, "UNSUPPORTED")
    assert "at least" in answer.json()["error"]
    for query in ({"size": 15}, {"size": 4097}, {"format": "gif"}):
        refused = await client.get(made["imageUrl"], params=query, headers=tenant.workspace)
        assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_FAILED")


async def test_a_strangers_barcode_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    made = await make(client, tenant)
    path = f"{ALL}/{made['id']}"
    for answer in (
        await client.get(path, headers=stranger.workspace),
        await client.get(f"{path}/image", headers=stranger.workspace),
        await client.patch(path, json={"name": "mine"}, headers=stranger.workspace),
        await client.delete(path, headers=stranger.workspace),
        await client.get(f"{ALL}/nonsense", headers=tenant.workspace),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert (await client.get(path, headers=tenant.workspace)).json() == made
