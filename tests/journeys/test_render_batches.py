"""Thousands of pictures as a job, whose worker is killed in the middle of it."""

from __future__ import annotations

import csv
import io
import os
import signal
import zipfile
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image

from activities.accounts import CreateOrganization, create_organization
from activities.keys import CreateKey, create_key
from tests.journeys.conftest import until
from workers.bootstrap import gateways
from workers.stack import Stack

pytestmark = pytest.mark.timeout(400)

IS_FULL = os.environ.get("INKLOOM_PROOF") == "full"
PICTURES = 5000 if IS_FULL else 1500
CODES = 200 if IS_FULL else 60
"""Of the pictures those of dynamic codes that are made for them."""

BULK = "/api/v1/generate/bulk/"


@pytest_asyncio.fixture
async def program(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a key of an organization of its own."""
    slug = f"printing-{uuid4().hex[:8]}"
    async with gateways(stack.settings):
        made = await create_organization(
            CreateOrganization(slug.title(), slug, f"{slug}@example.com", "Ada", "pro")
        )
        key = await create_key(CreateKey(made.id, "studio", "printing"))
    headers = {"X-Api-Key": key.secret, "X-Forwarded-For": "203.0.113.91"}
    async with httpx.AsyncClient(base_url=stack.api, headers=headers, timeout=60) as client:
        yield client


def a_request(prefix: str) -> dict[str, object]:
    """Plain pictures, and here and there one of a code that is made for it."""
    every = PICTURES // CODES
    items = [
        {"destination_url": f"https://example.com/{prefix}/{n}", "name": f"Code {n}"}
        if n % every == 0
        else {"data": f"{prefix} {n}", "name": f"Plain {n}"}
        for n in range(PICTURES)
    ]
    return {"items": items, "defaults": {"size_px": 300}, "async": True}


async def count(stack: Stack, query: str, *values: object) -> int:
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        found = await (await connection.execute(query, values)).fetchone()
    assert found is not None
    return int(found[0])


async def test_a_killed_worker_loses_and_doubles_no_picture(
    stack: Stack, program: httpx.AsyncClient
) -> None:
    prefix = uuid4().hex[:8]
    begun = await program.post(BULK, json=a_request(prefix))
    assert begun.status_code == 202, begun.text
    batch, url = begun.json()["batch_id"], begun.json()["status_url"]
    drawn = "SELECT count(*) FROM render_part WHERE batch_id = %s AND rendered_at IS NOT NULL"

    async def is_under_way() -> bool:
        return await count(stack, drawn, batch) > 0

    await until(is_under_way, 60)
    os.kill(stack.pids()["work"], signal.SIGKILL)
    assert await count(stack, drawn, batch) < PICTURES / 250, "it was done already"
    await until(lambda: not stack.children["work"].alive)
    await until(lambda: stack.restart_dead() == ["work"])

    async def is_done() -> bool:
        return str((await program.get(url)).json()["state"]) == "done"

    await until(is_done, 240)
    told = (await program.get(url)).json()
    assert (told["total"], told["done"], told["failed"]) == (PICTURES, PICTURES, 0)
    answer = await program.get(told["download_url"])
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
    assert [int(row["index"]) for row in rows] == list(range(PICTURES))
    assert sorted(archive.namelist()) == sorted([*(row["file"] for row in rows), "manifest.csv"])
    for row in rows[:: PICTURES // 25]:
        (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(archive.read(row["file"]))))
        assert read.text == row["payload"]
    payloads = {row["payload"] for row in rows}
    assert len(payloads) == PICTURES
    codes = "SELECT count(*) FROM qr_code WHERE destination_url LIKE %s"
    made = sum(row["name"].startswith("Code") for row in rows)
    assert await count(stack, codes, f"https://example.com/{prefix}/%") == made
    usage = (await program.get("/api/v1/usage/")).json()["quota"]
    assert (usage["used"], usage["remaining"]) == (PICTURES, 50_000 - PICTURES)
