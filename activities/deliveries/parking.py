"""Messages that are held, or failed at a receiver that is away: no workflow is about them.

The relay looks for those whose hold is over and puts them into new batches. An endpoint that is
dead is so given one message a minute as a probe, and one that comes back what waited, in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from activities.batching import Batch, told_of
from activities.cause import Cause
from activities.deliveries.holding import BUSY_SECONDS
from activities.outside import outside
from activities.rules.holds import RESEND
from schema.db import transaction
from schema.tables import DeliveryBatchRow

# Constants put together; only values come from outside.
_HELD = """
WITH RECURSIVE held AS (
  (SELECT endpoint_id, reason FROM delivery WHERE parked AND status = 'pending'
   ORDER BY endpoint_id, reason LIMIT 1)
  UNION ALL
  SELECT further.* FROM held CROSS JOIN LATERAL (
    SELECT endpoint_id, reason FROM delivery
    WHERE parked AND status = 'pending' AND (endpoint_id, reason) > (held.endpoint_id, held.reason)
    ORDER BY endpoint_id, reason LIMIT 1
  ) AS further
)"""

_END = """, gone AS (
  SELECT DISTINCT endpoint.id,
    CASE WHEN deleted_at IS NULL THEN 'endpoint_disabled' ELSE 'endpoint_deleted' END AS why
  FROM held JOIN endpoint ON endpoint.id = held.endpoint_id
  WHERE deleted_at IS NOT NULL OR endpoint.status = 'disabled'
)
UPDATE delivery SET status = 'cancelled', reason = gone.why, next_at = NULL, finished_at = :now
FROM gone WHERE delivery.endpoint_id = gone.id AND parked AND delivery.status = 'pending'
"""
"""Of endpoints that are gone: what was parked after all of it was cancelled."""

_FIND = """, awake AS (
  SELECT endpoint.id, held.reason, CASE
    WHEN open_until > :now OR throttled_until > :now THEN 0
    WHEN open_until IS NOT NULL THEN 1
    WHEN failures > 0 AND held.reason IN ('throttled', 'circuit_open')
      THEN greatest(1, concurrency / 5)
    WHEN held.reason = 'busy' THEN 2 * concurrency
    ELSE :limit END AS most
  FROM held JOIN endpoint ON endpoint.id = held.endpoint_id
  WHERE endpoint.status = 'active' AND deleted_at IS NULL
), plain AS (
  SELECT due.* FROM awake CROSS JOIN LATERAL (
    SELECT id, row_number() OVER (ORDER BY coalesce(sequence, 0)) AS rank FROM delivery
    WHERE parked AND status = 'pending' AND endpoint_id = awake.id AND reason = awake.reason
      AND (reason NOT IN ('busy', 'rate_limit', 'retry') OR next_at <= :now)
    ORDER BY coalesce(sequence, 0) LIMIT awake.most
  ) AS due
  WHERE awake.reason <> 'earlier_message'
), heads AS (
  SELECT head.* FROM awake CROSS JOIN LATERAL (
    WITH RECURSIVE heads AS (
      (SELECT endpoint_id, order_key, sequence, parked, reason FROM delivery
       WHERE endpoint_id = awake.id AND status = 'pending' AND order_key IS NOT NULL
       ORDER BY order_key, sequence LIMIT 1)
      UNION ALL
      SELECT head.* FROM heads CROSS JOIN LATERAL (
        SELECT endpoint_id, order_key, sequence, parked, reason FROM delivery
        WHERE endpoint_id = awake.id AND status = 'pending' AND order_key > heads.order_key
        ORDER BY order_key, sequence LIMIT 1
      ) AS head
    )
    SELECT * FROM heads WHERE parked AND reason = 'earlier_message' LIMIT awake.most
  ) AS head
  WHERE awake.reason = 'earlier_message'
), in_order AS (
  SELECT row.id, row_number() OVER (PARTITION BY heads.endpoint_id ORDER BY row.sequence) AS rank
  FROM heads CROSS JOIN LATERAL (
    SELECT id, delivery.sequence FROM delivery
    WHERE endpoint_id = heads.endpoint_id AND order_key = heads.order_key AND status = 'pending'
      AND parked AND reason = 'earlier_message'
    ORDER BY sequence LIMIT :in_a_row
  ) AS row
)
SELECT id, organization_id, endpoint_id, sequence FROM delivery
WHERE id IN (SELECT id FROM (SELECT * FROM plain UNION ALL SELECT * FROM in_order) AS due
             ORDER BY rank LIMIT :limit)
  AND parked AND status = 'pending'
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
"""`held` goes from one endpoint and reason to the next in `ix_delivery_parked`, `heads` from one
asset to the next in `ix_delivery_order`: its first message may go, and those behind it with it.
First ones of all endpoints go before second ones: the backlog of one holds up nobody."""

_UNPARK = text(
    "UPDATE delivery SET parked = false, next_at = :now, batch_id = due.batch_id, "
    "reason = CASE WHEN attempts > 0 THEN :resend END "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:batches AS uuid[])) AS due (id, batch_id) "
    "WHERE delivery.id = due.id"
)

