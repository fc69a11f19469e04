"""The log of deliveries, as the owners of an endpoint read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlmodel import col, select

from activities.endpoints.reading import ReadEndpoint, read_endpoint
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.outcomes import Status, StatusClass
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import read_page
from schema.tables import AttemptRow, DeliveryRow, EventRow

LONGEST_MANIFEST = 1000


@dataclass(frozen=True)
class ListDeliveries:
    """What was sent to one endpoint, newest first, by number where many came at once.

    Optionally only in one status, of one event kind, made in [since, until), or whose last attempt
    was answered by a status of that class (`none`: not answered).
    """

    by: Actor
    endpoint_id: UUID
    page: PageRequest
    status: Status | None = None
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None
    answered: StatusClass | None = None


@dataclass(frozen=True)
class ReadDelivery:
    """One delivery of an endpoint."""

    by: Actor
    endpoint_id: UUID
    delivery_id: UUID


@dataclass(frozen=True)
class ReadManifest:
    """The messages of an endpoint with numbers from `first` to `last`; the newest when None."""

    by: Actor
    endpoint_id: UUID
    first: int = 1
    last: int | None = None


@dataclass(frozen=True)
class AttemptView:
    """One try. `why` says what decided the next one, which was then due at `next_at`.

    `request_headers` hold no secrets; `phases` are milliseconds by name. Tries of before these were
    kept have none.
    """

    number: int
    at: datetime
    status_code: int | None
    error: str | None
    duration_ms: float
    address: str | None
    response_body: str
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    phases: Mapping[str, float]
    why: str
    next_at: datetime | None


@dataclass(frozen=True)
class DeliveryView:
    """One event on its way to one endpoint, with every try.

    `reason` says why it is where it is (`rules/holds.py`), `resend` how often it was sent anew.
    """

    id: UUID
    event: str
    event_id: UUID
    sequence: int | None
    status: Status
    reason: str | None
    resend: int
    created_at: datetime
    finished_at: datetime | None
    next_at: datetime | None
    attempts: tuple[AttemptView, ...]


@dataclass(frozen=True)
class ManifestEntry:
    """A message of an endpoint by its number."""

    sequence: int
    event_id: UUID
    event: str
    status: Status


@dataclass(frozen=True)
class ManifestView:
    """Messages in the order of their numbers, at most `LONGEST_MANIFEST`.

    `newest` is the last number that was given; `next` is where to go on, None at the end.
    """

    entries: tuple[ManifestEntry, ...]
    newest: int
    next: int | None


@needs("webhooks.read")
async def list_deliveries(command: ListDeliveries) -> Page[DeliveryView]:
    """One page of an endpoint's deliveries; `NotFound` for another tenant's endpoint."""
    await read_endpoint(ReadEndpoint(by=command.by, id=command.endpoint_id))
    query = (
        select(DeliveryRow, EventRow.kind)
        .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
        .where(DeliveryRow.endpoint_id == command.endpoint_id, *_filters(command))
    )
    async with transaction() as session:
        rows, total = await read_page(
            session,
            query,
            DeliveryRow,
            offset=command.page.offset,
            size=command.page.size,
            number=col(DeliveryRow.sequence),
        )
        tries = await _tries([row.id for row, _ in rows])
    views = [_view(row, kind, tries.get(row.id, ())) for row, kind in rows]
    return Page(views, total, command.page)


@needs("webhooks.read")
async def read_delivery(command: ReadDelivery) -> DeliveryView:
    """The delivery with its tries; `NotFound` for one of another endpoint, or another tenant."""
    await read_endpoint(ReadEndpoint(by=command.by, id=command.endpoint_id))
    query = (
        select(DeliveryRow, EventRow.kind)
        .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
        .where(
            DeliveryRow.id == command.delivery_id, DeliveryRow.endpoint_id == command.endpoint_id
        )
    )
    async with transaction() as session:
        found = (await session.execute(query)).one_or_none()
        if found is None:
            raise NotFound("delivery")
        row, kind = found
        tries = await _tries([row.id])
    return _view(row, kind, tries.get(row.id, ()))


@needs("webhooks.read")
async def read_manifest(command: ReadManifest) -> ManifestView:
    """What an endpoint was to get, for a receiver that looks for what it never got.

    Numbers have no gap: one that is missing here was kept no longer. Raises `NotFound`.
    """
    endpoint = await read_endpoint(ReadEndpoint(by=command.by, id=command.endpoint_id))
    query = (
        select(DeliveryRow.sequence, DeliveryRow.event_id, EventRow.kind, DeliveryRow.status)
        .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
        .where(
            DeliveryRow.endpoint_id == command.endpoint_id,
            col(DeliveryRow.sequence) >= command.first,
        )
        .order_by(col(DeliveryRow.sequence))
        .limit(LONGEST_MANIFEST + 1)
    )
    if command.last is not None:
        query = query.where(col(DeliveryRow.sequence) <= command.last)
    async with transaction() as session:
        found = (await session.execute(query)).all()
    entries = tuple(ManifestEntry(*row) for row in found[:LONGEST_MANIFEST])
    further = found[LONGEST_MANIFEST][0] if len(found) > LONGEST_MANIFEST else None
    return ManifestView(entries, endpoint.last_sequence, further)


def _filters(command: ListDeliveries) -> list[ColumnElement[bool]]:
    wanted: list[Any] = []
    if command.status:
        wanted.append(col(DeliveryRow.status) == command.status)
    if command.event:
        wanted.append(col(EventRow.kind) == command.event)
    if command.since:
        wanted.append(col(DeliveryRow.created_at) >= command.since)
    if command.until:
        wanted.append(col(DeliveryRow.created_at) < command.until)
    if command.answered:
        wanted.append(_was_answered(command.answered))
    return wanted


def _was_answered(wanted: StatusClass) -> ColumnElement[bool]:
    """Whether the last attempt's answer is of this class."""
    code = col(AttemptRow.status_code)
    hundred = 0 if wanted == "none" else int(wanted[0]) * 100
    fits = code.is_(None) if wanted == "none" else code.between(hundred, hundred + 99)
    return exists().where(
        col(AttemptRow.delivery_id) == DeliveryRow.id,
        col(AttemptRow.number) == DeliveryRow.attempts,
        fits,
    )


async def _tries(ids: Sequence[UUID]) -> dict[UUID, list[AttemptView]]:
    query = (
        select(AttemptRow)
        .where(col(AttemptRow.delivery_id).in_(ids))
        .order_by(col(AttemptRow.number))
    )
    tries: dict[UUID, list[AttemptView]] = defaultdict(list)
    async with transaction() as session:
        for row in (await session.execute(query)).scalars():
            tries[row.delivery_id].append(_try(row))
    return tries


def _try(row: AttemptRow) -> AttemptView:
    return AttemptView(
        number=row.number,
        at=row.created_at,
        status_code=row.status_code,
        error=row.error,
        duration_ms=row.duration_ms,
        address=row.address,
        response_body=row.response_body,
        request_headers=row.request_headers or {},
        response_headers=row.response_headers or {},
        phases=row.phases or {},
        why=row.why or "",
        next_at=row.next_at,
    )


def _view(row: DeliveryRow, kind: str, tries: Sequence[AttemptView]) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event=kind,
        event_id=row.event_id,
        sequence=row.sequence,
        status=row.status,  # type: ignore[arg-type]
        reason=row.reason,
        resend=row.resend,
        created_at=row.created_at,
        finished_at=row.finished_at,
        next_at=row.next_at,
        attempts=tuple(tries),
    )
