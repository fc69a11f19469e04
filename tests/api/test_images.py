"""`/api/images` and `/api/style-presets`: what a brand looks like."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from tests.api.conftest import Client, Tenant
from tests.builders.logo_files import a_picture, an_svg

IMAGES, PRESETS = "/api/images", "/api/style-presets"


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def made(client: Client, tenant: Tenant, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(path, json=body, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_image_is_uploaded_in_json_and_read(client: Client, tenant: Tenant) -> None:
    body = {"name": "Our logo", "content": in_base64(a_picture("JPEG", (2048, 1024)))}
    image = await made(client, tenant, IMAGES, body)
    assert image["id"].startswith("img_")
    assert (image["name"], image["width"], image["height"]) == ("Our logo", 1024, 512)
    one = await client.get(f"{IMAGES}/{image['id']}", headers=tenant.workspace)
    assert one.json() == image
    listed = await client.get(IMAGES, headers=tenant.workspace)
    assert (listed.json()["total"], listed.json()["items"]) == (1, [image])
    png = await client.get(image["url"], headers=tenant.workspace)
    assert png.headers["content-type"] == "image/png"
    assert png.headers["cache-control"].startswith("private")
    assert Image.open(io.BytesIO(png.content)).size == (1024, 512)
    known = {**tenant.workspace, "If-None-Match": png.headers["etag"]}
    assert (await client.get(image["url"], headers=known)).status_code == 304
    gone = await client.delete(f"{IMAGES}/{image['id']}", headers=tenant.workspace)
    assert gone.status_code == 204
    assert (await client.get(image["url"], headers=tenant.workspace)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image/png", a_picture()),
        ("image/svg+xml", an_svg()),
        ("image/jpeg", a_picture("WEBP")),
    ],
)
async def test_a_file_may_be_the_body_itself(
    client: Client, tenant: Tenant, kind: str, content: bytes
) -> None:
    headers = {**tenant.workspace, "Content-Type": kind}
    sent = await client.post(f"{IMAGES}?name=Sign", content=content, headers=headers)
    assert (sent.status_code, sent.json()["name"]) == (201, "Sign")
    again = await client.post(IMAGES, content=content, headers=headers)
    assert again.json() == sent.json()


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"name": "x"}, 400, "VALIDATION_FAILED", "content"),
        ({"content": "?"}, 400, "VALIDATION_FAILED", "content"),
        ({"content": in_base64(b"GIF89a")}, 400, "VALIDATION_FAILED", "content"),
        ({"content": in_base64(a_picture()), "name": 7}, 400, "VALIDATION_FAILED", "name"),
        ({"content": in_base64(a_picture()), "name": " "}, 400, "VALIDATION_FAILED", "name"),
        ({"content": in_base64(a_picture()), "x": 1}, 400, "VALIDATION_FAILED", "x"),
        ({"content": "A" * 2_900_000}, 400, "VALIDATION_FAILED", "content"),
        ([], 400, "INVALID_BODY", None),
    ],
)
async def test_a_bad_upload_is_told(
    client: Client, tenant: Tenant, body: Any, status: int, code: str, field: str | None
) -> None:
    answer = await client.post(IMAGES, json=body, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if field:
        assert list(answer.json()["fields"]) == [field]


async def test_a_body_that_is_neither_json_nor_an_image_is_refused(
    client: Client, tenant: Tenant
) -> None:
    for content in (b"", b"{", b"[" * 100_000, b"\xff", a_picture()):
        answer = await client.post(IMAGES, content=content, headers=tenant.workspace)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_BODY")
    headers = {**tenant.workspace, "Content-Type": "image/png"}
    large = await client.post(IMAGES, content=bytes(4 * 1024**2), headers=headers)
    assert large.status_code == 413


async def test_an_image_of_somebody_else_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    image = await made(client, tenant, IMAGES, {"content": in_base64(a_picture())})
    for path in (image["url"], f"{IMAGES}/{image['id']}", f"{IMAGES}/nonsense"):
        answer = await client.get(path, headers=stranger.workspace)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_a_preset_is_kept_changed_and_taken_away(client: Client, tenant: Tenant) -> None:
    style = {"foreground": "#7a2e0e"}
    preset = await made(client, tenant, PRESETS, {"name": "Autumn", "style": style})
    assert preset["id"].startswith("sty_")
    assert (preset["style"], preset["isDefault"], preset["version"]) == (style, False, 1)
    one = f"{PRESETS}/{preset['id']}"
    read = await client.get(one, headers=tenant.workspace)
    assert (read.headers["etag"], read.json()) == ('"1"', preset)
    expected = {**tenant.workspace, "If-Match": '"1"'}
    changed = await client.patch(one, json={"isDefault": True}, headers=expected)
    assert changed.json() == {**preset, "isDefault": True, "version": 2}
    late = await client.patch(one, json={"name": "Late"}, headers=expected)
    assert late.json()["code"] == "VERSION_MISMATCH"
    twice = await client.post(
        PRESETS, json={"name": "AUTUMN", "style": {}}, headers=tenant.workspace
    )
    assert (twice.status_code, twice.json()["code"]) == (409, "NAME_TAKEN")
    other = await made(client, tenant, PRESETS, {"name": "B", "style": {}, "isDefault": True})
    listed = (await client.get(PRESETS, headers=tenant.workspace)).json()["items"]
    assert [(item["name"], item["isDefault"]) for item in listed] == [
        ("Autumn", False),
        ("B", True),
    ]
    params = {"workspaceId": other["workspaceId"]}
    assert (await client.get(PRESETS, params=params, headers=tenant.workspace)).json()["total"] == 2
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    assert (await client.get(one, headers=tenant.workspace)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"style": {}}, "name"),
        ({"name": "x"}, "style"),
        ({"name": "", "style": {}}, "name"),
        ({"name": "x", "style": []}, "style"),
        ({"name": "x", "style": {"a": "b" * 9000}}, "style"),
        ({"name": "x", "style": {}, "isDefault": "yes"}, "isDefault"),
        ({"name": "x", "style": {}, "workspaceId": "nonsense"}, "workspaceId"),
    ],
)
async def test_a_wrong_preset_is_told(
    client: Client, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(PRESETS, json=body, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert list(answer.json()["fields"]) == [field]
