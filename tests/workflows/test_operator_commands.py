"""`inkloom webhooks`: what operators ask and tell the workflow of a delivery."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner

from activities.deliveries.backlog import FindWaiting, WaitingDelivery, find_waiting
from activities.rules.backoff import RETRY_POLICIES
from schema.settings import SettingWrong
from tests.builders.deliveries import some_batches
from tests.builders.tenants import a_tenant, an_endpoint
from tests.workflows.receivers import Script, start_retry, working
from workers.cli import app
from workers.webhooks_desk import read_id, tell_workflow
from workflows.deliver_webhooks import retry_id
from workflows.starter import Starter

STANDARD = RETRY_POLICIES["standard"]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAR = 3000 * 86400.0


def waiting(delivery_id: UUID) -> WaitingDelivery:
    return WaitingDelivery(
        id=delivery_id,
        endpoint_id=uuid4(),
        host="hooks.example.com",
        kind="qr.created",
        status="pending",
        attempts=1,
        reason=None,
        resend=0,
        created_at=NOON,
        next_at=NOON,
    )


def starter_of(temporal: WorkflowEnvironment) -> Starter:
    async def connect() -> Any:
        return temporal.client

    return Starter(connect)


async def test_an_operator_asks_pauses_and_sends_now(temporal: WorkflowEnvironment) -> None:
    script, delivery = Script(failures=1, delays=STANDARD), uuid4()
    starter = starter_of(temporal)
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, FAR, delivery)

        async def told(wish: str) -> str:
            return await tell_workflow(starter, waiting(delivery), wish)

        assert "waits for attempt 2" in await told("why")
        assert await told("pause") == "It is paused."
        assert "paused by an operator" in await told("why")
        assert await told("resume") == "It goes on."
        assert "waits for attempt 2" in await told("why")
        assert await told("send-now") == "It is sent now."
        assert (await asyncio.wait_for(handle.result(), 20)).status == "delivered"


@pytest.mark.usefixtures("database", "world")
async def test_an_operator_takes_a_parked_message_in_hand(
    temporal: WorkflowEnvironment, database: AsyncConnection
) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    await database.execute(text("UPDATE endpoint SET failures = 10, open_until = '2999-01-01'"))
    assert await some_batches(by) == ()
    (found,) = await find_waiting(FindWaiting())
    starter = starter_of(temporal)
    why = await tell_workflow(starter, found, "why")
    assert "one message a minute or so tries it" in why

    async def away() -> Any:
        raise OSError("no route")

    with pytest.raises(SettingWrong, match="Temporal does not answer"):
        await tell_workflow(Starter(away), found, "send-now")
    assert (await find_waiting(FindWaiting()))[0].parked, "the relay still has it"
    assert await tell_workflow(starter, found, "send-now") == "It is sent now."
    handle = temporal.client.get_workflow_handle(retry_id(found.id, 0))
    kinds = [event.event_type for event in (await handle.fetch_history()).events]
    await handle.terminate()
    assert EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED in kinds
    (found,) = await find_waiting(FindWaiting())
    assert not found.parked, "the relay leaves it to who has it in hand"


async def test_an_operator_cancels(temporal: WorkflowEnvironment) -> None:
    script, delivery = Script(failures=1, delays=STANDARD), uuid4()
    async with working(temporal, script) as queue:
        handle = await start_retry(temporal, queue, FAR, delivery)
        told = await tell_workflow(starter_of(temporal), waiting(delivery), "cancel")
        assert told == "It is cancelled."
        await asyncio.wait_for(handle.result(), 20)
    assert script.cancelled == [delivery]


async def test_a_delivery_that_nobody_tries_yet_is_told_so(temporal: WorkflowEnvironment) -> None:
    told = await tell_workflow(starter_of(temporal), waiting(uuid4()), "why")
    assert "under way, or about to be" in told


def test_both_spellings_of_an_id_are_read_and_no_other() -> None:
    delivery = uuid4()
    assert read_id("dlv", str(delivery)) == read_id("dlv", f"dlv_{delivery.hex}") == delivery
    with pytest.raises(SettingWrong):
        read_id("dlv", "dlv_7")


def test_the_commands_are_there() -> None:
    shown = CliRunner().invoke(app, ["webhooks", "--help"]).output
    for name in ("list", "why", "pause", "resume", "send-now", "cancel"):
        assert name in shown
