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
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.batching import Batch, Part, WriteBatches, batch_of_row, write_batches
from activities.deliveries.health import health_of
from activities.fan_out import Due, FanOut, Waiting, by_organization, numbered
from activities.outside import outside
from activities.rules.breaker import held_by
from schema.db import commit_lazily, transaction
from schema.tables import DeliveryBatchRow, EndpointRow, EventRow

LOCK = 0x696E6B64
IDLE_MILLISECONDS = 60_000
"""How long PostgreSQL waits for a relay that does not go on: its machine may be gone."""

_BEGIN = text(
    "SELECT pg_advisory_xact_lock(:lock), set_config('jit', 'off', true), "
    "set_config('idle_in_transaction_session_timeout', :idle, true)"
)

_COUNT = text(
    "UPDATE endpoint SET last_sequence = last_sequence + due.count "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:counts AS bigint[])) AS due (id, count) "
    "WHERE endpoint.id = due.id RETURNING endpoint.id, endpoint.last_sequence - due.count AS before"
)

_MARK = text("UPDATE event SET dispatched_at = :now WHERE id = ANY (CAST(:ids AS uuid[]))")

_TELLING = """
WITH RECURSIVE telling AS (
  (SELECT organization_id AS id FROM event WHERE dispatched_at IS NULL
   ORDER BY organization_id LIMIT 1)
  UNION ALL
  SELECT further.* FROM telling CROSS JOIN LATERAL (
    SELECT organization_id FROM event WHERE dispatched_at IS NULL AND organization_id > telling.id
    ORDER BY organization_id LIMIT 1
  ) AS further
)"""
"""Organizations with waiting events: from one to the next in `ix_event_waiting`."""

# As the rest of it would do, row by row: where nobody listens there is nothing to make of an event.
_UNHEARD = """, alone AS MATERIALIZED (
  SELECT id FROM telling WHERE NOT EXISTS (
    SELECT FROM endpoint AS e WHERE e.organization_id = telling.id AND e.status = 'active'
    AND e.deleted_at IS NULL
  )
), unheard AS (
  SELECT due.id FROM alone CROSS JOIN LATERAL (
    SELECT id FROM event WHERE dispatched_at IS NULL AND organization_id = alone.id
    ORDER BY sequence LIMIT :limit
  ) AS due LIMIT :limit
)
UPDATE event SET dispatched_at = :now FROM unheard WHERE event.id = unheard.id
"""

_FIRST = """
SELECT due.id, created_at, organization_id, kind, asset_id, payload, only_to, request_id,
  traceparent
FROM telling CROSS JOIN LATERAL (
  SELECT *, row_number() OVER (ORDER BY sequence) AS rank FROM event
  WHERE dispatched_at IS NULL AND organization_id = telling.id ORDER BY sequence LIMIT :limit
) AS due ORDER BY rank, organization_id LIMIT :limit
"""

_PASS_UNHEARD, _TAKE_WAITING = text(_TELLING + _UNHEARD), text(_TELLING + _FIRST)

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
"""As `Waiting` and the statement above have them."""


@dataclass(frozen=True)
class DispatchEvents:
    """Take up to `limit` waiting events and make deliveries of those whose kind is in `kinds`; let
    as many go that nobody hears of.

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
class Dispatched:
    """What one `dispatch_events` did: how many events left, in which batches."""

    events: int
    batches: tuple[Batch, ...]


async def dispatch_events(command: DispatchEvents) -> Dispatched:
    """Turn waiting events into deliveries and batches, those of an organization in the order they
    were written; one that has many lets the others go beside them.

    Several relays may run and take turns: else the later events of one could be counted before the
    earlier ones of another. What costs most, to start workflows, they do side by side.
    """
    now = outside().clock.now()
    async with transaction() as session:
        await session.execute(_BEGIN, {"lock": LOCK, "idle": str(IDLE_MILLISECONDS)})
        passed = await _pass_unheard(session, command.limit, now)
        waiting = await _take_waiting(session, command.limit)
        told = {event.organization_id for event in waiting if event.kind in command.kinds}
        endpoints = await _active_endpoints(session, told)
        out = FanOut(endpoints, command.kinds, command.most_deliveries)
        out.take(waiting)
        if not out.due and (passed or out.leaving):
            await commit_lazily(session)
        due = numbered(out.due, await _take_numbers(session, out.due))
        batches = await write_batches(WriteBatches(_parts(due, command.batch_size, now), now))
        await _mark_dispatched(session, [event.id for event in out.leaving], now)
    return Dispatched(events=passed + len(out.leaving), batches=batches)


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
        return tuple(batch_of_row(row) for row in (await session.execute(query)).scalars())


async def confirm_batches(command: ConfirmBatches) -> None:
    """Remember that the workflows of these batches are started."""
    confirm = (
        update(DeliveryBatchRow)
        .where(col(DeliveryBatchRow.id).in_(command.batch_ids))
        .values(started_at=outside().clock.now())
    )
    async with transaction() as session:
        await session.execute(confirm)


async def _pass_unheard(session: AsyncSession, limit: int, now: datetime) -> int:
    """Let up to `limit` go that no endpoint could hear of; how many these are."""
    passed = await session.execute(_PASS_UNHEARD, {"limit": limit, "now": now})
    return cast(CursorResult[Any], passed).rowcount


async def _take_waiting(session: AsyncSession, limit: int) -> Sequence[Waiting]:
    query = _TAKE_WAITING.columns(*_WAITING)
    return [Waiting(*row) for row in await session.execute(query, {"limit": limit})]


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


def _parts(due: Sequence[Due], size: int, now: datetime) -> list[Part]:
    """Batches, each of one organization and no more than `size`.

    What an endpoint cannot be sent now is parked at once: however much is told to one that is dead,
    no workflow is about it.
    """
    parts: list[Part] = []
    for mine in by_organization(due).values():
        sorted_out: dict[str | None, list[Due]] = defaultdict(list)
        for one in mine:
            sorted_out[_held(one, now)].append(one)
        for reason, some in sorted_out.items():
            parts += [
                Part(some[start : start + size], reason) for start in range(0, len(some), size)
            ]
    return parts


def _held(one: Due, now: datetime) -> str | None:
    """What holds the messages of an endpoint; the probe of an open circuit is the relay's part."""
    health = health_of(one.endpoint)
    hold = held_by(health, now)
    if hold is not None:
        return hold.reason
    return None if health.open_until is None else "circuit_open"


async def _mark_dispatched(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    if ids:
        # As one value: thousands of them took longer to write into the statement than to mark.
        array = "{" + ",".join(map(str, ids)) + "}"
        await session.execute(_MARK, {"ids": array, "now": now})
