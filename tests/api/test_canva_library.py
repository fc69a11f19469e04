"""The canva library: what a design tool finds, and the pictures that it places."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import OrganizationView
from activities.barcodes.shelving import (
    ArchiveBarcode,
    DeleteBarcode,
    archive_barcode,
    delete_barcode,
)
from activities.key_ring import IssueKey, issue_key
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.actors import Actor
from activities.rules.symbologies import EXAMPLES, SYMBOLOGIES
from tests.api.conftest import Client, Tenant, held_by, png_size
from tests.builders.barcodes import PENCIL, a_barcode
from tests.builders.keys import a_workspace, an_actor, secret_of
from tests.builders.oauth import a_client, some_tokens, the_owner
from tests.builders.shelf import a_folder
from tests.builders.tenants import a_code, an_organization

LIBRARY = ("/api/canva/qr", "/api/canva/barcode", "/api/canva/folders")


@pytest_asyncio.fixture
async def home(client: Client) -> OrganizationView:
    return await an_organization("acme-co")


@pytest_asyncio.fixture
async def owner(home: OrganizationView) -> Actor:
    return await an_actor(home)


@pytest_asyncio.fixture
async def headers(owner: Actor) -> dict[str, str]:
    return {"X-API-Key": secret_of(await issue_key(IssueKey(owner, "canva", "Library")))}


async def names(client: Client, path: str, headers: dict[str, str], **query: Any) -> list[str]:
    answer = await client.get(path, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_a_code_is_told_as_the_reference_shows_it(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    folder = await a_folder(owner, "Campaigns")
    made = await create_qr_code(
        CreateQrCode(
            owner,
            "https://example.com/summer",
            name="Summer promo",
            short_code="summer24",
            folder_id=folder.id,
        )
    )
    answer = await client.get("/api/canva/qr?search=summer&limit=10", headers=headers)
    spelled = f"qr_{made.id.hex}"
    assert answer.json() == {
        "items": [
            {
                "id": spelled,
                "name": "Summer promo",
                "type": "URL",
                "shortCode": "summer24",
                "shortUrl": "https://ink.test/q/summer24",
                "isDynamic": True,
                "isActive": True,
                "folderId": f"fld_{folder.id.hex}",
                "folderName": "Campaigns",
                "imageUrl": f"/api/canva/qr/{spelled}/image",
                "thumbnailUrl": f"/api/canva/qr/{spelled}/image?size=256",
                "updatedAt": "2026-11-21T12:00:00.000Z",
            }
        ],
        "total": 1,
    }


async def test_a_static_code_has_no_short_code(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    await create_qr_code(CreateQrCode(owner, type="TEXT", content={"text": "Hello"}))
    (item,) = (await client.get("/api/canva/qr", headers=headers)).json()["items"]
    assert (item["type"], item["isDynamic"], item["shortCode"]) == ("TEXT", False, None)
    image = await client.get(item["imageUrl"], headers=headers)
    assert held_by(image.content) == "Hello"


async def test_a_barcode_is_told_with_its_value(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    made = await a_barcode(owner, "400638133393", name="Pencil")
    answer = await client.get("/api/canva/barcode", headers=headers)
    assert answer.json() == {
        "items": [
            {
                "id": f"bc_{made.id.hex}",
                "name": "Pencil",
                "type": "EAN13",
                "value": PENCIL,
                "text": "4 006381 333931",
                "isActive": True,
                "folderId": None,
                "folderName": None,
                "imageUrl": f"/api/canva/barcode/bc_{made.id.hex}/image",
                "updatedAt": "2026-11-21T12:00:00.000Z",
            }
        ],
        "total": 1,
    }


async def test_folders_are_listed_unless_they_are_put_aside(
    client: Client, owner: Actor, headers: dict[str, str], database: AsyncConnection
) -> None:
    top = await a_folder(owner, "Campaigns")
    below = await a_folder(owner, "Summer", top)
    aside = await a_folder(owner, "Old")
    put = text("UPDATE folder SET archived_at = now() WHERE id = :id")
    await database.execute(put, {"id": aside.id})
    await a_barcode(owner, folder_id=below.id)
    told = (await client.get("/api/canva/folders", headers=headers)).json()
    assert told["total"] == 2
    assert [
        (each["id"], each["name"], each["parentId"], each["path"], each["assetCount"])
        for each in told["items"]
    ] == [
        (f"fld_{top.id.hex}", "Campaigns", None, ["Campaigns"], 0),
        (f"fld_{below.id.hex}", "Summer", f"fld_{top.id.hex}", ["Campaigns", "Summer"], 1),
    ]


async def test_a_library_is_searched_and_looked_through_by_folder(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    folder = await a_folder(owner, "Campaigns")
    await a_barcode(owner, name="Pencil", folder_id=folder.id)
    await a_barcode(owner, "PEN-1", "CODE128", name="Pen")
    path = "/api/canva/barcode"
    assert await names(client, path, headers, search="PENCIL") == ["Pencil"]
    for spelled in (f"fld_{folder.id.hex}", str(folder.id)):
        assert await names(client, path, headers, folderId=spelled) == ["Pencil"]
    assert await names(client, path, headers, folderId=f"fld_{'0' * 32}") == []
    whole = await names(client, path, headers, search="", folderId="", limit="")
    assert sorted(whole) == ["Pen", "Pencil"]
    refused = await client.get(path, params={"folderId": "nonsense"}, headers=headers)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["folderId"])


async def test_what_is_put_aside_or_thrown_away_is_not_in_the_library(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    here, aside, gone = [await a_barcode(owner, name=name) for name in ("here", "aside", "gone")]
    await archive_barcode(ArchiveBarcode(owner, aside.id))
    await delete_barcode(DeleteBarcode(owner, gone.id))
    assert await names(client, "/api/canva/barcode", headers) == [here.name]
    image = await client.get(f"/api/canva/barcode/bc_{gone.id.hex}/image", headers=headers)
    assert (image.status_code, image.json()["code"]) == (404, "NOT_FOUND")


async def test_a_limit_is_clamped(
    client: Client, owner: Actor, headers: dict[str, str], database: AsyncConnection
) -> None:
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    for number in range(51):
        await a_code(owner, name=f"code {number}")
    limits = {"": 25, "-1": 1, "0": 1, "1": 1, "50": 50, "51": 50, "1" + "0" * 30: 50}
    for limit, told in limits.items():
        answer = (await client.get(f"/api/canva/qr?limit={limit}", headers=headers)).json()
        assert (len(answer["items"]), answer["total"]) == (told, 51), limit
    bare = (await client.get("/api/canva/qr", headers=headers)).json()
    assert len(bare["items"]) == 25


@pytest.mark.parametrize("query", ["limit=abc", "limit=1.5", "search=" + "a" * 201])
async def test_what_is_no_number_or_too_long_is_refused(
    client: Client, headers: dict[str, str], query: str
) -> None:
    answer = await client.get(f"/api/canva/qr?{query}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert list(answer.json()["fields"]) == [query.partition("=")[0]]


@pytest.mark.parametrize(
    ("query", "code", "barcode"),
    [
        ("", 1024, 800),
        ("?size=", 1024, 800),
        ("?size=0", 256, 256),
        ("?size=-9", 256, 256),
        ("?size=512", 512, 512),
        ("?size=2049", 2048, 2048),
        ("?size=99999999999999999999", 2048, 2048),
    ],
)
async def test_a_size_is_clamped_and_a_picture_read_back(
    client: Client, owner: Actor, headers: dict[str, str], query: str, code: int, barcode: int
) -> None:
    qr, bars = await a_code(owner), await a_barcode(owner)
    for path, size, held in (
        (f"/api/canva/qr/qr_{qr.id.hex}/image", code, qr.short_url),
        (f"/api/canva/barcode/bc_{bars.id.hex}/image", barcode, PENCIL),
    ):
        answer = await client.get(f"{path}{query}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert png_size(answer.content)[0] == size
        assert held_by(answer.content) == held


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
async def test_every_symbology_has_a_picture(
    client: Client, owner: Actor, headers: dict[str, str], symbology: str
) -> None:
    made = await a_barcode(owner, dict(EXAMPLES)[symbology], symbology)  # type: ignore[index]
    answer = await client.get(f"/api/canva/barcode/bc_{made.id.hex}/image", headers=headers)
    assert answer.status_code == 200
    assert held_by(answer.content)


async def test_bars_that_do_not_fit_are_unsupported(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    made = await a_barcode(owner, "x" * 80, "CODE128")
    path = f"/api/canva/barcode/bc_{made.id.hex}/image"
    answer = await client.get(f"{path}?size=256", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "UNSUPPORTED")
    assert (await client.get(f"{path}?size=2048", headers=headers)).status_code == 200


async def test_a_picture_that_a_client_has_is_not_sent_again(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    code, bars = await a_code(owner), await a_barcode(owner)
    for path in (
        f"/api/canva/qr/qr_{code.id.hex}/image",
        f"/api/canva/barcode/bc_{bars.id.hex}/image",
    ):
        first = await client.get(path, headers=headers)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, max-age=60"
        assert first.headers["vary"].startswith("Authorization, X-API-Key")
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await client.get(path, headers={**headers, "If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert again.headers["cache-control"] == "private, max-age=60"
        for other in ('"other"', tag.strip('"'), "nonsense"):
            anew = await client.get(path, headers={**headers, "If-None-Match": other})
            assert (anew.status_code, anew.content) == (200, first.content)
        larger = await client.get(
            path, params={"size": 600}, headers={**headers, "If-None-Match": tag}
        )
        assert larger.status_code == 200


async def test_a_picture_that_changed_is_sent(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    code = await a_code(owner)
    path = f"/api/canva/qr/qr_{code.id.hex}/image"
    tag = (await client.get(path, headers=headers)).headers["etag"]
    await update_qr_code(UpdateQrCode(owner, code.id, short_code="another-one"))
    answer = await client.get(path, headers={**headers, "If-None-Match": tag})
    assert answer.status_code == 200
    assert held_by(answer.content) == "https://ink.test/q/another-one"


async def test_a_key_of_one_workspace_reads_that_one_only(
    client: Client, home: OrganizationView, owner: Actor
) -> None:
    aside = await a_workspace(home)
    await a_folder(owner, "Campaigns")
    code, bars = await a_code(owner, name="code"), await a_barcode(owner, name="bars")
    key = await issue_key(IssueKey(owner, "canva", "Aside", workspace_id=aside))
    there = {"X-API-Key": secret_of(key)}
    for path in LIBRARY:
        assert (await client.get(path, headers=there)).json() == {"items": [], "total": 0}
    for path in (f"qr/qr_{code.id.hex}", f"barcode/bc_{bars.id.hex}"):
        answer = await client.get(f"/api/canva/{path}/image", headers=there)
        assert answer.status_code == 404


async def test_an_application_reads_what_a_person_allowed(
    client: Client, home: OrganizationView, owner: Actor
) -> None:
    tokens = await some_tokens(the_owner(home), await a_client(owner), home)
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    await a_code(owner, name="code")
    assert await names(client, "/api/canva/qr", bearer) == ["code"]


async def test_a_strangers_library_is_not_there(
    client: Client, owner: Actor, stranger: Tenant
) -> None:
    code, bars = await a_code(owner), await a_barcode(owner)
    tag = {"If-None-Match": "*", **stranger.canva}
    for path in LIBRARY:
        assert (await client.get(path, headers=stranger.canva)).json()["total"] == 0
    for asked in (f"qr/qr_{code.id.hex}", f"barcode/bc_{bars.id.hex}", "qr/x", "barcode/x"):
        answer = await client.get(f"/api/canva/{asked}/image", headers=tag)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_pages_of_every_origin_may_read(
    client: Client, owner: Actor, headers: dict[str, str]
) -> None:
    bars = await a_barcode(owner)
    origin = {**headers, "Origin": "https://www.canva.example"}
    for path in (*LIBRARY, f"/api/canva/barcode/bc_{bars.id.hex}/image"):
        answer = await client.get(path, headers=origin)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "ETag" in answer.headers["access-control-expose-headers"]
