"""One attempt of a delivery in three steps: load what is due, send it, record how it went.

Loading and recording are one transaction each; sending happens in none, so that a slow receiver
holds no connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from activities.cause import Cause
from activities.gateways.receivers import Outcome, OutgoingRequest
from activities.outside import outside
from activities.rules.backoff import parse_retry_after
from activities.rules.outcomes import Status, Verdict, judge
from activities.rules.signatures import Message, body, headers
from activities.rules.spelling import prefixed
from schema.db import transaction
from schema.tables import AttemptRow, DeliveryRow, EndpointRow, EventRow


@dataclass(frozen=True)
class LoadDue:
    """The deliveries of a batch, or the one with this id."""

    batch_id: UUID | None = None
    delivery_id: UUID | None = None


@dataclass(frozen=True)
class Due:
    """All that one attempt needs, the secret in clear: never logged, never sent to Temporal."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    status: Status
    attempts: int
    next_at: datetime | None
    url: str
    scheme: str
    delays: tuple[float, ...]
    kind: str
    occurred_at: datetime
    cause: Cause
    payload: Mapping[str, Any] = field(repr=False)
    secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """The receiver's host name, for operators; path and query may hold secrets."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True)
class RecordAttempt:
    """Attempt `number` of a delivery was sent at `sent_at` and went as `outcome` says."""

    delivery_id: UUID
    number: int
    sent_at: datetime
    outcome: Outcome
    verdict: Verdict


async def load_due(command: LoadDue) -> tuple[Due, ...]:
    """Deliveries with their event and endpoint, oldest event first."""
    query = (
        select(DeliveryRow, EventRow, EndpointRow)
        .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
        .join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)  # type: ignore[arg-type]
        .order_by(col(EventRow.sequence))
    )
    if command.batch_id is not None:
        query = query.where(DeliveryRow.batch_id == command.batch_id)
    else:
        query = query.where(DeliveryRow.id == command.delivery_id)
    async with transaction() as session:
        return tuple(_due(*found) for found in (await session.execute(query)).all())


async def make_attempt(due: Due) -> RecordAttempt:
    """Send the message once, signed now, and judge the answer. Raises for no receiver's fault."""
    world = outside()
    number, sent_at = due.attempts + 1, world.clock.now()
    message = Message(
        scheme=due.scheme,
        message_id=prefixed("evt", due.event_id),
        event=due.kind,
        endpoint_id=prefixed("whe", due.endpoint_id),
        attempt=number,
        body=body(due.scheme, event=due.kind, data=due.payload, occurred_at=due.occurred_at),
    )
    signed = headers(message, [due.secret], sent_at)
    outcome = await world.receivers.send(OutgoingRequest(due.url, signed, message.body))
    verdict = judge(
        number=number,
        status_code=outcome.status_code if outcome.error is None else None,
        delays=due.delays,
        roll=world.dice.roll(),
        retry_after=parse_retry_after(outcome.retry_after, world.clock.now()),
    )
    return RecordAttempt(due.delivery_id, number, sent_at, outcome, verdict)


async def record_attempt(command: RecordAttempt) -> bool:
    """Write the attempt and move its delivery on; False when that number was recorded before."""
    now, verdict, outcome = outside().clock.now(), command.verdict, command.outcome
    next_at = None
    if verdict.wait_seconds is not None:
        next_at = now + timedelta(seconds=verdict.wait_seconds)
    move = (
        update(DeliveryRow)
        .where(
            col(DeliveryRow.id) == command.delivery_id,
            col(DeliveryRow.attempts) == command.number - 1,
            col(DeliveryRow.status) == "pending",
        )
        .values(
            attempts=command.number,
            status=verdict.status,
            next_at=next_at,
            finished_at=None if verdict.status == "pending" else now,
        )
    )
    record = insert(AttemptRow).values(
        id=uuid4(),
        created_at=command.sent_at,
        delivery_id=command.delivery_id,
        number=command.number,
        status_code=outcome.status_code,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        address=outcome.address,
        response_body=readable(outcome.response_body),
        next_at=next_at,
    )
    async with transaction() as session:
        moved = await session.execute(move, execution_options={"synchronize_session": False})
        if moved.rowcount != 1:  # type: ignore[attr-defined]
            return False
        await session.execute(record)
        return True


def readable(raw: bytes) -> str:
    """A receiver's answer as text that PostgreSQL can hold (no NUL)."""
    return raw.decode("utf-8", "replace").replace("\x00", "�")


def _due(delivery: DeliveryRow, event: EventRow, endpoint: EndpointRow) -> Due:
    gone = endpoint.deleted_at is not None and delivery.status == "pending"
    return Due(
        delivery_id=delivery.id,
        endpoint_id=endpoint.id,
        event_id=event.id,
        status="cancelled" if gone else delivery.status,  # type: ignore[arg-type]
        attempts=delivery.attempts,
        next_at=delivery.next_at,
        url=endpoint.url,
        scheme=endpoint.scheme,
        delays=tuple(endpoint.retry_delays),
        kind=event.kind,
        occurred_at=event.created_at,
        cause=Cause(event.request_id, event.traceparent),
        payload=event.payload,
        secret=outside().vault.open(
            endpoint.sealed_secret, organization=endpoint.organization_id, row=endpoint.id
        ),
    )