_PARKED = text(
    "SELECT delivery.organization_id, attempts, resend, reason, kind, request_id, traceparent "
    "FROM delivery JOIN event ON event.id = delivery.event_id "
    "WHERE delivery.id = :id AND parked AND status = 'pending'"
)

_TAKE = text("UPDATE delivery SET parked = false WHERE id = :id AND parked AND status = 'pending'")

_PARK_BUSY = text(
    "UPDATE delivery SET parked = true, reason = 'busy', "
    "next_at = CAST(:now AS timestamptz) + :seconds * (1 + random()) * interval '1 second' "
    "WHERE id = ANY (:ids) AND status = 'pending' AND (attempts = 0 OR reason = :resend) "
    "RETURNING id"
)

_FREE = text(
    "UPDATE delivery SET order_key = NULL, "
    "reason = CASE WHEN parked AND reason = 'earlier_message' THEN 'busy' ELSE reason END, "
    "next_at = CASE WHEN parked AND reason = 'earlier_message' THEN :now ELSE next_at END "
    "WHERE endpoint_id = :id AND status = 'pending' AND order_key IS NOT NULL"
)

IN_A_ROW = 50
"""Messages of one asset that go together: one behind the other, up to one that fails."""


@dataclass(frozen=True)
class ReleaseParked:
    """Put up to `limit` of them into batches of at most `batch_size`."""

    limit: int = 1000
    batch_size: int = 250


@dataclass(frozen=True)
class ParkBusy:
    """Deliveries of a batch that found no place on the way to their endpoints."""

    delivery_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class FreeOrdered:
    """The endpoint wants no order any more."""

    endpoint_id: UUID


@dataclass(frozen=True)
class Parked:
    """Deliveries that are parked now."""

    delivery_ids: frozenset[UUID]


@dataclass(frozen=True)
class FindParked:
    """An operator wants to tell a message something."""

    delivery_id: UUID


@dataclass(frozen=True)
class TakeInHand:
    """A workflow is there for a parked message: the relay leaves it alone from now on."""

    delivery_id: UUID


@dataclass(frozen=True)
class InHand:
    """A parked message for which a workflow is to be started: it tries it next as attempt `number`,
    from which its policy counts.
    """

    delivery_id: UUID
    organization_id: UUID
    number: int
    resend: int
    reason: str
    kind: str
    cause: Cause


async def park_busy(command: ParkBusy) -> Parked:
    """Park those of them that another run of the batch has not tried meanwhile."""
    given = {
        "now": outside().clock.now(),
        "seconds": BUSY_SECONDS,
        "ids": list(command.delivery_ids),
        "resend": RESEND,
    }
    async with transaction() as session:
        return Parked(frozenset((await session.execute(_PARK_BUSY, given)).scalars()))


async def release_parked(command: ReleaseParked) -> tuple[Batch, ...]:
    """Batches of what may go by now, to be started; while that is not done the relay finds them.

    What waits for an endpoint that is gone is cancelled.
    """
    now = outside().clock.now()
    given = {"now": now, "limit": command.limit, "in_a_row": IN_A_ROW}
    async with transaction() as session:
        await session.execute(text(_HELD + _END), {"now": now})
        rows = (await session.execute(text(_HELD + _FIND), given)).all()
        if not rows:
            return ()
        parts = _parts(sorted(rows, key=lambda row: row.sequence or 0), command.batch_size)
        batches = [_batch(part) for part in parts]
        written = [{**told_of(batch), "created_at": now} for batch in batches]
        await session.execute(insert(DeliveryBatchRow), written)
        members = {
            "now": now,
            "resend": RESEND,
            "ids": [row.id for part in parts for row in part],
            "batches": [batch.id for batch, part in zip(batches, parts, strict=True) for _ in part],
        }
        await session.execute(_UNPARK, members)
    return tuple(batches)


async def find_parked(command: FindParked) -> InHand | None:
    """How it is; None for one that is not parked, or not any more."""
    async with transaction() as session:
        row = (await session.execute(_PARKED, {"id": command.delivery_id})).one_or_none()
    if row is None:
        return None
    cause, number = Cause(row.request_id, row.traceparent), row.attempts + 1
    of, reason = row.organization_id, row.reason or ""
    return InHand(command.delivery_id, of, number, row.resend, reason, row.kind, cause)


async def take_in_hand(command: TakeInHand) -> None:
    """Not before its workflow is started: nobody else would try it."""
    async with transaction() as session:
        await session.execute(_TAKE, {"id": command.delivery_id})


async def free_ordered(command: FreeOrdered) -> None:
    """Let nothing of it wait for an earlier message."""
    given = {"id": command.endpoint_id, "now": outside().clock.now()}
    async with transaction() as session:
        await session.execute(_FREE, given)


def _parts(rows: Sequence[Any], size: int) -> list[list[Any]]:
    mine: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        mine[row.organization_id].append(row)
    return [some[n : n + size] for some in mine.values() for n in range(0, len(some), size)]


def _batch(part: Sequence[Any]) -> Batch:
    # Not the id of its first delivery: that may have been the id of a batch before.
    summary, cause = f"{len(part)} that were held", Cause("", None)
    return Batch(uuid4(), part[0].organization_id, len(part), summary, None, None, cause)
