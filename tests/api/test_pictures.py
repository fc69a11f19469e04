"""Pictures over HTTP: every output, sizes on paper, styles, previews and what is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from activities.pictures.views import MEDIA_TYPES
from activities.render.pictures import OUTPUTS, Output
from activities.rules.label_sheets import SHEETS, SheetName
from tests.api.conftest import Client, Tenant
from tests.render.readings import GHOSTSCRIPT, pixels_of, readings

GENERATE, VALIDATE = "/api/v1/generate/", "/api/v1/validate/"

STYLE = {
    "moduleShape": "dot",
    "eyeFrameShape": "circle",
    "foreground": "#1e3a8a",
    "frame": {"text": "Menu", "color": "#1e3a8a"},
}


async def a_code(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    body = {"name": "Menu", "destinationUrl": "https://example.com/menu", **more}
    made = await client.post("/api/qr", json=body, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    return dict(made.json())


def label_of(pages: list[Image.Image], sheet: SheetName, number: int) -> Image.Image:
    """What is on one label of pages with 300 dots an inch."""
    grid = SHEETS[sheet]
    page, left, top = grid.place(number)
    right, below = left + grid.label[0], top + grid.label[1]
    x0, y0, x1, y1 = (round(length / 25.4 * 300) for length in (left, top, right, below))
    return pages[page].crop((x0, y0, x1, y1))


@pytest.mark.parametrize("output", OUTPUTS)
async def test_a_styled_code_is_read_back_in_every_output(
    client: Client, tenant: Tenant, output: Output, tmp_path: Path
) -> None:
    if output == "eps" and not GHOSTSCRIPT:
        pytest.skip("EPS is looked at with Ghostscript")
    code = await a_code(client, tenant, style=STYLE)
    answer = await client.get(
        f"/api/qr/{code['id']}/image?format={output}&size=800", headers=tenant.workspace
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPES[output]
    assert int(answer.headers["x-qr-score"]) >= 80
    assert readings(pixels_of(answer.content, output, tmp_path)) == [code["shortUrl"]]
    again = await client.get(
        f"/api/qr/{code['id']}/image?format={output}&size=800",
        headers={**tenant.workspace, "If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


async def test_a_barcode_comes_in_every_output(
    client: Client, tenant: Tenant, tmp_path: Path
) -> None:
    body = {"type": "EAN13", "value": "4006381333931", "style": {"foreground": "#7c2d12"}}
    made = await client.post("/api/barcode", json=body, headers=tenant.workspace)
    for output in ("png", "svg", "pdf", "webp"):
        url = f"/api/barcode/{made.json()['id']}/image?format={output}&mm=60&dpi=300"
        answer = await client.get(url, headers=tenant.workspace)
        assert answer.status_code == 200, answer.text
        found = readings(pixels_of(answer.content, output, tmp_path))
        assert found == ["4006381333931"]


async def test_a_size_on_paper_is_pixels_at_its_resolution(client: Client, tenant: Tenant) -> None:
    code = await a_code(client, tenant)
    for query, width, dpi in (
        ("inches=2&dpi=600", 1200, 600),
        ("mm=50.8", 600, 300),
        ("size=640&dpi=96", 640, 96),
    ):
        answer = await client.get(f"/api/qr/{code['id']}/image?{query}", headers=tenant.workspace)
        picture = Image.open(io.BytesIO(answer.content))
        assert picture.size == (width, width)
        assert round(picture.info["dpi"][0]) == dpi
        assert picture.mode == "P"
        assert answer.content[24] == 1, "one bit a pixel where it is black and white"


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("inches=3.5", 403, "up to 3 inches"),
        ("inches=16", 400, "inches"),
        ("mm=2", 400, "mm"),
        ("dpi=1200", 400, "dpi"),
        ("inches=2&size=100", 400, "one size"),
        ("format=gif", 400, "format"),
        ("size=20", 400, "at least 33 pixels"),
    ],
)
async def test_a_size_that_cannot_be_is_refused_with_what_can(
    client: Client, tenant: Tenant, query: str, status: int, told: str
) -> None:
    code = await a_code(client, tenant)
    answer = await client.get(f"/api/qr/{code['id']}/image?{query}", headers=tenant.workspace)
    assert answer.status_code == status, answer.text
    assert told in answer.text


async def test_a_preview_is_of_a_style_that_nobody_saved(
    client: Client, tenant: Tenant, tmp_path: Path
) -> None:
    code = await a_code(client, tenant)
    url = "/api/qr/preview?size=700"
    for body, said in (
        ({"style": STYLE, "qrId": code["id"]}, code["shortUrl"]),
        ({"style": STYLE, "data": "Hello"}, "Hello"),
        ({"type": "WIFI", "content": {"ssid": "Café"}}, "WIFI:"),
        ({"style": {"moduleShape": "classy"}}, "https://ink.test/q/"),
    ):
        answer = await client.post(url, json=body, headers=tenant.workspace)
        assert answer.status_code == 200, answer.text
        (found,) = readings(pixels_of(answer.content, "png", tmp_path))
        assert found.startswith(said)
    kept = await client.get(f"/api/qr/{code['id']}", headers=tenant.workspace)
    assert kept.json()["style"] == {}


async def test_a_fault_of_a_style_is_told_in_the_words_of_the_client(
    client: Client, tenant: Tenant
) -> None:
    style = {"moduleShape": "heart", "logo": {"url": "https://example.com", "size": 2}}
    answer = await client.post("/api/qr/preview", json={"style": style}, headers=tenant.workspace)
    assert answer.status_code == 400
    assert sorted(answer.json()["fields"]) == ["style.logo.size", "style.moduleShape"]


async def test_a_style_that_nobody_can_read_is_refused_unless_forced(
    client: Client, tenant: Tenant
) -> None:
    body = {"style": {"foreground": "#fefefe"}}
    refused = await client.post("/api/qr/preview", json=body, headers=tenant.workspace)
    assert refused.status_code == 422
    assert refused.json()["code"] == "STYLE_UNREADABLE"
    assert "contrast" in refused.json()["error"]
    forced = await client.post("/api/qr/preview?force=true", json=body, headers=tenant.workspace)
    assert forced.status_code == 200
    assert forced.headers["x-qr-score"] == "0"


async def test_sheets_of_labels_have_every_code_as_often_as_asked(
    client: Client, tenant: Tenant
) -> None:
    code = await a_code(client, tenant, style=STYLE)
    body = {"type": "EAN13", "value": "4006381333931", "name": "Pencil"}
    barcode = (await client.post("/api/barcode", json=body, headers=tenant.workspace)).json()
    asked = {"ids": [code["id"], barcode["id"]], "sheet": "l7160", "copies": 11, "skip": 1}
    answer = await client.post("/api/labels", json=asked, headers=tenant.workspace)
    assert answer.status_code == 200, answer.text
    assert (answer.headers["x-labels"], answer.headers["x-pages"]) == ("22", "2")
    document = pypdfium2.PdfDocument(answer.content)
    assert len(document) == 2
    assert [round(side / 72 * 25.4) for side in document[0].get_size()] == [210, 297]
    pages = [page.render(scale=300 / 72).to_pil() for page in document]
    assert readings(label_of(pages, "l7160", 0)) == []
    for number in range(22):
        expected = code["shortUrl"] if number < 11 else "4006381333931"
        assert readings(label_of(pages, "l7160", number + 1)) == [expected], number


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ids": ["qr_0190a4c2f3b47d1e8a5b6c7d8e9f0a1b"]}, None),
        ({"ids": ["lnk_0190a4c2f3b47d1e8a5b6c7d8e9f0a1b"]}, "ids"),
        ({"copies": 2000}, "copies"),
        ({"skip": 21}, "skip"),
        ({"sheet": "a5"}, "sheet"),
    ],
)
async def test_labels_that_cannot_be_are_refused(
    client: Client, tenant: Tenant, change: dict[str, Any], field: str | None
) -> None:
    code = await a_code(client, tenant)
    asked = {"ids": [code["id"]], **change}
    answer = await client.post("/api/labels", json=asked, headers=tenant.workspace)
    if field is None:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 400
        assert field in answer.json()["fields"]


async def test_a_symbol_too_dense_for_a_label_is_refused(client: Client, tenant: Tenant) -> None:
    content = {"text": "0123456789abcdef" * 60}
    code = await a_code(client, tenant, destinationUrl=None, type="TEXT", content=content)
    asked = {"ids": [code["id"]], "sheet": "5160"}
    answer = await client.post("/api/labels", json=asked, headers=tenant.workspace)
    assert answer.status_code == 400
    assert "too small to scan" in answer.text
