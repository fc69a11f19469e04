"""The outbox: facts are written where they become true, and leave in batches of deliveries.

`emit` runs inside the operation's transaction. The relay calls `dispatch_events`, starts a workflow
for each batch it answers, and confirms with `confirm_batches`. A crash between any two of these
repeats the step after it and changes nothing: a delivery is unique for event and endpoint, a batch
keeps its members, and a workflow is started under the batch's id.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, String, cast, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.cause import Cause, current_cause
from activities.fan_out import Due, by_organization, fan_out, numbered
from activities.outside import outside
from activities.rules.events import Event, patterns_for
from schema.db import transaction
from schema.tables import DeliveryBatchRow, DeliveryRow, EndpointRow, EventRow

_COUNT = text(
    "UPDATE endpoint SET last_sequence = last_sequence + due.count "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:counts AS bigint[])) AS due (id, count) "
    "WHERE endpoint.id = due.id RETURNING endpoint.id, endpoint.last_sequence - due.count AS before"
)

CHANNEL = "inkloom_outbox"
"""What PostgreSQL notifies when events were written (a trigger of the `event` table)."""


@dataclass(frozen=True)
class DispatchEvents:
    """Take up to `limit` waiting events and make deliveries of those whose kind is in `kinds`.

    An event that would bring the deliveries over `most_deliveries` waits for the next time, unless
    it is the first: one transaction stays small however many endpoints there are.
    """

    kinds: tuple[str, ...]
    limit: int = 1000
    batch_size: int = 100
    most_deliveries: int = 5000


@dataclass(frozen=True)
class EmitTo:
    """A fact that is told to one endpoint of its organization, whatever that subscribed to."""

    event: Event
    endpoint_id: UUID


@dataclass(frozen=True)
class WaitingBatches:
    """Batches made at least `older_than` ago whose workflow is not known to have been started."""

    older_than: timedelta
    limit: int = 200


@dataclass(frozen=True)
class ConfirmBatches:
    """The workflows of these batches are started."""

    batch_ids: tuple[UUID, ...]


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
class Dispatched:
    """What one `dispatch_events` did: how many events left, in which batches."""

    events: int
    batches: tuple[Batch, ...]


async def emit(event: Event) -> None:
    """Record a fact in the open transaction. The relay is woken when that commits."""
    await _record(event, None)


async def emit_to(command: EmitTo) -> None:
    """Record a fact for one endpoint, in the open transaction."""
    await _record(command.event, command.endpoint_id)


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


async def dispatch_events(command: DispatchEvents) -> Dispatched:
    """Turn waiting events into deliveries and batches, in the order they were written.

    Several relays may run: each takes events that no other holds.
    """
    now = outside().clock.now()
    async with transaction() as session:
        waiting = await _take_waiting(session, command.limit)
        told = {event.organization_id for event in waiting if event.kind in command.kinds}
        endpoints = await _active_endpoints(session, told)
        events, wanted = fan_out(waiting, endpoints, command.kinds, command.most_deliveries)
        due = numbered(wanted, await _take_numbers(session, wanted))
        batches = []
        for organization_id, mine in by_organization(due).items():
            for start in range(0, len(mine), command.batch_size):
                part = mine[start : start + command.batch_size]
                batches.append(await _write_batch(session, organization_id, part, now))
        await _mark_dispatched(session, [event.id for event in events], now)
    return Dispatched(events=len(events), batches=tuple(batches))


async def waiting_batches(command: WaitingBatches) -> tuple[Batch, ...]:
    """Batches whose start was interrupted; starting them again is safe."""
    limit = outside().clock.now() - command.older_than
    query = (
        select(DeliveryBatchRow)
        .where(col(DeliveryBatchRow.started_at).is_(None), DeliveryBatchRow.created_at < limit)
        .order_by(col(DeliveryBatchRow.created_at))
        .limit(command.limit)
    )
    async with transaction() as session:
        return tuple(_batch(row) for row in (await session.execute(query)).scalars())


async def confirm_batches(command: ConfirmBatches) -> None:
    """Remember that the workflows of these batches are started."""
    confirm = (
        update(DeliveryBatchRow)
        .where(col(DeliveryBatchRow.id).in_(command.batch_ids))
        .values(started_at=outside().clock.now())
    )
    async with transaction() as session:
        await session.execute(confirm)


async def _take_waiting(session: AsyncSession, limit: int) -> Sequence[EventRow]:
    query = (
        select(EventRow)
        .where(col(EventRow.dispatched_at).is_(None))
        .order_by(col(EventRow.sequence))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(query)).scalars().all()


async def _active_endpoints(
    session: AsyncSession, organizations: Iterable[UUID]
) -> dict[UUID, list[EndpointRow]]:
    query = select(EndpointRow).where(
        col(EndpointRow.organization_id).in_(list(organizations)),
        EndpointRow.status == "active",
        col(EndpointRow.deleted_at).is_(None),
    )
    found: dict[UUID, list[EndpointRow]] = defaultdict(list)
    for endpoint in (await session.execute(query)).scalars():
        found[endpoint.organization_id].append(endpoint)
    return found


async def _take_numbers(session: AsyncSession, due: Sequence[Due]) -> Mapping[UUID, int]:
    """The last number of each endpoint before what is due now, which is counted with it.

    Those that are not active any more are left out. All lock endpoints in the same order, and hold
    them until the deliveries are there, so that no number is missing or seen before a smaller one.
    """
    wanted = Counter(one.endpoint.id for one in due)
    if not wanted:
        return {}
    lock = (
        select(EndpointRow.id)
        .where(
            col(EndpointRow.id).in_(list(wanted)),
            EndpointRow.status == "active",
            col(EndpointRow.deleted_at).is_(None),
        )
        .order_by(col(EndpointRow.id))
        .with_for_update(key_share=True)
    )
    ids = list((await session.execute(lock)).scalars())
    counted = {"ids": ids, "counts": [wanted[id_] for id_ in ids]}
    return {row.id: row.before for row in await session.execute(_COUNT, counted)}


async def _write_batch(
    session: AsyncSession,
    organization_id: UUID,
    due: Sequence[Due],
    now: datetime,
) -> Batch:
    ids = [uuid4() for _ in due]
    first = due[0].event
    kinds = sorted({one.event.kind for one in due})
    assets = {one.event.asset_id for one in due}
    batch = DeliveryBatchRow(
        id=ids[0],
        created_at=now,
        organization_id=organization_id,
        size=len(due),
        summary=f"{len(due)} x {', '.join(kinds)}",
        kind=kinds[0] if len(kinds) == 1 else None,
        asset_id=assets.pop() if len(assets) == 1 else None,
        request_id=first.request_id,
        traceparent=first.traceparent,
    )
    session.add(batch)
    await session.flush()
    rows = [_delivery(id_, one, batch.id, now) for id_, one in zip(ids, due, strict=True)]
    await session.execute(insert(DeliveryRow), rows)
    return _batch(batch)


def _delivery(id_: UUID, due: Due, batch_id: UUID, now: datetime) -> dict[str, object]:
    return {
        "id": id_,
        "created_at": now,
        "organization_id": due.event.organization_id,
        "endpoint_id": due.endpoint.id,
        "event_id": due.event.id,
        "batch_id": batch_id,
        "status": "pending",
        "attempts": 0,
        "sequence": due.sequence,
        "order_key": due.order_key,
        "next_at": now,
    }


async def _mark_dispatched(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    if ids:
        mark = update(EventRow).where(col(EventRow.id).in_(ids)).values(dispatched_at=now)
        await session.execute(mark, execution_options={"synchronize_session": False})


def _batch(row: DeliveryBatchRow) -> Batch:
    return Batch(
        id=row.id,
        organization_id=row.organization_id,
        size=row.size,
        summary=row.summary,
        kind=row.kind,
        asset_id=row.asset_id,
        cause=Cause(row.request_id, row.traceparent),
    )


async def _record(event: Event, only_to: UUID | None) -> None:
    cause = current_cause()
    async with transaction() as session:
        session.add(
            EventRow(
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
