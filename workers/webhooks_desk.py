"""What `inkloom webhooks` does: looks into the database, and asks or signals workflows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities.deliveries.backlog import (
    FindDelivery,
    FindWaiting,
    WaitingDelivery,
    find_delivery,
    find_waiting,
)
from activities.rules.holds import explain
from activities.rules.spelling import unprefixed
from schema.settings import Settings, SettingWrong
from workers.bootstrap import connector, gateways
from workers.running import load_running
from workflows.deliver_webhooks import retry_id
from workflows.retry_delivery import RetryDelivery
from workflows.starter import Starter, TemporalAway

SIGNALS: Mapping[str, tuple[Any, str]] = {
    "pause": (RetryDelivery.pause, "It is paused."),
    "resume": (RetryDelivery.resume, "It goes on."),
    "send-now": (RetryDelivery.send_now, "It is sent now."),
    "cancel": (RetryDelivery.cancel, "It is cancelled."),
}
"""What an operator may wish for a delivery, and what is answered."""


def show_waiting(data_dir: Path, endpoint: str | None, limit: int) -> None:
    """Print the table of messages that wait."""
    endpoint_id = None if endpoint is None else read_id("whe", endpoint)

    async def look(settings: Settings) -> tuple[WaitingDelivery, ...]:
        async with gateways(settings):
            return await find_waiting(FindWaiting(endpoint_id, limit))

    found = asyncio.run(look(load_running(data_dir)))
    Console().print(_table(found) if found else "Everything is delivered.")


def tell(data_dir: Path, delivery: str, wish: str) -> str:
    """Ask the workflow of a delivery why it waits, or send it a signal; the answer as a sentence.

    Raises `SettingWrong` when there is no such delivery, or Temporal does not answer.
    """
    delivery_id = read_id("dlv", delivery)

    async def run(settings: Settings) -> str:
        async with gateways(settings):
            found = await find_delivery(FindDelivery(delivery_id))
        if found is None:
            raise SettingWrong(f"There is no delivery {delivery_id}")
        if found.status != "pending":
            return f"It is over: {found.status}. {explain(found.reason)}".rstrip()
        return await tell_workflow(Starter(connector(settings)), found, wish)

    return asyncio.run(run(load_running(data_dir)))


async def tell_workflow(starter: Starter, found: WaitingDelivery, wish: str) -> str:
    """The same for a delivery that is being tried."""
    try:
        client = await starter.client()
        workflow_id = retry_id(found.id, found.resend)
        return await _ask(client.get_workflow_handle(workflow_id), wish)
    except TemporalAway as fault:
        raise SettingWrong(f"Temporal does not answer: {fault}") from None
    except RPCError as fault:
        if fault.status is RPCStatusCode.NOT_FOUND:
            return "Its first attempt is under way, or about to be; ask again in a minute."
        raise SettingWrong(f"Temporal refuses: {fault.message}") from None


def read_id(prefix: str, text: str) -> UUID:
    """The id behind either spelling. Raises `SettingWrong`, which is told in one sentence."""
    found = unprefixed(prefix, text)
    if found is None:
        raise SettingWrong(f"'{text}' is no id; give a UUID, or {prefix}_ and 32 hex digits")
    return found


async def _ask(handle: WorkflowHandle[Any, Any], wish: str) -> str:
    if wish == "why":
        return (await handle.query(RetryDelivery.why)).told
    signal, answer = SIGNALS[wish]
    await handle.signal(signal)
    return answer


def _table(found: tuple[WaitingDelivery, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("delivery", "event", "receiver", "since", "attempts", "next look", "held by"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "delivery")
    for each in found:
        next_at = f"{each.next_at:%F %T}" if each.next_at else "-"
        since, tries = f"{each.created_at:%F %T}", str(each.attempts)
        held = each.reason or "-"
        table.add_row(str(each.id), each.kind, each.host, since, tries, next_at, held)
    return table
