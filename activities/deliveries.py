"""Deliveries: made by workflows through the activities here, read by their owners.

`attempt_batch` and `attempt_delivery` may be run again after a crash at any moment: an attempt that
is recorded is not made again; one that was sent and not recorded is, under the same message id.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlmodel import col, select
from temporalio import activity

from activities.attempts import (
    Due,
    LoadDue,
    RecordAttempt,
    load_due,
    make_attempt,
    record_attempt,
)
from activities.cause import Cause
from activities.endpoints import ReadEndpoint, read_endpoint
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.outcomes import Status
from activities.rules.paging import Page, PageRequest
from schema.db import DatabaseAway, transaction
from schema.pages import read_page
from schema.tables import AttemptRow, DeliveryRow, EventRow

AT_ONCE_PER_ENDPOINT = 25
"""Messages under way to one endpoint from one batch."""

log = structlog.get_logger("inkloom.deliveries")


@dataclass(frozen=True)
class AttemptBatch:
    """Make the first attempt of every delivery of a batch."""

    batch_id: UUID


@dataclass(frozen=True)
class Failure:
    """A delivery to be tried again in `wait_seconds`; `host` is for operators."""

    delivery_id: UUID
    host: str
    kind: str
    wait_seconds: float
    cause: Cause


@dataclass(frozen=True)
class BatchReport:
    """How a batch went; `failures` have tries left."""

    delivered: int
    given_up: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class AttemptDelivery:
    """Make attempt `number` of a delivery."""

    delivery_id: UUID
    number: int


@dataclass(frozen=True)
class DeliveryReport:
    """Where a delivery stands; `wait_seconds` is None when it is over."""

    status: Status
    attempts: int
    wait_seconds: float | None


@dataclass(frozen=True)
class CancelDelivery:
    """Make no further attempt of a delivery."""

    delivery_id: UUID


@dataclass(frozen=True)
class ListDeliveries:
    """What was sent to one endpoint, newest first; optionally only of one status."""

    by: Actor
    endpoint_id: UUID
    page: PageRequest
    status: Status | None = None


@dataclass(frozen=True)
class AttemptView:
    """One try; `next_at` is when the next one was then due."""

    number: int
    at: datetime
    status_code: int | None
    error: str | None
    duration_ms: float
    address: str | None
    response_body: str
    next_at: datetime | None


@dataclass(frozen=True)
class DeliveryView:
    """One event on its way to one endpoint, with every try."""

    id: UUID
    event: str
    event_id: UUID
    status: Status
    created_at: datetime
    finished_at: datetime | None
    next_at: datetime | None
    attempts: tuple[AttemptView, ...]


@activity.defn
async def attempt_batch(command: AttemptBatch) -> BatchReport:
    """Try everything of the batch that was not tried yet, all endpoints side by side."""
    due = await load_due(LoadDue(batch_id=command.batch_id))
    gates: dict[UUID, asyncio.Semaphore] = defaultdict(
        lambda: asyncio.Semaphore(AT_ONCE_PER_ENDPOINT)
    )

    async def attempt(item: Due) -> DeliveryReport:
        if item.attempts > 0 or item.status != "pending":
            return _standing(item)
        async with gates[item.endpoint_id]:
            return await _attempt(item)

    reports = await _all_of(map(attempt, due))
    failures = [
        Failure(item.delivery_id, item.host, item.kind, report.wait_seconds, item.cause)
        for item, report in zip(due, reports, strict=True)
        if report.wait_seconds is not None
    ]
    delivered = sum(report.status == "delivered" for report in reports)
    return BatchReport(delivered, len(reports) - delivered - len(failures), tuple(failures))


@activity.defn
async def attempt_delivery(command: AttemptDelivery) -> DeliveryReport:
    """Make one further attempt, unless an attempt of that number is recorded already."""
    found = await load_due(LoadDue(delivery_id=command.delivery_id))
    if not found:
        return DeliveryReport("cancelled", command.number - 1, None)
    item = found[0]
    if item.attempts >= command.number or item.status != "pending":
        return _standing(item)
    return await _attempt(item)


@activity.defn
async def cancel_delivery(command: CancelDelivery) -> None:
    """Mark a delivery that is not finished as cancelled."""
    async with transaction() as session:
        row = await session.get(DeliveryRow, command.delivery_id, with_for_update=True)
        if row is not None and row.status == "pending":
            row.status, row.next_at = "cancelled", None
            row.finished_at = outside().clock.now()


@needs("webhooks.read")
async def list_deliveries(command: ListDeliveries) -> Page[DeliveryView]:
    """One page of an endpoint's deliveries; `NotFound` for another tenant's endpoint."""
    await read_endpoint(ReadEndpoint(by=command.by, id=command.endpoint_id))
    query = (
        select(DeliveryRow, EventRow.kind)
        .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
        .where(DeliveryRow.endpoint_id == command.endpoint_id)
    )
    if command.status:
        query = query.where(DeliveryRow.status == command.status)
    async with transaction() as session:
        rows, total = await read_page(
            session, query, DeliveryRow, offset=command.page.offset, size=command.page.size
        )
        tries = await _tries([row.id for row, _ in rows])
    views = [_view(row, kind, tries.get(row.id, ())) for row, kind in rows]
    return Page(views, total, command.page)


async def _attempt(item: Due) -> DeliveryReport:
    result = await make_attempt(item)
    verdict, outcome = result.verdict, result.outcome
    recorded = await _record(result)
    log.info(
        "webhook attempted",
        delivery=str(item.delivery_id),
        host=item.host,
        kind=item.kind,
        number=result.number,
        status_code=outcome.status_code,
        error=outcome.error,
        duration_ms=round(outcome.duration_ms, 1),
        verdict=verdict.status,
        request_id=item.cause.request_id,
    )
    if recorded:
        return DeliveryReport(verdict.status, result.number, verdict.wait_seconds)
    # Another run of the same activity was faster; what it recorded counts.
    return _standing((await load_due(LoadDue(delivery_id=item.delivery_id)))[0])


async def _all_of(attempts: Iterable[Awaitable[DeliveryReport]]) -> list[DeliveryReport]:
    """Let all of them end before a fault of one is raised: none is cut off while sending."""
    ended = await asyncio.gather(*attempts, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in ended if not isinstance(outcome, BaseException)]


async def _record(result: RecordAttempt) -> bool:
    """Record it, however long the database is away: what is not recorded is sent again."""
    pause = 0.1
    while True:
        try:
            return await record_attempt(result)
        except DatabaseAway as fault:
            log.warning(
                "attempt not yet recorded", delivery=str(result.delivery_id), why=str(fault)
            )
        await asyncio.sleep(pause)
        pause = min(5.0, pause * 2)


def _standing(item: Due) -> DeliveryReport:
    """What an earlier run recorded, with the wait counted from now."""
    if item.status != "pending":
        return DeliveryReport(item.status, item.attempts, None)
    wait = 0.0
    if item.next_at is not None:
        wait = max(0.0, (item.next_at - outside().clock.now()).total_seconds())
    return DeliveryReport("pending", item.attempts, wait)


async def _tries(ids: Sequence[UUID]) -> dict[UUID, list[AttemptView]]:
    query = (
        select(AttemptRow)
        .where(col(AttemptRow.delivery_id).in_(ids))
        .order_by(col(AttemptRow.number))
    )
    tries: dict[UUID, list[AttemptView]] = defaultdict(list)
    async with transaction() as session:
        for row in (await session.execute(query)).scalars():
            tries[row.delivery_id].append(
                AttemptView(
                    number=row.number,
                    at=row.created_at,
                    status_code=row.status_code,
                    error=row.error,
                    duration_ms=row.duration_ms,
                    address=row.address,
                    response_body=row.response_body,
                    next_at=row.next_at,
                )
            )
    return tries


def _view(row: DeliveryRow, kind: str, tries: Sequence[AttemptView]) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event=kind,
        event_id=row.event_id,
        status=row.status,  # type: ignore[arg-type]
        created_at=row.created_at,
        finished_at=row.finished_at,
        next_at=row.next_at,
        attempts=tuple(tries),
    )
