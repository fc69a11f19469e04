"""What `inkloom webhooks` does: looks into the database, and asks or signals workflows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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
from activities.deliveries.parking import FindParked, TakeInHand, find_parked, take_in_hand
from activities.rules.holds import explain
from activities.rules.spelling import unprefixed
from schema.settings import Settings, SettingWrong
from workers.bootstrap import connector, gateways
from workers.running import load_running
from workflows.deliver_webhooks import retry_id
from workflows.retries import try_by_hand
from workflows.retry_delivery import RetryDelivery
from workflows.starter import Starter, TemporalAway

PIPE_WIDTH = 160
"""Columns where nobody looks at a terminal: a line each, for grep."""

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
    if not found:
        Console().print("Everything is delivered.")
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_WIDTH)
    console.print(_table(found, datetime.now(UTC)))


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
    """The same for a delivery that is being tried, or is parked."""
    try:
        if found.parked and wish == "why":
            return f"{explain(found.reason)} The relay looks again every second."
        client = await starter.client()
        if found.parked and (held := await find_parked(FindParked(found.id))):
            await try_by_hand(starter, held, SIGNALS[wish][0])
            # A crash before this leaves it to the relay as well: tried twice rather than never.
            await take_in_hand(TakeInHand(found.id))
            return SIGNALS[wish][1]
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


def _table(found: tuple[WaitingDelivery, ...], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("delivery", "event", "receiver", "age", "tries", "next", "held by"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "receiver")
    for each in found:
        next_in = "-" if each.next_at is None else _brief(each.next_at - now)
        age, tries = _brief(now - each.created_at), str(each.attempts)
        table.add_row(str(each.id), each.kind, each.host, age, tries, next_in, each.reason or "-")
    return table


def _brief(span: timedelta) -> str:
    """A span in its largest unit: `40s`, `12m`, `5h`, `3d`; what is over is `0s`."""
    seconds = max(0.0, span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
