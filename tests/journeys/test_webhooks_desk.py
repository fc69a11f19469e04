"""`inkloom webhooks` as an operator types it, while a receiver fails."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from activities.deliveries.trying import DeliveryReport
from tests.journeys.commands import Ran, environment, inkloom
from tests.journeys.conftest import Studio, until
from workflows.deliver_webhooks import retry_id
from workflows.retry_delivery import RetryDelivery

FIRST_WAITS = (8.0, 45.0)
"""The second is for a machine so busy that a command takes longer than the first."""

LONG = 3600.0
NOBODY = "dlv_00000000000040008000000000000000"

pytestmark = pytest.mark.timeout(180)

Handle = WorkflowHandle[RetryDelivery, DeliveryReport]


class Desk:
    """The operator, and what Temporal knows meanwhile."""

    def __init__(self, studio: Studio, client: Client, endpoint: str) -> None:
        self.studio = studio
        self.client = client
        self.endpoint = endpoint

    async def run(self, *words: str) -> Ran:
        return await inkloom("webhooks", *words, env=environment(self.studio.stack), seconds=90)

    async def says(self, *words: str) -> str:
        ran = await self.run(*words)
        assert (ran.code, ran.err) == (0, ""), ran
        return ran.out.strip()

    async def failed_once(self, wait: float) -> tuple[str, Handle]:
        """A message that was refused, and the workflow that tries it again after so long."""
        path, inbox = f"/api/v1/webhooks/{self.endpoint}/", self.studio.inbox
        patience = {"retry_policy": [wait, LONG, LONG]}
        changed = await self.studio.client.patch(path, json=patience)
        assert changed.status_code == 200, changed.text
        log, inbox.status, before = f"{path}deliveries/", 500, inbox.refused
        await self.studio.create("https://example.com/desk")
        await until(lambda: inbox.refused == before + 1)
        newest = (await self.studio.client.get(log)).json()["results"][0]["id"]
        handle = self.client.get_workflow_handle_for(
            RetryDelivery.run, retry_id(UUID(newest.removeprefix("dlv_")), 0)
        )
        await until(lambda: waits(handle))
        return newest, handle


@pytest_asyncio.fixture
async def desk(studio: Studio) -> Desk:
    (endpoint,) = (
        one["id"]
        for one in (await studio.client.get("/api/v1/webhooks/")).json()["results"]
        if one["url"] == studio.inbox.url
    )
    client = await Client.connect(
        studio.stack.temporal_address, data_converter=pydantic_data_converter
    )
    return Desk(studio, client, endpoint)


async def paused_in_time(desk: Desk) -> tuple[str, Handle, datetime]:
    """A message that was paused before its next attempt was due, and when that was."""
    for wait in FIRST_WAITS:
        delivery, handle = await desk.failed_once(wait)
        due = (await handle.query(RetryDelivery.why)).next_at
        assert due is not None
        assert await desk.says("pause", delivery) == "It is paused."
        if datetime.now(UTC) < due:
            return delivery, handle, due
        await handle.signal(RetryDelivery.cancel)
        await handle.result()
    pytest.fail("a command takes far too long")


async def test_an_operator_pauses_resumes_and_sends_a_message(desk: Desk) -> None:
    inbox = desk.studio.inbox
    delivery, handle, due = await paused_in_time(desk)
    refused = inbox.refused
    why, listed = await asyncio.gather(
        desk.says("why", delivery), desk.says("list", "--endpoint", desk.endpoint)
    )
    assert why == "It is paused by an operator; resume it, or send it now."
    assert (await handle.query(RetryDelivery.why)).paused
    for word in ("delivery", "qr.created", "127.0.0.1"):
        assert word in listed
    assert re.search(rf"{UUID(delivery.removeprefix('dlv_'))}.* 1 ", listed)
    await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() + 0.7))
    assert inbox.refused == refused, "it was sent though it was paused"
    assert await desk.says("resume", delivery) == "It goes on."
    await until(lambda: inbox.refused == refused + 1, 5)
    await until(lambda: waits(handle))
    inbox.status = 200
    assert await desk.says("send-now", delivery) == "It is sent now."
    assert (await asyncio.wait_for(handle.result(), 10)).status == "delivered"
    assert len(inbox.messages) == 1
    assert await signals_of(handle) == ["pause", "resume", "send_now"]


async def test_an_operator_asks_why_and_cancels_a_message(desk: Desk) -> None:
    delivery, handle = await desk.failed_once(LONG)
    due = (await handle.query(RetryDelivery.why)).next_at
    assert await desk.says("why", delivery) == f"It waits for attempt 2 at {due:%F %T} UTC."
    assert await desk.says("cancel", delivery) == "It is cancelled."
    assert (await asyncio.wait_for(handle.result(), 10)).status == "cancelled"
    told, unknown = await asyncio.gather(desk.says("why", delivery), desk.run("why", NOBODY))
    assert told == "It is over: cancelled. An operator cancelled it."
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err == f"inkloom: There is no delivery {UUID(NOBODY.removeprefix('dlv_'))}\n"
    assert (desk.studio.inbox.refused, desk.studio.inbox.messages) == (1, [])
    assert await signals_of(handle) == ["cancel"]


async def waits(handle: Handle) -> bool:
    """Whether the workflow is there and sleeps."""
    try:
        return (await handle.query(RetryDelivery.why)).next_at is not None
    except RPCError:
        return False


async def signals_of(handle: Handle) -> list[str]:
    """What was signalled, as the Temporal UI shows it."""
    history = await handle.fetch_history()
    told = (event.workflow_execution_signaled_event_attributes for event in history.events)
    return [one.signal_name for one in told if one.signal_name]
