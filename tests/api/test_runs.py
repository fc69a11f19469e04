"""`/api/org/{orgId}/runs`: jobs of every kind, followed and stopped over HTTP."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.imports.running import ImportPart, import_part
from activities.outside import Outside
from activities.rules.spelling import unprefixed
from activities.statistics.live import Pace
from tests.api.conftest import Client, Tenant
from tests.api.test_scans_live import Served, served
from tests.builders.pictures import a_batch, drawn, some_items
from tests.builders.tenants import a_tenant

CSV = "destination,slug\nhttps://example.com/a,a-page\nhttps://example.com/b,b-page\n"
SECONDS = 10.0
QUICK = Pace(look=0.05, heartbeat=0.2, check=0.1, longest=60)


async def an_import(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> tuple[str, dict[str, Any]]:
    """One that runs, as nobody works on it; its path, and itself."""
    made = await client.post("/api/imports", json={"csv": CSV}, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    await database.execute(text("UPDATE import_job SET status = 'running'"))
    return f"/api/org/{tenant.organization}/runs", made.json()


async def test_a_run_is_listed_read_and_stopped(
    client: Client, tenant: Tenant, stranger: Tenant, database: AsyncConnection
) -> None:
    path, job = await an_import(client, tenant, database)
    listed = (await client.get(path, headers=tenant.workspace)).json()
    (run,) = listed["items"]
    assert listed["total"] == 1
    assert run == run | {"kind": "import", "state": "running", "total": 2, "done": 0, "failed": 0}
    assert run["subjectId"] == job["id"]
    assert run["resultUrl"].endswith(f"/api/imports/{job['id']}")
    one = f"{path}/{run['id']}"
    assert (await client.get(one, headers=tenant.workspace)).json() == run
    theirs = f"/api/org/{stranger.organization}/runs/{run['id']}"
    assert (await client.get(theirs, headers=stranger.workspace)).status_code == 404
    for _ in range(2):
        stopped = await client.post(f"{one}/cancel", headers=tenant.workspace)
        assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    done = (await client.get(f"{path}?state=running", headers=tenant.workspace)).json()
    assert done["items"] == []


async def test_the_archive_of_a_run_is_fetched_with_the_same_session(
    client: Client, tenant: Tenant, stranger: Tenant, database: AsyncConnection
) -> None:
    organization = unprefixed("org", tenant.organization)
    assert organization is not None
    by = replace(await a_tenant("maker"), organization_id=organization, workspace_id=None)
    batch = await a_batch(by, *some_items(3))
    path = f"/api/org/{tenant.organization}/runs"
    (run,) = (await client.get(path, headers=tenant.workspace)).json()["items"]
    result = run["resultUrl"].removeprefix("https://ink.test")
    assert (await client.get(result, headers=tenant.workspace)).status_code == 404, "not yet"
    await drawn(batch)
    answer = await client.get(result, headers=tenant.workspace)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert (len(names), names[-1]) == (4, "manifest.csv")
    theirs = result.replace(tenant.organization, stranger.organization)
    assert (await client.get(theirs, headers=stranger.workspace)).status_code == 404


async def test_what_is_done_is_not_stopped(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    path, job = await an_import(client, tenant, database)
    await database.execute(text("UPDATE import_job SET status = 'done'"))
    run = job["id"].replace("imp_", "run_")
    refused = await client.post(f"{path}/{run}/cancel", headers=tenant.workspace)
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_NOW")
    assert "nothing left to stop" in refused.json()["error"]


@pytest_asyncio.fixture
async def quick(database: AsyncConnection, world: Outside) -> AsyncIterator[Served]:
    async with served(QUICK) as server:
        yield server


@asynccontextmanager
async def watching(quick: Served, tenant: Tenant, path: str) -> AsyncIterator[AsyncIterator[str]]:
    """The blocks of a stream."""
    async with quick.client.stream("GET", path, headers=tenant.workspace) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield _blocks(answer)


async def _blocks(answer: httpx.Response) -> AsyncIterator[str]:
    lines: list[str] = []
    async for line in answer.aiter_lines():
        if line:
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []


def step(block: str) -> tuple[str, Any]:
    name, data = block.splitlines()
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_progress_is_told_until_the_run_is_over(
    quick: Served, client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    path, job = await an_import(client, tenant, database)
    run = (await client.get(path, headers=tenant.workspace)).json()["items"][0]
    async with (
        asyncio.timeout(SECONDS),
        watching(quick, tenant, f"{path}/{run['id']}/progress") as blocks,
    ):
        assert await anext(blocks) == "retry: 3000"
        assert step(await anext(blocks)) == ("progress", run)
        assert await anext(blocks) == ": still here"
        await import_part(ImportPart(_uuid(job["id"])))
        told = [block async for block in blocks if not block.startswith(":")]
    name, last = step(told[-1])
    assert (name, last["state"], last["done"]) == ("end", "done", 2)


async def test_streams_are_bounded_and_end_with_the_server(
    quick: Served, client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    path, job = await an_import(client, tenant, database)
    progress = f"{path}/{job['id'].replace('imp_', 'run_')}/progress"

    async def read() -> int:
        async with watching(quick, tenant, progress) as blocks:
            return len([block async for block in blocks])

    async with asyncio.timeout(SECONDS):
        open_ = [asyncio.create_task(read()) for _ in range(10)]
        refused = httpx.Response(200)
        while refused.status_code != 429:
            # The ten come one after the other; who is refused took no place.
            refused = await _asked(quick, tenant, progress)
        assert refused.headers["retry-after"] == "30"
        quick.live.stop()
        assert all(count >= 2 for count in await asyncio.gather(*open_))


async def _asked(quick: Served, tenant: Tenant, path: str) -> httpx.Response:
    async with quick.client.stream("GET", path, headers=tenant.workspace) as answer:
        if answer.status_code == 429:
            await answer.aread()
        return answer


def _uuid(spelled: str) -> UUID:
    return UUID(spelled.partition("_")[2])
