"""Deliveries of events that an endpoint was never told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import col, select

from activities.batching import Batch
from activities.cause import current_cause
from activities.outside import outside
from activities.rules.event_filters import passes
from activities.rules.spelling import stamp
from schema.db import transaction
from schema.tables import DeliveryBatchRow, DeliveryRow, EndpointRow, EventRow


@dataclass(frozen=True)
class ReplayEvents:
    """Tell an endpoint these events of its organization, none of which it has a delivery of."""

    endpoint_id: UUID
    event_ids: tuple[UUID, ...]


async def replay_events(command: ReplayEvents) -> Batch | None:
    """Those that its filter lets through, in the order they were written, in one batch; None where
    that is none. They get the endpoint's next numbers.
    """
    now = outside().clock.now()
    locked = select(EndpointRow).where(EndpointRow.id == command.endpoint_id)
    found = (
        select(EventRow)
        .where(col(EventRow.id).in_(command.event_ids))
        .order_by(col(EventRow.sequence))
    )
    async with transaction() as session:
        endpoint = (
            await session.execute(
                locked.with_for_update(key_share=True).execution_options(populate_existing=True)
            )
        ).scalar_one()
        events = [e for e in (await session.execute(found)).scalars() if _passes(endpoint, e)]
        if not events:
            return None
        first = endpoint.last_sequence + 1
        endpoint.last_sequence += len(events)
        batch = _batch_row(endpoint, len(events), now)
        session.add(batch)
        await session.flush()
        await session.execute(insert(DeliveryRow), _rows(batch, endpoint, events, first))
    size, cause = len(events), current_cause()
    return Batch(batch.id, endpoint.organization_id, size, batch.summary, None, None, cause)


def _passes(endpoint: EndpointRow, event: EventRow) -> bool:
    if event.organization_id != endpoint.organization_id:
        return False
    message = {"type": event.kind, "timestamp": stamp(event.created_at), "data": event.payload}
    return endpoint.filter is None or passes(endpoint.filter, message)


def _batch_row(endpoint: EndpointRow, size: int, now: datetime) -> DeliveryBatchRow:
    cause = current_cause()
    return DeliveryBatchRow(
        id=uuid4(),
        created_at=now,
        organization_id=endpoint.organization_id,
        size=size,
        summary=f"{size} replayed",
        kind=None,
        asset_id=None,
        request_id=cause.request_id,
        traceparent=cause.traceparent,
    )


def _rows(
    batch: DeliveryBatchRow, endpoint: EndpointRow, events: Sequence[EventRow], first: int
) -> list[dict[str, object]]:
    return [
        {
            "id": uuid4(),
            "created_at": batch.created_at,
            "organization_id": endpoint.organization_id,
            "endpoint_id": endpoint.id,
            "event_id": event.id,
            "batch_id": batch.id,
            "status": "pending",
            "attempts": 0,
            "sequence": number,
            "order_key": str(event.asset_id) if endpoint.ordering == "asset" else None,
            "next_at": batch.created_at,
        }
        for number, event in enumerate(events, first)
    ]
