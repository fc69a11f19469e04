"""Held messages that a workflow is about and that may go by now; `parking.py` has the others.

They are found in steps through indexes: what stays held is not read.

A look takes a step for each endpoint that has held messages, and for one with messages that wait
for earlier ones a step for each asset; then it reads what it takes, of all endpoints alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from activities.outside import outside
from schema.db import transaction

WOKEN_AFTER = timedelta(seconds=5)
"""What nobody could wake is woken again after this."""

_TAKE = text("""
WITH RECURSIVE held AS (
  (SELECT reason, endpoint_id FROM delivery
   WHERE status = 'pending' AND reason IS NOT NULL AND NOT parked
   ORDER BY reason, endpoint_id LIMIT 1)
  UNION ALL
  SELECT further.* FROM held CROSS JOIN LATERAL (
    SELECT reason, endpoint_id FROM delivery
    WHERE status = 'pending' AND reason IS NOT NULL AND NOT parked
      AND (reason, endpoint_id) > (held.reason, held.endpoint_id)
    ORDER BY reason, endpoint_id LIMIT 1
  ) AS further
), active AS (
  SELECT endpoint.id, held.reason, open_until IS NULL AS is_closed,
    (open_until IS NULL OR open_until <= :now)
    AND (throttled_until IS NULL OR throttled_until <= :now) AS may_send
  FROM held JOIN endpoint ON endpoint.id = held.endpoint_id WHERE endpoint.status = 'active'
), resumed AS (
  SELECT due.id, due.rank FROM active CROSS JOIN LATERAL (
    SELECT id, row_number() OVER (ORDER BY coalesce(sequence, 0)) AS rank FROM delivery
    WHERE reason = active.reason AND endpoint_id = active.id AND status = 'pending'
      AND reason IS NOT NULL AND NOT parked AND next_at NOT BETWEEN :now AND :until
    ORDER BY coalesce(sequence, 0) LIMIT :limit
  ) AS due
  WHERE active.reason = 'endpoint_paused' OR active.reason = 'circuit_open' AND active.is_closed
), first AS (
  SELECT due.id, due.rank FROM active CROSS JOIN LATERAL (
    WITH RECURSIVE heads AS (
      (SELECT id, order_key, reason, next_at, parked FROM delivery
       WHERE endpoint_id = active.id AND status = 'pending' AND order_key IS NOT NULL
       ORDER BY order_key, sequence LIMIT 1)
      UNION ALL
      SELECT head.* FROM heads CROSS JOIN LATERAL (
        SELECT id, order_key, reason, next_at, parked FROM delivery
        WHERE endpoint_id = active.id AND status = 'pending' AND order_key > heads.order_key
        ORDER BY order_key, sequence LIMIT 1
      ) AS head
    )
    SELECT id, row_number() OVER () AS rank FROM heads
    WHERE reason = 'earlier_message' AND NOT parked AND next_at NOT BETWEEN :now AND :until
    LIMIT :limit
  ) AS due
  WHERE active.reason = 'earlier_message' AND active.may_send
), found AS (
  SELECT id FROM (SELECT * FROM resumed UNION ALL SELECT * FROM first) AS due
  ORDER BY rank LIMIT :limit
), taken AS (
  SELECT id FROM delivery
  WHERE id IN (SELECT id FROM found)
    AND status = 'pending' AND reason IS NOT NULL AND NOT parked
    AND next_at NOT BETWEEN :now AND :until
  ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE delivery SET next_at = :until FROM taken WHERE delivery.id = taken.id
RETURNING delivery.id, delivery.resend, delivery.endpoint_id, delivery.sequence
""")
"""`held` goes from one reason and endpoint to the next in `ix_delivery_held`; `heads` goes from one
asset to the next in `ix_delivery_order`, and sees the first message of each. What orders by
`coalesce(sequence, 0)` cannot be read by the index of all messages that ever were."""


@dataclass(frozen=True)
class TakeReleased:
    """Deliveries that wait for what is over by now; each is answered once in a while."""

    limit: int = 200


@dataclass(frozen=True)
class Released:
    """A delivery to wake, by the id of the workflow that tries it."""

    delivery_id: UUID
    resend: int


async def take_released(command: TakeReleased) -> tuple[Released, ...]:
    """Deliveries whose endpoint is resumed or well again, or whose earlier message is through.

    Those of one endpoint in their order. They are not answered again for some seconds.
    """
    now = outside().clock.now()
    given = {"now": now, "until": now + WOKEN_AFTER, "limit": command.limit}
    async with transaction() as session:
        rows = (await session.execute(_TAKE, given)).all()
    rows = sorted(rows, key=lambda row: (row.endpoint_id, row.sequence or 0))
    return tuple(Released(row.id, row.resend) for row in rows)
