"""The outbox: facts are written where they become true, and the relay takes them from there.

`emit` runs inside the operation's transaction: what is rolled back is never told, and what is
committed is told however often a process dies (`dispatching.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import orjson
from sqlalchemy import ARRAY, String, cast, text
from sqlmodel import col, select

from activities.cause import current_cause
from activities.rules.events import Event, patterns_for
from schema.db import transaction
from schema.tables import EndpointRow, EventRow

CHANNEL = "inkloom_outbox"
"""What PostgreSQL notifies when events were written (a trigger of the `event` table)."""


# One document for all: as arrays, each value was written out by itself, at twice the cost.
_ALL = text(
    "INSERT INTO event "
    "(id, created_at, organization_id, kind, asset_id, payload, request_id, traceparent) "
    "SELECT gen_random_uuid(), moment, organization, kind, asset, payload, "
    ":request_id, :traceparent FROM json_to_recordset(CAST(:facts AS json)) "
    "AS fact (moment timestamptz, organization uuid, kind text, asset uuid, payload jsonb)"
)


@dataclass(frozen=True)
class EmitAll:
    """Very many facts at once."""

    events: tuple[Event, ...]


@dataclass(frozen=True)
class EmitTo:
    """A sample: a fact for one endpoint of its organization, whatever that subscribed to."""

    event: Event
    endpoint_id: UUID
    event_id: UUID = field(default_factory=uuid4)


async def emit(event: Event) -> None:
    """Record a fact in the open transaction. The relay is woken when that commits."""
    await _record(event, uuid4(), None)


async def emit_all(command: EmitAll) -> None:
    """Record facts in the open transaction, in their order, with one statement."""
    if not command.events:
        return
    cause = current_cause()
    facts = [
        {
            "moment": event.occurred_at,
            "organization": event.organization_id,
            "kind": event.kind,
            "asset": event.asset_id,
            "payload": event.payload(),
        }
        for event in command.events
    ]
    values = {
        "facts": orjson.dumps(facts).decode(),
        "request_id": cause.request_id,
        "traceparent": cause.traceparent,
    }
    async with transaction() as session:
        await session.execute(_ALL, values)


async def emit_to(command: EmitTo) -> None:
    """Record a sample for one endpoint, in the open transaction."""
    await _record(command.event, command.event_id, command.endpoint_id)


async def emit_wanted(event: Event) -> None:
    """Record what happens often, where an endpoint of the organization wants to hear of it now."""
    listening = select(EndpointRow.id).where(
        EndpointRow.organization_id == event.organization_id,
        EndpointRow.status == "active",
        col(EndpointRow.deleted_at).is_(None),
        col(EndpointRow.events).op("&&")(cast(list(patterns_for(event.kind)), ARRAY(String))),
    )
    async with transaction() as session:
        if (await session.execute(listening.limit(1))).first() is not None:
            await emit(event)


async def _record(event: Event, id_: UUID, only_to: UUID | None) -> None:
    cause = current_cause()
    async with transaction() as session:
        session.add(
            EventRow(
                id=id_,
                created_at=event.occurred_at,
                organization_id=event.organization_id,
                kind=event.kind,
                asset_id=event.asset_id,
                payload=event.payload(),
                only_to=only_to,
                request_id=cause.request_id,
                traceparent=cause.traceparent,
            )
        )
        await session.flush()
