"""Batches of pictures are drawn by a workflow, and asked for through the API."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.pictures.batches_running import BatchProgress
from activities.rules.actors import Actor
from api.app import make_app
from tests.builders.pictures import a_batch, some_items
from tests.builders.tenants import a_key, a_tenant, an_organization
from workers.work import make_worker
from workflows.queues import RENDER, SEARCH_ATTRIBUTES
from workflows.render_batch import RenderBatch
from workflows.starter import Starter

pytestmark = pytest.mark.usefixtures("database", "world")

BULK = "/api/v1/generate/bulk/"
ITEMS = [{"data": f"number {n}", "name": f"Item {n}"} for n in range(20)]


@pytest_asyncio.fixture
async def starter(temporal: WorkflowEnvironment) -> Starter:
    async def connect() -> object:
        return temporal.client

    return Starter(connect)  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def client(starter: Starter) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a key of its own, at an API that starts jobs."""

    async def here() -> bool:
        return True

    application = make_app(temporal_here=here, starter=starter, public_url="https://ink.test")
    secret = await a_key(await an_organization("programs"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url="https://ink.test",
        headers={"X-Api-Key": secret},
    ) as client:
        yield client


async def finished(client: httpx.AsyncClient, started: httpx.Response) -> dict[str, Any]:
    assert started.status_code == 202, started.text
    async with asyncio.timeout(30):
        while True:
            told = (await client.get(started.json()["status_url"])).json()
            if told["state"] in ("done", "cancelled"):
                return dict(told)
            await asyncio.sleep(0.1)


async def started(starter: Starter, by: Actor, count: int) -> str:
    batch = await a_batch(by, *some_items(count))
    for _ in range(2):
        await starter.render_batch(batch, by.organization_id, Cause("r-1"))
    return f"render/{batch.id}"


async def test_a_batch_is_drawn_to_its_end(temporal: WorkflowEnvironment, starter: Starter) -> None:
    name = await started(starter, await a_tenant(), 300)
    async with make_worker(temporal.client, RENDER):
        handle = temporal.client.get_workflow_handle_for(RenderBatch.run, name)
        assert await handle.result() == BatchProgress("done", 300, 300, 0)
        assert await handle.query(RenderBatch.progress) == BatchProgress("done", 300, 300, 0)


async def test_an_operator_sees_what_it_is_for(
    temporal: WorkflowEnvironment, starter: Starter
) -> None:
    by = await a_tenant()
    handle = temporal.client.get_workflow_handle(await started(starter, by, 2))
    description = await handle.describe()
    assert await description.static_summary() == "2 pictures into one archive"
    told = description.typed_search_attributes[SEARCH_ATTRIBUTES[0]]
    assert told == str(by.organization_id)
    assert description.raw_description.workflow_execution_info.priority.priority_key == 5
    await handle.terminate()


async def test_a_batch_is_asked_for_watched_and_downloaded(
    temporal: WorkflowEnvironment, client: httpx.AsyncClient
) -> None:
    items = [*ITEMS, {"data": "faint", "foreground": "#eeeeee", "name": "Faint"}]
    body = {"items": items, "async": True, "continue_on_error": True}
    begun = await client.post(BULK, json=body)
    waiting = (await client.get(begun.json()["status_url"])).json()
    assert (waiting["state"], waiting["download_url"], waiting["total"]) == ("waiting", None, 21)
    async with make_worker(temporal.client, RENDER):
        told = await finished(client, begun)
    assert (told["state"], told["done"], told["failed"]) == ("done", 20, 1)
    assert [(each["index"], each["name"]) for each in told["errors"]] == [(20, "Faint")]
    answer = await client.get(told["download_url"])
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 21
    streamed = await client.post(BULK, json={**body, "async": False})
    assert streamed.content == answer.content
    listed = (await client.get(BULK)).json()
    assert [batch["batch_id"] for batch in listed["results"]] == [told["batch_id"]]


async def test_more_than_five_hundred_are_a_job_unless_somebody_says_otherwise(
    temporal: WorkflowEnvironment, client: httpx.AsyncClient
) -> None:
    many = [{"data": "x"}] * 500
    assert (await client.post(BULK, json={"items": many})).status_code == 200
    again = await client.post(BULK, json={"items": [*many, {"data": "x"}]})
    assert again.status_code == 402, "500 are what the plan includes"


async def test_a_request_sent_again_is_one_batch(
    temporal: WorkflowEnvironment, client: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "one"}
    answers = [await client.post(BULK, json={"items": ITEMS}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["x-qr-quota-remaining"] == "480"
    other = await client.post(BULK, json={"items": ITEMS[1:]}, headers=headers)
    assert other.status_code == 422
    assert (await client.get(BULK)).json()["count"] == 1


async def test_a_cancelled_batch_is_not_drawn(
    temporal: WorkflowEnvironment, client: httpx.AsyncClient
) -> None:
    begun = await client.post(BULK, json={"items": ITEMS, "async": True})
    url = begun.json()["status_url"]
    assert (await client.delete(url)).status_code == 204
    async with make_worker(temporal.client, RENDER):
        handle = temporal.client.get_workflow_handle_for(
            RenderBatch.run, f"render/{begun.json()['batch_id']}"
        )
        assert (await handle.result()).status == "cancelled"
    assert (await client.get(url)).json()["state"] == "cancelled"
    assert (await client.get(f"{url}download/")).status_code == 404
    usage = (await client.get("/api/v1/usage/")).json()["quota"]
    assert usage == {"limit": 500, "used": 0, "remaining": 500, "credits": 0}
