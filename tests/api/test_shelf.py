"""Folders, tags and UTM templates in the workspace language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client, Tenant

FOLDERS = "/api/folders"
TAGS = "/api/tags"
TEMPLATES = "/api/utm-templates"


async def made(client: Client, tenant: Tenant, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_folder_is_made_fetched_and_listed(client: Client, tenant: Tenant) -> None:
    top = await made(client, tenant, FOLDERS, {"name": "Print", "colour": "#0f766e"})
    inner = await made(client, tenant, FOLDERS, {"name": "Posters", "parentId": top["id"]})
    assert top["id"].startswith("fld_")
    assert inner == {
        "id": inner["id"],
        "workspaceId": top["workspaceId"],
        "parentId": top["id"],
        "name": "Posters",
        "colour": None,
        "path": ["Print", "Posters"],
        "assetCount": 0,
        "version": 1,
        "createdAt": "2026-11-21T12:00:00.000Z",
        "updatedAt": "2026-11-21T12:00:00.000Z",
        "archivedAt": None,
    }
    fetched = await client.get(f"{FOLDERS}/{inner['id']}", headers=tenant.workspace)
    assert fetched.json() == inner
    listed = await client.get(
        f"{FOLDERS}?orgId={tenant.organization}&workspaceId={top['workspaceId']}",
        headers=tenant.workspace,
    )
    assert listed.json() == {"items": [inner, top], "total": 2, "page": 1, "pageSize": 25}


async def test_a_code_in_a_folder_is_counted_and_moves_up_when_it_goes(
    client: Client, tenant: Tenant
) -> None:
    top = await made(client, tenant, FOLDERS, {"name": "Print"})
    inner = await made(client, tenant, FOLDERS, {"name": "Posters", "parentId": top["id"]})
    body = {"destinationUrl": "https://example.com", "folderId": inner["id"]}
    code = await made(client, tenant, "/api/qr", body)
    seen = await client.get(f"{FOLDERS}/{inner['id']}", headers=tenant.workspace)
    assert seen.json()["assetCount"] == 1
    gone = await client.delete(f"{FOLDERS}/{inner['id']}", headers=tenant.workspace)
    assert (gone.status_code, gone.content) == (204, b"")
    moved = await client.get(f"/api/qr/{code['id']}", headers=tenant.workspace)
    assert moved.json()["folderId"] == top["id"]


async def test_null_moves_a_folder_to_the_top_and_what_is_left_out_stays(
    client: Client, tenant: Tenant
) -> None:
    top = await made(client, tenant, FOLDERS, {"name": "Print", "colour": "#0f766e"})
    inner = await made(
        client, tenant, FOLDERS, {"name": "Posters", "parentId": top["id"], "colour": "#0f766e"}
    )
    one = f"{FOLDERS}/{inner['id']}"
    assert (await client.patch(one, json={}, headers=tenant.workspace)).json() == inner
    moved = await client.patch(one, json={"parentId": None}, headers=tenant.workspace)
    assert moved.json() == {**inner, "parentId": None, "path": ["Posters"], "version": 2}
    plain = await client.patch(one, json={"colour": None}, headers=tenant.workspace)
    assert plain.json()["colour"] is None


async def test_a_folder_is_put_aside_and_back(client: Client, tenant: Tenant) -> None:
    folder = await made(client, tenant, FOLDERS, {"name": "Print"})
    one = f"{FOLDERS}/{folder['id']}"
    aside = await client.post(f"{one}/archive", headers=tenant.workspace)
    assert aside.json()["archivedAt"] == "2026-11-21T12:00:00.000Z"
    assert (await client.get(FOLDERS, headers=tenant.workspace)).json()["total"] == 0
    hidden = await client.get(f"{FOLDERS}?archived=true", headers=tenant.workspace)
    assert [item["id"] for item in hidden.json()["items"]] == [folder["id"]]
    back = await client.post(f"{one}/unarchive", headers=tenant.workspace)
    assert (back.status_code, back.json()) == (200, {**folder, "version": 3})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "A", "colour": "red"}, "colour"),
        ({"name": "A", "parentId": "nonsense"}, "parentId"),
        ({"name": "A", "workspaceId": "nonsense"}, "workspaceId"),
        ({"name": "A", "color": "#000000"}, "color"),
    ],
)
async def test_a_wrong_field_of_a_folder_is_named(
    client: Client, tenant: Tenant, body: Any, field: str
) -> None:
    answer = await client.post(FOLDERS, json=body, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert list(answer.json()["fields"]) == [field]


async def test_a_folder_cannot_be_moved_into_itself(client: Client, tenant: Tenant) -> None:
    folder = await made(client, tenant, FOLDERS, {"name": "Print"})
    one = f"{FOLDERS}/{folder['id']}"
    answer = await client.patch(one, json={"parentId": folder["id"]}, headers=tenant.workspace)
    assert answer.status_code == 400
    assert "itself" in answer.json()["fields"]["parentId"][0]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (FOLDERS, {"name": "Summer"}),
        (TAGS, {"name": "Summer"}),
        (TEMPLATES, {"name": "Summer", "utm": {"source": "x"}}),
    ],
)
async def test_a_name_is_taken_whatever_its_case(
    client: Client, tenant: Tenant, path: str, body: dict[str, Any]
) -> None:
    await made(client, tenant, path, body)
    again = {**body, "name": "SUMMER"}
    answer = await client.post(path, json=again, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (409, "NAME_TAKEN")


async def test_a_tag_is_made_found_changed_and_taken_away(client: Client, tenant: Tenant) -> None:
    tag = await made(client, tenant, TAGS, {"name": "Summer", "colour": "#b45309"})
    assert tag["id"].startswith("tag_")
    body = {"destinationUrl": "https://example.com", "tags": ["summer"]}
    code = await made(client, tenant, "/api/qr", body)
    found = await client.get(f"{TAGS}?search=UMM", headers=tenant.workspace)
    assert found.json() == {
        "items": [{**tag, "assetCount": 1}],
        "total": 1,
        "page": 1,
        "pageSize": 25,
    }
    one = f"{TAGS}/{tag['id']}"
    renamed = await client.patch(one, json={"name": "Sun"}, headers=tenant.workspace)
    assert renamed.json() == {**tag, "name": "Sun", "assetCount": 1, "version": 2}
    assert (await client.get(one, headers=tenant.workspace)).json() == renamed.json()
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    left = await client.get(f"/api/qr/{code['id']}", headers=tenant.workspace)
    assert left.json()["tags"] == []


async def test_a_tag_ends_in_another(client: Client, tenant: Tenant) -> None:
    old = await made(client, tenant, TAGS, {"name": "Old"})
    new = await made(client, tenant, TAGS, {"name": "New"})
    body = {"destinationUrl": "https://example.com", "tags": ["Old"]}
    code = await made(client, tenant, "/api/qr", body)
    merge = f"{TAGS}/{old['id']}/merge"
    left = await client.post(merge, json={"into": new["id"]}, headers=tenant.workspace)
    assert left.json() == {**new, "assetCount": 1}
    seen = await client.get(f"/api/qr/{code['id']}", headers=tenant.workspace)
    assert seen.json()["tags"] == ["New"]
    again = await client.post(merge, json={"into": new["id"]}, headers=tenant.workspace)
    assert again.status_code == 404
    same = {"into": new["id"]}
    itself = await client.post(f"{TAGS}/{new['id']}/merge", json=same, headers=tenant.workspace)
    assert (itself.status_code, list(itself.json()["fields"])) == (400, ["into"])


async def test_a_template_is_made_changed_and_taken_away(client: Client, tenant: Tenant) -> None:
    utm = {"source": "newsletter", "medium": "email"}
    template = await made(client, tenant, TEMPLATES, {"name": "Mail", "utm": utm})
    assert template["id"].startswith("utm_")
    assert template["utm"] == {**utm, "campaign": None, "term": None, "content": None}
    listed = await client.get(TEMPLATES, headers=tenant.workspace)
    assert listed.json()["items"] == [template]
    one = f"{TEMPLATES}/{template['id']}"
    changed = await client.patch(one, json={"utm": {"term": "x"}}, headers=tenant.workspace)
    assert changed.json()["utm"] == {**dict.fromkeys(template["utm"]), "term": "x"}
    assert (await client.get(one, headers=tenant.workspace)).json() == changed.json()
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    assert (await client.get(one, headers=tenant.workspace)).status_code == 404


@pytest.mark.parametrize("path", [FOLDERS, TAGS, TEMPLATES])
async def test_an_id_of_another_kind_is_not_found(
    client: Client, tenant: Tenant, path: str
) -> None:
    for other in ("nonsense", "qr_" + "0" * 32, "0" * 32):
        answer = await client.get(f"{path}/{other}", headers=tenant.workspace)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (FOLDERS, {"name": "Summer"}),
        (TAGS, {"name": "Summer"}),
        (TEMPLATES, {"name": "Summer", "utm": {"source": "x"}}),
    ],
)
async def test_a_change_of_another_version_is_refused(
    client: Client, tenant: Tenant, path: str, body: dict[str, Any]
) -> None:
    answer = await client.post(path, json=body, headers=tenant.workspace)
    assert (answer.headers["etag"], answer.json()["version"]) == ('"1"', 1)
    one = f"{path}/{answer.json()['id']}"
    read = {**tenant.workspace, "If-Match": answer.headers["etag"]}
    changed = await client.patch(one, json={"name": "Sun"}, headers=read)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    same = await client.patch(one, json={"name": "Sun"}, headers=tenant.workspace)
    assert same.headers["etag"] == '"2"'
    for late in (
        await client.patch(one, json={"name": "Late"}, headers=read),
        await client.delete(one, headers=read),
    ):
        assert (late.status_code, late.json()["code"]) == (412, "VERSION_MISMATCH")
    fetched = await client.get(one, headers=tenant.workspace)
    assert (fetched.json()["name"], fetched.headers["etag"]) == ("Sun", '"2"')
    current = {**tenant.workspace, "If-Match": '"2"'}
    assert (await client.delete(one, headers=current)).status_code == 204


async def test_a_folder_that_moves_up_is_another_version(client: Client, tenant: Tenant) -> None:
    top = await made(client, tenant, FOLDERS, {"name": "Print"})
    inner = await made(client, tenant, FOLDERS, {"name": "Posters", "parentId": top["id"]})
    await client.delete(f"{FOLDERS}/{top['id']}", headers=tenant.workspace)
    moved = await client.get(f"{FOLDERS}/{inner['id']}", headers=tenant.workspace)
    assert (moved.json()["parentId"], moved.headers["etag"]) == (None, '"2"')
