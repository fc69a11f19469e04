"""What was delivered, written down in groups: one commit for all that arrived meanwhile.

A delivery's own transaction costs many times what the message does; those that go well need none.
Failures, and what an unwell endpoint answers, are recorded one by one (`attempts.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from uuid import UUID, uuid4

import orjson
from sqlalchemy import text

from activities.attempts import RecordAttempt, Recorded, readable, record_attempt
from activities.outside import outside
from schema.db import DatabaseAway, transaction

MOST_AT_ONCE = 250

# One JSON document: psycopg writes arrays of texts sign by sign, which took a tenth of a worker.
_MOVE = text("""
WITH given AS (
  SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
    id uuid, delivery_id uuid, number int, sent_at timestamptz, status_code int,
    duration_ms float8, address text, response_body text, request_headers jsonb,
    response_headers jsonb, phases jsonb, why text
  )
), moved AS (
  UPDATE delivery
  SET attempts = given.number, status = 'delivered', reason = NULL, next_at = NULL,
      finished_at = :now
  FROM given
  WHERE delivery.id = given.delivery_id AND delivery.attempts = given.number - 1
    AND delivery.status IN ('pending', 'cancelled')
  RETURNING delivery.id
)
INSERT INTO attempt (
  id, created_at, delivery_id, number, status_code, duration_ms,
  address, response_body, request_headers, response_headers, phases, why
)
SELECT given.id, sent_at, delivery_id, number, status_code, duration_ms,
  address, response_body, request_headers, response_headers, phases, why
FROM given JOIN moved ON moved.id = given.delivery_id
RETURNING delivery_id
""")


@dataclass(frozen=True)
class RecordArrivals:
    """Attempts that delivered their message to endpoints that are well."""

    attempts: tuple[RecordAttempt, ...]


@dataclass(frozen=True)
class Arrivals:
    """Deliveries that are delivered by now, and were not before."""

    delivery_ids: frozenset[UUID]


async def record_arrivals(command: RecordArrivals) -> Arrivals:
    """Write them all, or none; an attempt whose number is recorded is left out."""
    rows = orjson.dumps([_row(attempt) for attempt in command.attempts]).decode()
    given = {"rows": rows, "now": outside().clock.now()}
    async with transaction() as session:
        moved = (await session.execute(_MOVE, given)).scalars().all()
    return Arrivals(frozenset(moved))


class Arriving:
    """Gathers what arrives while the group before is being written, for this process."""

    def __init__(self) -> None:
        self._waiting: list[tuple[RecordAttempt, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, result: RecordAttempt) -> Recorded | None:
        """As `record_attempt`, which takes what is not simply delivered. Raises `DatabaseAway`."""
        simple = result.verdict.status == "delivered" and result.verdict.effect == "none"
        if not simple or not result.health.is_well:
            return await record_attempt(result)
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((result, written))
        if self._writing is None:
            # A context of its own: this transaction is nobody's.
            self._writing = asyncio.create_task(self._write(), context=Context())
        return Recorded("delivered", result.health) if await written else None

    async def _write(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[:MOST_AT_ONCE]
                del self._waiting[:MOST_AT_ONCE]
                await _write_group(group)
        finally:
            self._writing = None


async def _write_group(group: Sequence[tuple[RecordAttempt, asyncio.Future[bool]]]) -> None:
    attempts = tuple(sorted((result for result, _ in group), key=lambda one: one.delivery_id))
    try:
        arrived = (await record_arrivals(RecordArrivals(attempts))).delivery_ids
    except Exception as fault:
        if len(group) > 1 and not isinstance(fault, DatabaseAway):
            # What one of them holds cannot be written: that must not hurt the others.
            for one in group:
                await _write_group([one])
            return
        for _, written in group:
            if not written.done():
                written.set_exception(fault)
        return
    for result, written in group:
        if not written.done():
            written.set_result(result.delivery_id in arrived)


def _row(attempt: RecordAttempt) -> dict[str, object]:
    outcome = attempt.outcome
    return {
        "id": uuid4(),
        "delivery_id": attempt.delivery_id,
        "number": attempt.number,
        "sent_at": attempt.sent_at,
        "status_code": outcome.status_code,
        "duration_ms": outcome.duration_ms,
        "address": outcome.address,
        "response_body": readable(outcome.response_body),
        "request_headers": dict(attempt.request_headers),
        "response_headers": dict(outcome.response_headers),
        "phases": {name: round(ms, 1) for name, ms in outcome.phases.items()},
        "why": attempt.verdict.why,
    }
