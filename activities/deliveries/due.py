"""What is due: deliveries with all that an attempt needs, read once for a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from activities.cause import Cause
from activities.deliveries.health import health_of
from activities.endpoints.secrets import custom_headers, platform_signature, signing_secrets
from activities.outside import outside
from activities.rules.breaker import Health
from activities.rules.outcomes import Status
from schema.db import transaction
from schema.tables import DeliveryRow, EndpointRow, EventRow

# Columns rather than rows of the ORM: a batch of a hundred is read in a fifth of the time.
_DUE = (
    select(
        col(DeliveryRow.id),
        col(DeliveryRow.endpoint_id),
        col(DeliveryRow.event_id),
        col(DeliveryRow.status),
        col(DeliveryRow.attempts),
        col(DeliveryRow.next_at),
        col(DeliveryRow.reason),
        col(DeliveryRow.resend),
        col(DeliveryRow.sequence),
        col(DeliveryRow.order_key),
        col(DeliveryRow.parked),
        col(EventRow.kind),
        col(EventRow.created_at).label("occurred_at"),
        col(EventRow.request_id),
        col(EventRow.traceparent),
        col(EventRow.payload),
        col(EventRow.only_to).is_not(None).label("is_sample"),
    )
    .join(EventRow, col(EventRow.id) == DeliveryRow.event_id)
    .order_by(col(EventRow.sequence), col(DeliveryRow.sequence))
)


@dataclass(frozen=True)
class LoadDue:
    """The deliveries of a batch that are not parked, or the one with this id."""

    batch_id: UUID | None = None
    delivery_id: UUID | None = None


@dataclass(frozen=True)
class LookAgain:
    """Endpoints, each with the version in which it was seen."""

    versions: Mapping[UUID, int]


@dataclass(frozen=True)
class Changed:
    """Fields of `Due` that are others by now, by endpoint. Secrets in clear are among them."""

    receivers: Mapping[UUID, Mapping[str, Any]] = field(repr=False)


@dataclass(frozen=True)
class Due:
    """All that one attempt needs, secrets in clear: never logged, never sent to Temporal.

    `sequence` is the number of the message among those of its endpoint; None for one that was made
    before messages had numbers. The endpoint's policy counts attempts from number `first`. What
    waits for an endpoint that is gone is cancelled, and `is_ended` once that is written down.
    """

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    status: Status
    attempts: int
    next_at: datetime | None
    reason: str | None
    resend: int
    sequence: int | None
    order_key: str | None
    url: str
    scheme: str
    delays: tuple[float, ...]
    concurrency: int
    rate_per_minute: int | None
    version: int
    health: Health
    kind: str
    occurred_at: datetime
    cause: Cause
    payload: Mapping[str, Any] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    own_headers: Mapping[str, str] = field(repr=False)
    sign: Callable[[bytes], str] | None = field(repr=False)
    is_sample: bool = False
    is_ended: bool = False
    parked: bool = False
    first: int = 1

    @property
    def host(self) -> str:
        """The receiver's host name, for operators; path and query may hold secrets."""
        return urlsplit(self.url).hostname or ""


async def load_due(command: LoadDue) -> tuple[Due, ...]:
    """Deliveries with their event and endpoint, oldest event first."""
    if command.batch_id is not None:
        query = _DUE.where(col(DeliveryRow.batch_id) == command.batch_id, ~col(DeliveryRow.parked))
    else:
        query = _DUE.where(col(DeliveryRow.id) == command.delivery_id)
    async with transaction() as session:
        found = (await session.execute(query)).all()
        wanted = {row.endpoint_id for row in found}
        endpoints = await session.execute(
            select(EndpointRow)
            .where(col(EndpointRow.id).in_(wanted))
            .execution_options(populate_existing=True)
        )
        receivers = {row.id: _receiver(row) for row in endpoints.scalars()}
    return tuple(_due(row, receivers[row.endpoint_id]) for row in found)


async def look_again(command: LookAgain) -> Changed:
    """What those of them are by now that their owner changed, or that were disabled."""
    known = command.versions
    seen = select(col(EndpointRow.id), col(EndpointRow.version)).where(
        col(EndpointRow.id).in_(known)
    )
    async with transaction() as session:
        rows = (await session.execute(seen)).all()
        changed = [row.id for row in rows if row.version != known[row.id]]
        if not changed:
            return Changed({})
        endpoints = await session.execute(
            select(EndpointRow)
            .where(col(EndpointRow.id).in_(changed))
            .execution_options(populate_existing=True)
        )
        return Changed({row.id: _receiver(row) for row in endpoints.scalars()})


def _receiver(endpoint: EndpointRow) -> dict[str, Any]:
    """What all messages to the endpoint have in common; opened once, however many there are."""
    return {
        "endpoint_id": endpoint.id,
        "url": endpoint.url,
        "scheme": endpoint.scheme,
        "delays": tuple(endpoint.retry_delays),
        "concurrency": endpoint.concurrency,
        "rate_per_minute": endpoint.rate_per_minute,
        "version": endpoint.version,
        "health": health_of(endpoint),
        "secrets": tuple(signing_secrets(endpoint, outside().clock.now())),
        "own_headers": custom_headers(endpoint),
        "sign": platform_signature if endpoint.signs_ed25519 else None,
    }


def _due(row: Any, receiver: Mapping[str, Any]) -> Due:
    gone = receiver["health"].status in ("deleted", "disabled") and row.status == "pending"
    return Due(
        delivery_id=row.id,
        event_id=row.event_id,
        status="cancelled" if gone else row.status,
        attempts=row.attempts,
        next_at=row.next_at,
        reason=row.reason,
        resend=row.resend,
        sequence=row.sequence,
        order_key=row.order_key,
        kind=row.kind,
        occurred_at=row.occurred_at,
        cause=Cause(row.request_id, row.traceparent),
        payload=row.payload,
        is_sample=row.is_sample,
        is_ended=row.status != "pending",
        parked=row.parked,
        **receiver,
    )
