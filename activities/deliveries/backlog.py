"""How much waits for which endpoint: for operators, never for tenants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from activities.deliveries.health import health_of
from activities.outside import outside
from activities.rules.breaker import held_by
from schema.db import transaction
from schema.tables import DeliveryRow, EndpointRow, EventRow


@dataclass(frozen=True)
class ReadBacklogs:
    """The `limit` endpoints whose oldest undelivered message waits longest."""

    limit: int = 50


@dataclass(frozen=True)
class EndpointBacklog:
    """What waits for one endpoint. `state` is `sending`, or what holds it (`rules/holds.py`)."""

    endpoint_id: UUID
    state: str
    waiting: int
    oldest_seconds: float


@dataclass(frozen=True)
class FindWaiting:
    """Undelivered messages, the oldest first; of one endpoint or of all."""

    endpoint_id: UUID | None = None
    limit: int = 50


@dataclass(frozen=True)
class FindDelivery:
    """The delivery with this id, whatever became of it."""

    delivery_id: UUID


@dataclass(frozen=True)
class WaitingDelivery:
    """A message on its way, without what is in it; `host` is the receiver's."""

    id: UUID
    endpoint_id: UUID
    host: str
    kind: str
    status: str
    attempts: int
    reason: str | None
    resend: int
    created_at: datetime
    next_at: datetime | None
    parked: bool = False


async def read_backlogs(command: ReadBacklogs) -> tuple[EndpointBacklog, ...]:
    """How much waits, throttled and held messages included. Raises `DatabaseAway`."""
    now = outside().clock.now()
    oldest = func.min(col(DeliveryRow.created_at))
    waiting = (
        select(DeliveryRow.endpoint_id, func.count(), oldest)
        .where(DeliveryRow.status == "pending")
        .group_by(col(DeliveryRow.endpoint_id))
        .order_by(oldest)
        .limit(command.limit)
    )
    async with transaction() as session:
        found = {id_: (count, at) for id_, count, at in (await session.execute(waiting)).all()}
        rows = select(EndpointRow).where(col(EndpointRow.id).in_(found))
        states = {row.id: _state(row, now) for row in (await session.execute(rows)).scalars()}
    return tuple(
        EndpointBacklog(id_, states[id_], count, max(0.0, (now - at).total_seconds()))
        for id_, (count, at) in found.items()
    )


async def find_waiting(command: FindWaiting) -> tuple[WaitingDelivery, ...]:
    """Messages that are not through."""
    query = _QUERY.where(DeliveryRow.status == "pending")
    if command.endpoint_id is not None:
        query = query.where(DeliveryRow.endpoint_id == command.endpoint_id)
    oldest = query.order_by(col(DeliveryRow.created_at), col(DeliveryRow.sequence))
    async with transaction() as session:
        return tuple(
            _waiting(*found) for found in (await session.execute(oldest.limit(command.limit))).all()
        )


async def find_delivery(command: FindDelivery) -> WaitingDelivery | None:
    """The one, or None."""
    query = _QUERY.where(DeliveryRow.id == command.delivery_id)
    async with transaction() as session:
        found = (await session.execute(query)).one_or_none()
    return None if found is None else _waiting(*found)


_QUERY = (
    select(DeliveryRow, EndpointRow.url, EventRow.kind)
    .join(EndpointRow, EndpointRow.id == DeliveryRow.endpoint_id)  # type: ignore[arg-type]
    .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
)


def _state(row: EndpointRow, now: datetime) -> str:
    health = health_of(row)
    if health.status in ("disabled", "deleted"):
        return f"endpoint_{health.status}"
    hold = held_by(health, now)
    return "sending" if hold is None else hold.reason


def _waiting(row: DeliveryRow, url: str, kind: str) -> WaitingDelivery:
    return WaitingDelivery(
        id=row.id,
        endpoint_id=row.endpoint_id,
        host=urlsplit(url).hostname or "",
        kind=kind,
        status=row.status,
        attempts=row.attempts,
        reason=row.reason,
        resend=row.resend,
        created_at=row.created_at,
        next_at=row.next_at,
        parked=row.parked,
    )
