"""The studio dialect's pictures: every field, what it costs, and what is refused."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.pictures import Pictures
from activities.outside import Outside, install
from tests.api.conftest import Client, Tenant
from tests.api.test_pictures import a_code
from tests.render.looks import LOOKS, a_logo
from tests.render.readings import pixels_of, readings

GENERATE, VALIDATE = "/api/v1/generate/", "/api/v1/validate/"


@pytest.mark.parametrize("name", [name for name in LOOKS if "logo" not in name and name != "micro"])
async def test_every_field_of_a_style_can_be_generated(
    client: Client, tenant: Tenant, name: str, tmp_path: Path
) -> None:
    spelled = {"moduleShape": "module_shape", "eyeFrameShape": "eye_frame_shape"}
    spelled |= {"eyeBallShape": "eye_ball_shape", "eyeFrameColor": "eye_frame_color"}
    spelled |= {"eyeBallColor": "eye_ball_color"}
    look = {spelled.get(field, field): value for field, value in LOOKS[name].items()}
    answer = await client.post(GENERATE, json={"data": "Hello", **look}, headers=tenant.studio)
    assert answer.status_code == 200, answer.text
    assert readings(pixels_of(answer.content, "png", tmp_path)) == ["Hello"]


async def test_accept_names_the_kind_of_picture(client: Client, tenant: Tenant) -> None:
    for accept, media_type in (
        ("image/svg+xml", "image/svg+xml"),
        ("text/html, image/webp;q=0.9", "image/webp"),
        ("application/pdf", "application/pdf"),
        ("*/*", "image/png"),
    ):
        headers = {**tenant.studio, "Accept": accept}
        answer = await client.post(GENERATE, json={"data": "Hello"}, headers=headers)
        assert answer.headers["content-type"].partition(";")[0] == media_type
    both = {"data": "Hello", "format": "eps"}
    answer = await client.post(
        GENERATE, json=both, headers={**tenant.studio, "Accept": "image/png"}
    )
    assert answer.headers["content-type"] == "application/postscript", "the body wins"


async def test_a_picture_comes_in_json_with_its_score(
    client: Client, tenant: Tenant, tmp_path: Path
) -> None:
    headers = {**tenant.studio, "Accept": "application/json"}
    body = {"data": "Hello", "quiet_zone": 1, "size_inches": 2}
    told = (await client.post(GENERATE, json=body, headers=headers)).json()
    picture = base64.b64decode(told["image"])
    assert readings(pixels_of(picture, "png", tmp_path)) == ["Hello"]
    assert told["media_type"] == "image/png"
    assert told["score"] < 100
    assert [reason["code"] for reason in told["reasons"]] == ["quiet_zone"]
    assert told["distance_mm"] > 300
    assert told["short_id"] is None


@pytest.mark.parametrize(
    ("body", "field", "told"),
    [
        ({"data": "x", "foreground": "rouge"}, "foreground", "Invalid color 'rouge'"),
        ({"data": "x", "size_inches": 15.5}, "size_inches", "less than or equal to 15"),
        ({"data": "x", "gradient": {"colors": ["#111111"]}}, "gradient.colors", "2"),
        ({"data": "x", "module_shape": "heart"}, "module_shape", "square"),
        ({"data": "x" * 2954}, "data", "too long"),
        ({"data": ""}, "data", "empty"),
        ({"short_id": "nope"}, "detail", "QR code"),
        ({"data": "x", "size_inches": 4}, "detail", "up to 3 inches"),
        ({}, "data", "exactly one"),
    ],
)
async def test_what_cannot_be_generated_is_refused_at_its_field(
    client: Client, tenant: Tenant, body: dict[str, Any], field: str, told: str
) -> None:
    answer = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert answer.status_code in (400, 403, 404), answer.text
    assert told in str(answer.json()[field])


async def test_validation_tells_what_would_come_of_it(client: Client, tenant: Tenant) -> None:
    async def told(body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(VALIDATE, json=body, headers=tenant.studio)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    good = await told({"data": "Hello"})
    assert good["valid"]
    assert (good["errors"], good["payload"], good["score"]["score"]) == ({}, "Hello", 100)
    low = await told({"data": "Hello", "foreground": "#fefefe"})
    assert not low["valid"]
    assert "scores 0 of 100" in low["errors"]["detail"][0]
    assert low["score"]["reasons"]
    wrong = await told({"destination_url": "javascript:alert(1)", "foreground": "rouge"})
    assert sorted(wrong["errors"]) == ["destination_url", "foreground"]
    made = await told({"destination_url": "https://example.com/a"})
    assert made["valid"]
    assert made["payload"] is None
    codes = await client.get("/api/v1/dynamic/", headers=tenant.studio)
    assert codes.json()["count"] == 0, "nothing was made"
    forced = await told({"data": "Hello", "foreground": "#fefefe", "force": True})
    assert forced["valid"]


async def test_an_answer_has_the_standard_headers(client: Client, tenant: Tenant) -> None:
    body = {"data": "Hello", "module_shape": "dot"}
    first = await client.post(GENERATE, json=body, headers=tenant.studio)
    again = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert first.headers["x-qr-cache"] == "MISS"
    assert int(first.headers["x-qr-duration-ms"]) > 0
    assert first.headers["x-qr-plan"] == "free"
    assert first.headers["x-qr-quota-remaining"] == "499"
    assert again.headers["x-qr-cache"] == "HIT"
    assert again.headers["x-qr-duration-ms"] == "0"
    assert again.headers["x-qr-quota-remaining"] == "498", "a call counts"
    assert again.content == first.content
    assert again.headers["x-qr-score"] == first.headers["x-qr-score"]
    for answer in (first, again):
        assert len(answer.headers["x-request-id"]) == 26


async def test_what_is_refused_costs_nothing(client: Client, tenant: Tenant) -> None:
    for body in ({"data": "x" * 2954}, {"data": "x", "foreground": "#fefefe"}, {}):
        refused = await client.post(GENERATE, json=body, headers=tenant.studio)
        assert refused.status_code >= 400
    await client.post(VALIDATE, json={"data": "Hello"}, headers=tenant.studio)
    made = await client.post(GENERATE, json={"data": "Hello"}, headers=tenant.studio)
    assert made.headers["x-qr-quota-remaining"] == "499"


async def test_a_spent_quota_is_told_before_anything_is_made(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await client.post(GENERATE, json={"data": "Hello"}, headers=tenant.studio)
    await database.execute(text("UPDATE render_month SET renders = 500"))
    body = {"destination_url": "https://example.com/a"}
    refused = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert refused.status_code == 402
    assert "500" in refused.json()["detail"]
    codes = await client.get("/api/v1/dynamic/", headers=tenant.studio)
    assert codes.json()["count"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"data": "x" * 10_000}, "data"),
        ({"data": "x", "logo_url": "https://127.0.0.1/logo.png"}, "logo_url"),
        ({"data": "x", "logo_url": "file:///etc/passwd"}, "logo_url"),
        ({"data": "x", "logo_url": "https://169.254.169.254/latest"}, "logo_url"),
        ({"data": "x", "logo": {"image_id": "img_" + "0" * 32}}, "logo.image_id"),
        ({"data": "x", "quiet_zone": 10**9}, "quiet_zone"),
        ({"data": "x", "size_px": -1}, "size_px"),
        ({"data": "x", "gradient": {"colors": ["#111111", "url(#a)"]}}, "gradient.colors"),
        ({"data": "x", "frame": {"text": "x" * 61}}, "frame.text"),
    ],
)
async def test_hostile_fields_are_refused_by_name_and_soon(
    client: Client, tenant: Tenant, world: Outside, body: dict[str, Any], field: str
) -> None:
    install(
        replace(world, pictures=Pictures(world.resolver, allow_private=False, allow_http=False))
    )
    began = perf_counter()
    answer = await client.post(GENERATE, json=body, headers=tenant.studio)
    assert perf_counter() - began < 2
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == [field]


async def test_a_body_that_is_no_utf_8_is_refused(client: Client, tenant: Tenant) -> None:
    headers = {**tenant.studio, "Content-Type": "application/json"}
    for raw in (b'{"data": "\xff\xfe"}', b'{"data": "\\ud800"}'):
        answer = await client.post(GENERATE, content=raw, headers=headers)
        assert answer.status_code == 400, answer.text


async def test_a_logo_that_was_uploaded_is_drawn(
    client: Client, tenant: Tenant, tmp_path: Path
) -> None:
    uploaded = await client.post(
        "/api/images?name=Logo",
        content=a_logo(),
        headers={**tenant.workspace, "Content-Type": "image/png"},
    )
    style = {"logo": {"imageId": uploaded.json()["id"], "size": 0.25}, "moduleShape": "rounded"}
    code = await a_code(client, tenant, style=style)
    answer = await client.get(f"/api/qr/{code['id']}/image?size=900", headers=tenant.workspace)
    assert answer.status_code == 200, answer.text
    assert readings(pixels_of(answer.content, "png", tmp_path)) == [code["shortUrl"]]
    middle = Image.open(io.BytesIO(answer.content)).convert("RGB").getpixel((450, 450))
    assert middle == (30, 58, 138), "the ball of the logo"
