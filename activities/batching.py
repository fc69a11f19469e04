"""Batches: deliveries of one organization that one workflow makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from activities.cause import Cause
from activities.fan_out import Due
from schema.db import transaction
from schema.tables import DeliveryBatchRow

_DELIVERIES = text(
    "INSERT INTO delivery (id, created_at, organization_id, endpoint_id, event_id, batch_id, "
    "status, attempts, sequence, order_key, next_at, reason, parked) "
    "SELECT id, :now, organization_id, endpoint_id, event_id, batch_id, "
    "'pending', 0, sequence, order_key, :now, reason, reason IS NOT NULL "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:organizations AS uuid[]), "
    "CAST(:endpoints AS uuid[]), CAST(:events AS uuid[]), CAST(:batches AS uuid[]), "
    "CAST(:sequences AS bigint[]), CAST(:order_keys AS text[]), CAST(:reasons AS text[])) "
    "AS due (id, organization_id, endpoint_id, event_id, batch_id, sequence, order_key, reason)"
)


@dataclass(frozen=True)
class Batch:
    """Deliveries of one organization for one workflow.

    For operators: `summary`, and `kind` and `asset_id` where all its events have the same.
    """

    id: UUID
    organization_id: UUID
    size: int
    summary: str
    kind: str | None
    asset_id: UUID | None
    cause: Cause


@dataclass(frozen=True)
class Part:
    """What leaves in one batch; with a `reason` it is parked, and nobody is to start the batch."""

    due: Sequence[Due]
    reason: str | None


@dataclass(frozen=True)
class WriteBatches:
    """Write batches with their deliveries."""

    parts: Sequence[Part]
    now: datetime


async def write_batches(command: WriteBatches) -> tuple[Batch, ...]:
    """Two statements in the open transaction, however many there are; those that are to be
    started.
    """
    parts, now = command.parts, command.now
    if not parts:
        return ()
    members = [[uuid4() for _ in part.due] for part in parts]
    batches = [_batch_of(ids[0], part.due) for ids, part in zip(members, parts, strict=True)]
    rows = [
        {**told_of(batch), "created_at": now, "started_at": now if part.reason else None}
        for batch, part in zip(batches, parts, strict=True)
    ]
    due = [one for part in parts for one in part.due]
    given = {
        "now": now,
        "ids": [id_ for ids in members for id_ in ids],
        "organizations": [one.event.organization_id for one in due],
        "endpoints": [one.endpoint.id for one in due],
        "events": [one.event.id for one in due],
        "batches": [ids[0] for ids in members for _ in ids],
        "sequences": [one.sequence for one in due],
        "order_keys": [one.order_key for one in due],
        "reasons": [part.reason for part in parts for _ in part.due],
    }
    async with transaction() as session:
        await session.execute(insert(DeliveryBatchRow), rows)
        await session.execute(_DELIVERIES, given)
    return tuple(batch for batch, part in zip(batches, parts, strict=True) if not part.reason)


def _batch_of(id_: UUID, due: Sequence[Due]) -> Batch:
    first = due[0].event
    kinds = sorted({one.event.kind for one in due})
    assets = {one.event.asset_id for one in due}
    return Batch(
        id=id_,
        organization_id=first.organization_id,
        size=len(due),
        summary=f"{len(due)} x {', '.join(kinds)}",
        kind=kinds[0] if len(kinds) == 1 else None,
        asset_id=assets.pop() if len(assets) == 1 else None,
        cause=Cause(first.request_id, first.traceparent),
    )


def told_of(batch: Batch) -> dict[str, object]:
    """The columns of a batch."""
    return {
        "id": batch.id,
        "organization_id": batch.organization_id,
        "size": batch.size,
        "summary": batch.summary,
        "kind": batch.kind,
        "asset_id": batch.asset_id,
        "request_id": batch.cause.request_id,
        "traceparent": batch.cause.traceparent,
    }


def batch_of_row(row: DeliveryBatchRow) -> Batch:
    """The batch as it was written down."""
    return Batch(
        id=row.id,
        organization_id=row.organization_id,
        size=row.size,
        summary=row.summary,
        kind=row.kind,
        asset_id=row.asset_id,
        cause=Cause(row.request_id, row.traceparent),
    )
