"""Deliveries and the receivers they go to, in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.batching import Batch
from activities.deliveries.attempting import AttemptBatch, BatchReport, attempt_batch
from activities.deliveries.parking import ReleaseParked, release_parked
from activities.dispatching import DispatchEvents, dispatch_events
from activities.rules.actors import Actor
from tests.builders.tenants import a_code
from tests.fakes.listener import Listener
from workflows.reactions import WEBHOOKS, kinds_for

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BROKEN = b"HTTP/1.1 500 Broken\r\nContent-Length: 3\r\n\r\nbad"


def an_answer(status: int, body: str = "", **headers: str) -> bytes:
    """An answer of a receiver; underscores in header names stand for hyphens."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(body)}", *lines]
    return ("\r\n".join(head) + f"\r\n\r\n{body}").encode()


async def some_batches(by: Actor, codes: int = 1) -> tuple[Batch, ...]:
    """The batches of that many events."""
    for _ in range(codes):
        await a_code(by)
    return (await dispatch_events(DispatchEvents(kinds_for(WEBHOOKS)))).batches


async def a_batch(by: Actor, codes: int = 1) -> UUID:
    """The one batch of that many events."""
    (batch,) = await some_batches(by, codes)
    return batch.id


async def released() -> list[BatchReport]:
    """What becomes of parked messages that may go by now, a batch each."""
    batches = await release_parked(ReleaseParked())
    return [await attempt_batch(AttemptBatch(batch.id)) for batch in batches]


def url_of(listener: Listener) -> str:
    """Where it listens."""
    return f"http://127.0.0.1:{listener.port}/hook"


def headers_of(request: bytes) -> dict[str, str]:
    """The headers of a request, names in lower case."""
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


async def endpoint_row(database: AsyncConnection, columns: str) -> Sequence[object]:
    """These columns of the one endpoint."""
    return tuple((await database.execute(text(f"SELECT {columns} FROM endpoint"))).one())


async def delivery_rows(database: AsyncConnection, columns: str) -> list[tuple[object, ...]]:
    """These columns of every delivery, by number."""
    query = text(f"SELECT {columns} FROM delivery ORDER BY sequence")
    return [tuple(row) for row in await database.execute(query)]
