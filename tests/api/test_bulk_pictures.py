"""`/api/v1/generate/bulk/`: many pictures in one archive, or why not."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp, Message

from tests.api.conftest import Client, Tenant, held_by, png_size

BULK = "/api/v1/generate/bulk/"


@pytest_asyncio.fixture
async def maker(make_tenant: Callable[..., Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("maker", "starter")


async def ask(client: Client, tenant: Tenant, items: list[Any], **more: Any) -> httpx.Response:
    body = {"items": items, **more}
    return await client.post(BULK, json=body, headers=tenant.studio)


def opened(answer: httpx.Response) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def manifest(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    assert archive.namelist()[-1] == "manifest.csv"
    return list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))


async def used(database: AsyncConnection) -> int:
    return int(await database.scalar(text("SELECT coalesce(sum(renders), 0) FROM render_month")))


async def test_pictures_come_in_one_archive_with_a_manifest(
    client: Client, maker: Tenant, database: AsyncConnection
) -> None:
    items = [{"data": f"https://example.com/{n}", "name": f"Table {n}"} for n in range(3)]
    answer = await ask(client, maker, items, defaults={"size_px": 300})
    archive = opened(answer)
    assert archive.namelist()[:3] == [f"000{n}-Table {n}.png" for n in range(3)]
    for n in range(3):
        png = archive.read(f"000{n}-Table {n}.png")
        assert (held_by(png), png_size(png)) == (f"https://example.com/{n}", (300, 300))
    assert manifest(archive)[1] == {
        "index": "1",
        "name": "Table 1",
        "file": "0001-Table 1.png",
        "payload": "https://example.com/1",
        "score": "100",
        "error": "",
    }
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["x-qr-plan"] == "starter"
    assert answer.headers["x-qr-quota-remaining"] == "4997"
    assert answer.headers["x-qr-cache"] == "MISS"
    assert await used(database) == 3


async def test_equal_requests_get_equal_archives(client: Client, maker: Tenant) -> None:
    items = [{"data": "one"}, {"data": "two", "format": "svg"}, {"data": "3", "format": "pdf"}]
    first, second = [await ask(client, maker, items) for _ in range(2)]
    assert first.content == second.content
    assert [name[-4:] for name in opened(first).namelist()] == [".png", ".svg", ".pdf", ".csv"]


async def test_wrong_items_are_named_by_their_index_and_nothing_is_spent(
    client: Client, maker: Tenant, database: AsyncConnection
) -> None:
    items: list[Any] = [{"data": f"number {n}"} for n in range(8)]
    items[1] = {"data": "big", "size_inches": 9}
    items[2] = {"data": "x", "foreground": "rouge"}
    items[3] = {"data": "x", "short_id": "abc"}
    items[4] = {"short_id": "nowhere"}
    items[5] = "nothing"
    items[6] = {"data": "x" * 4000}
    items[7] = {"data": "faint", "foreground": "#eeeeee"}
    answer = await ask(client, maker, items)
    assert answer.status_code == 400
    told = answer.json()
    assert told["rendered_before_failure"] == 0
    assert list(told["errors"]) == ["1", "2", "3", "4", "5", "6", "7"]
    assert told["errors"]["1"] == "size_inches > plan max (8)"
    assert told["errors"]["2"].startswith("foreground: Invalid color 'rouge'.")
    assert "exactly one" in told["errors"]["3"]
    assert told["errors"]["4"] == "There is no such QR code here."
    assert told["errors"]["5"] == "This is not an object."
    assert "too long" in told["errors"]["6"]
    assert "of 100" in told["errors"]["7"]
    assert await used(database) == 0


async def test_wrong_items_are_left_out_where_it_goes_on(
    client: Client, maker: Tenant, database: AsyncConnection
) -> None:
    items = [{"data": "one"}, {"data": "two", "size_px": 5, "name": "=cmd()"}, {"data": "three"}]
    answer = await ask(client, maker, items, continue_on_error=True)
    archive = opened(answer)
    assert archive.namelist() == ["0000.png", "0002.png", "manifest.csv"]
    row = manifest(archive)[1]
    assert (row["index"], row["name"], row["file"]) == ("1", "'=cmd()", "")
    assert row["error"].startswith("size_px: ")
    assert await used(database) == 2


async def test_files_never_leave_their_folder_and_never_share_a_name(
    client: Client, maker: Tenant
) -> None:
    names = ["../../etc/passwd", "a", "A", "CON", "", "ü/\u0000".replace("\u0000", "?")]
    items = [{"data": "x", "name": name} for name in names]
    archive = opened(await ask(client, maker, items, name_template="{name}"))
    told = archive.namelist()[:-1]
    assert told == ["etc-passwd.png", "a.png", "A-2.png", "_CON.png", "4.png", "ü.png"]


async def test_new_codes_are_made_and_lead_where_they_shall(
    client: Client, maker: Tenant, database: AsyncConnection
) -> None:
    items = [
        {"destination_url": f"https://example.com/{n}", "name": f"Table {n}"} for n in range(2)
    ]
    archive = opened(await ask(client, maker, items))
    rows = manifest(archive)
    assert all(row["payload"].startswith("https://ink.test/q/") for row in rows)
    assert held_by(archive.read(rows[0]["file"])) == rows[0]["payload"]
    listed = (await client.get("/api/v1/dynamic/", headers=maker.jwt)).json()["results"]
    assert {(code["name"], code["destination_url"]) for code in listed} == {
        ("Table 0", "https://example.com/0"),
        ("Table 1", "https://example.com/1"),
    }
    refused = await ask(client, maker, [items[0], {"destination_url": "ftp://example.com"}])
    assert list(refused.json()["errors"]) == ["1"]
    listed = (await client.get("/api/v1/dynamic/", headers=maker.jwt)).json()
    assert listed["count"] == 2


async def test_codes_of_others_are_unknown(client: Client, maker: Tenant, stranger: Tenant) -> None:
    made = await client.post(
        "/api/v1/dynamic/", json={"destination_url": "https://example.com"}, headers=maker.jwt
    )
    short_id = made.json()["short_id"]
    mine = await ask(client, maker, [{"short_id": short_id}])
    assert manifest(opened(mine))[0]["payload"] == f"https://ink.test/q/{short_id}"
    theirs = await ask(client, stranger, [{"short_id": short_id}])
    assert theirs.json()["errors"] == {"0": "There is no such QR code here."}


async def test_no_more_is_rendered_than_is_left(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await database.execute(
        text(
            "INSERT INTO render_month SELECT id, '2026-11-01', 498, 0 FROM organization "
            "WHERE slug = 'acme'"
        )
    )
    refused = await ask(client, tenant, [{"data": "x"}] * 3)
    assert refused.status_code == 402
    assert refused.json()["detail"] == (
        "Plan 'free' includes 500 renders a month; 2 are left and 3 were asked for. "
        "Upgrade, buy credits, or come back on 2026-12-01."
    )
    opened(await ask(client, tenant, [{"data": "x"}] * 2))
    assert await used(database) == 500


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"data": "x"}] * 5001}, "items"),
        ({"items": [{"data": "x"}], "name_template": "{x}"}, "name_template"),
        ({"items": [{"data": "x"}], "name_template": "{"}, "name_template"),
        ({"items": [{"data": "x"}], "defaults": {"size_px": "big"}}, "defaults.size_px"),
        ({"items": [{"data": "x"}], "odd": 1}, "odd"),
    ],
)
async def test_a_wrong_request_is_told_its_field(
    client: Client, maker: Tenant, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(BULK, json=body, headers=maker.studio)
    assert (answer.status_code, list(answer.json())) == (400, [field]), answer.text


async def test_while_jobs_cannot_be_started_none_is_kept(
    client: Client, maker: Tenant, database: AsyncConnection
) -> None:
    answer = await ask(client, maker, [{"data": "x"}], **{"async": True})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert await database.scalar(text("SELECT count(*) FROM render_batch")) == 0
    assert await used(database) == 0


def asking(tenant: Tenant) -> dict[str, Any]:
    """A request as a server hands it over."""
    return {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "POST",
        "scheme": "https",
        "path": BULK,
        "raw_path": BULK.encode(),
        "root_path": "",
        "query_string": b"",
        "client": ("203.0.113.9", 1),
        "server": ("ink.test", 443),
        "state": {},
        "headers": [
            (b"x-api-key", tenant.studio["X-Api-Key"].encode()),
            (b"content-type", b"application/json"),
            (b"host", b"ink.test"),
        ],
    }


async def test_who_goes_away_pays_for_what_was_drawn(
    application: ASGIApp, client: Client, maker: Tenant, database: AsyncConnection
) -> None:
    items = [{"data": f"number {n}", "size_px": 200} for n in range(1500)]
    body = orjson.dumps({"items": items, "async": False})
    began = asyncio.Event()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body" and message.get("body"):
            began.set()
            raise OSError("the client is gone")

    with suppress(Exception):
        await application(asking(maker), receive, send)
    assert began.is_set()
    assert await used(database) in (250, 500)
