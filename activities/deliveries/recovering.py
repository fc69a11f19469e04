"""Many deliveries at once: those that failed once more, those that were never made at last.

`plan_recovery` counts, `begin_recovery` lets the workflow `RecoverDeliveries` begin, and that takes
part after part with `recover_part`, which may be run again after a crash: what a part made is in a
batch by then, which the relay starts when nobody else has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import exists, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from temporalio import activity

from activities.audit import done_by, record_act
from activities.batching import Batch
from activities.deliveries.replaying import ReplayEvents, replay_events
from activities.deliveries.resending import Reopen, reopen
from activities.endpoints.reading import ReadEndpoint, read_endpoint
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotNow
from activities.rules.events import CATALOGUE, matches
from activities.rules.runs import Cut, recovery_id
from activities.runs import NoteRun, note_run
from schema.db import transaction
from schema.tables import DeliveryRow, EndpointRow, EventRow

LONGEST_AGO = timedelta(days=30)
TEST = "webhook.test"

Mode = Literal["failed", "missing"]


@dataclass(frozen=True)
class PlanRecovery:
    """What of an endpoint to send in [since, until): `failed` deliveries once more, those that
    were cancelled as it was disabled too, or `missing` ones, of events that it wants by now and
    that were recorded while it was paused, or was not there. `until` None is now.
    """

    by: Actor
    endpoint_id: UUID
    mode: Mode
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class RecoveryPlan:
    """How many it would be; at most so many where the endpoint has a filter (`is_exact` false)."""

    mode: Mode
    since: datetime
    until: datetime
    total: int
    is_exact: bool


@dataclass(frozen=True)
class BeginRecovery:
    """Let a recovery begin; the fields are those of `PlanRecovery`."""

    by: Actor
    endpoint_id: UUID
    mode: Mode
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Recovery:
    """A recovery that may begin, under its own id."""

    request_id: UUID
    endpoint_id: UUID
    plan: RecoveryPlan


@dataclass(frozen=True)
class RecoverPart:
    """Take up to `size` of them, behind the event numbered `after`."""

    endpoint_id: UUID
    mode: Mode
    since: datetime
    until: datetime
    after: int
    size: int


@dataclass(frozen=True)
class RecoveredPart:
    """What was taken: `count` deliveries in a batch that is to be started, None for none of them.

    `after` is where to go on. With `is_over` nothing is left, or nothing more is sent because of
    `cut`.
    """

    batch_id: UUID | None
    count: int
    after: int
    is_over: bool
    cut: Cut | None = None


@needs("webhooks.write")
async def plan_recovery(command: PlanRecovery) -> RecoveryPlan:
    """Count, and change nothing. Raises `NotFound`, `InvalidFields` before 30 days ago."""
    now = outside().clock.now()
    endpoint = await read_endpoint(ReadEndpoint(command.by, command.endpoint_id))
    until = min(command.until or now, now)
    if command.since < now - LONGEST_AGO:
        raise InvalidFields({"since": ["Give a time within the last 30 days."]})
    if command.since >= until:
        raise InvalidFields({"since": ["Give a time that has passed, and is before until."]})
    query = _wanted(endpoint.id, endpoint.events, command.mode, command.since, until)
    async with transaction() as session:
        total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    is_exact = command.mode == "failed" or endpoint.filter is None
    return RecoveryPlan(command.mode, command.since, until, total, is_exact)


@needs("webhooks.write")
async def begin_recovery(command: BeginRecovery) -> Recovery:
    """The recovery whose workflow is to be started. Raises also `NotNow` for an endpoint that is
    not active.
    """
    by, endpoint_id = command.by, command.endpoint_id
    plan = await plan_recovery(
        PlanRecovery(by, endpoint_id, command.mode, command.since, command.until)
    )
    endpoint = await read_endpoint(ReadEndpoint(by, endpoint_id))
    if endpoint.status != "active":
        raise NotNow(f"This endpoint is {endpoint.status}; resume it before you send to it.")
    recovery = Recovery(uuid4(), endpoint_id, plan)
    detail = {"mode": plan.mode, "total": plan.total}
    run = recovery_id(endpoint_id, recovery.request_id)
    async with transaction():
        await record_act(done_by(by, "delivery.recovered", f"endpoint {endpoint_id}", **detail))
        await note_run(NoteRun(by, "recovery", endpoint_id, run, plan.total))
    return recovery


@activity.defn
async def recover_part(command: RecoverPart) -> RecoveredPart:
    """Make or reopen the next ones, in the order of their events."""
    locked = select(EndpointRow).where(EndpointRow.id == command.endpoint_id)
    async with transaction() as session:
        # Alone, so that two recoveries do not make the same delivery.
        endpoint = (await session.execute(locked.with_for_update(key_share=True))).scalar_one()
        found = await _next(session, endpoint, command)
        cut = _cut(endpoint) if found else None
        if cut or not found:
            return RecoveredPart(None, 0, command.after, is_over=True, cut=cut)
        batch = await _send(endpoint, command.mode, tuple(id_ for id_, _ in found))
    is_over = len(found) < command.size
    if batch is None:
        return RecoveredPart(None, 0, found[-1][1], is_over)
    return RecoveredPart(batch.id, batch.size, found[-1][1], is_over)


def _cut(endpoint: EndpointRow) -> Cut | None:
    """Why nothing more is sent to it, if so."""
    if endpoint.deleted_at is not None:
        return "endpoint_deleted"
    if endpoint.status == "active":
        return None
    return "endpoint_paused" if endpoint.status == "paused" else "endpoint_disabled"


async def _send(endpoint: EndpointRow, mode: Mode, ids: tuple[UUID, ...]) -> Batch | None:
    if mode == "missing":
        return await replay_events(ReplayEvents(endpoint.id, ids))
    summary, in_order = f"{len(ids)} recovered", endpoint.ordering == "asset"
    return await reopen(Reopen(endpoint.organization_id, ids, summary, in_order=in_order))


async def _next(
    session: AsyncSession, endpoint: EndpointRow, command: RecoverPart
) -> list[tuple[UUID, int]]:
    """Ids of deliveries or events, with the numbers of the events."""
    query = _wanted(endpoint.id, endpoint.events, command.mode, command.since, command.until).where(
        col(EventRow.sequence) > command.after
    )
    page = query.order_by(col(EventRow.sequence)).limit(command.size)
    if command.mode == "failed":
        page = page.with_for_update(of=DeliveryRow, skip_locked=True)
    return [(id_, number) for id_, number in (await session.execute(page)).all()]


def _wanted(endpoint_id: UUID, events: Any, mode: Mode, since: datetime, until: datetime) -> Any:
    """What a recovery is about: deliveries that failed, or events without a delivery."""
    if mode == "failed":
        status, reason = col(DeliveryRow.status), col(DeliveryRow.reason)
        return (
            select(DeliveryRow.id, EventRow.sequence)
            .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
            .where(
                DeliveryRow.endpoint_id == endpoint_id,
                col(DeliveryRow.created_at) >= since,
                col(DeliveryRow.created_at) < until,
                (status == "failed") | ((status == "cancelled") & (reason == "endpoint_disabled")),
            )
        )
    kinds = [kind for kind in CATALOGUE if kind != TEST and any(matches(p, kind) for p in events)]
    owner = select(EndpointRow.organization_id).where(EndpointRow.id == endpoint_id)
    made = exists().where(
        col(DeliveryRow.event_id) == EventRow.id, col(DeliveryRow.endpoint_id) == endpoint_id
    )
    return select(EventRow.id, EventRow.sequence).where(
        col(EventRow.organization_id) == owner.scalar_subquery(),
        col(EventRow.created_at) >= since,
        col(EventRow.created_at) < until,
        col(EventRow.kind).in_(kinds),
        col(EventRow.only_to).is_(None),
        # Others will be told by the relay.
        col(EventRow.dispatched_at).is_not(None),
        ~made,
    )
