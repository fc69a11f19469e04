"""The relay's side of the outbox: facts leave it in batches of deliveries.

The relay calls `dispatch_events`, starts a workflow for each batch it answers, and confirms with
`confirm_batches`. A crash between any two of these repeats the step after it and changes nothing: a
delivery is unique for event and endpoint, a batch keeps its members, and a workflow is started
under the batch's id.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text, update
from sqlalchemy import select as columns_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.cause import Cause
from activities.fan_out import Due, Waiting, by_organization, fan_out, numbered
from activities.outside import outside
from schema.db import transaction
from schema.tables import DeliveryBatchRow, EndpointRow, EventRow

LOCK = 0x696E6B64
IDLE_MILLISECONDS = 60_000
"""How long PostgreSQL waits for a relay that does not go on: its machine may be gone."""

_BEGIN = text(
    "SELECT pg_advisory_xact_lock(:lock), "
    "set_config('idle_in_transaction_session_timeout', :idle, true)"
)

_COUNT = text(
    "UPDATE endpoint SET last_sequence = last_sequence + due.count "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:counts AS bigint[])) AS due (id, count) "
    "WHERE endpoint.id = due.id RETURNING endpoint.id, endpoint.last_sequence - due.count AS before"
)

_WAITING: list[Any] = [
    col(EventRow.id),
    col(EventRow.created_at),
    col(EventRow.organization_id),
    col(EventRow.kind),
    col(EventRow.asset_id),
    col(EventRow.payload),
    col(EventRow.only_to),
    col(EventRow.request_id),
    col(EventRow.traceparent),
]
"""As `Waiting` takes them."""

_DELIVERIES = text(
    "INSERT INTO delivery (id, created_at, organization_id, endpoint_id, event_id, batch_id, "
    "status, attempts, sequence, order_key, next_at) "
    "SELECT id, :now, organization_id, endpoint_id, event_id, batch_id, "
    "'pending', 0, sequence, order_key, :now "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:organizations AS uuid[]), "
    "CAST(:endpoints AS uuid[]), CAST(:events AS uuid[]), CAST(:batches AS uuid[]), "
    "CAST(:sequences AS bigint[]), CAST(:order_keys AS text[])) "
    "AS due (id, organization_id, endpoint_id, event_id, batch_id, sequence, order_key)"
)


@dataclass(frozen=True)
class DispatchEvents:
    """Take up to `limit` waiting events and make deliveries of those whose kind is in `kinds`.

    An event that would bring the deliveries over `most_deliveries` waits for the next time, unless
    it is the first: one transaction stays small however many endpoints there are.
    """

    kinds: tuple[str, ...]
    limit: int = 1000
    batch_size: int = 250
    most_deliveries: int = 5000


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


async def dispatch_events(command: DispatchEvents) -> Dispatched:
    """Turn waiting events into deliveries and batches, in the order they were written.

    Several relays may run and take turns: else the later events of one could be counted before the
    earlier ones of another. What costs most, to start workflows, they do side by side.
    """
    now = outside().clock.now()
    async with transaction() as session:
        await session.execute(_BEGIN, {"lock": LOCK, "idle": str(IDLE_MILLISECONDS)})
        waiting = await _take_waiting(session, command.limit)
        told = {event.organization_id for event in waiting if event.kind in command.kinds}
        endpoints = await _active_endpoints(session, told)
        events, wanted = fan_out(waiting, endpoints, command.kinds, command.most_deliveries)
        due = numbered(wanted, await _take_numbers(session, wanted))
        parts = _parts(due, command.batch_size)
        batches = await _write_batches(session, parts, now)
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


async def _take_waiting(session: AsyncSession, limit: int) -> Sequence[Waiting]:
    query = (
        columns_of(*_WAITING)
        .where(col(EventRow.dispatched_at).is_(None))
        .order_by(col(EventRow.sequence))
        .limit(limit)
        .with_for_update()
    )
    return [Waiting(*row) for row in await session.execute(query)]


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


def _parts(due: Sequence[Due], size: int) -> list[Sequence[Due]]:
    """What leaves in one batch each: of one organization, and no more than `size`."""
    return [
        mine[start : start + size]
        for mine in by_organization(due).values()
        for start in range(0, len(mine), size)
    ]


async def _write_batches(
    session: AsyncSession, parts: Sequence[Sequence[Due]], now: datetime
) -> list[Batch]:
    """The batches with their deliveries: two statements, however many there are."""
    if not parts:
        return []
    members = [[uuid4() for _ in part] for part in parts]
    batches = [_batch_of(ids[0], part) for ids, part in zip(members, parts, strict=True)]
    rows = [{**_told(batch), "created_at": now} for batch in batches]
    await session.execute(insert(DeliveryBatchRow), rows)
    due = [one for part in parts for one in part]
    given = {
        "now": now,
        "ids": [id_ for ids in members for id_ in ids],
        "organizations": [one.event.organization_id for one in due],
        "endpoints": [one.endpoint.id for one in due],
        "events": [one.event.id for one in due],
        "batches": [ids[0] for ids in members for _ in ids],
        "sequences": [one.sequence for one in due],
        "order_keys": [one.order_key for one in due],
    }
    await session.execute(_DELIVERIES, given)
    return batches


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


def _told(batch: Batch) -> dict[str, object]:
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
