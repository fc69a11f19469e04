"""Deliveries that are over and sent once more, because somebody asked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import String, cast, update
from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.batching import Batch
from activities.cause import current_cause
from activities.endpoints.reading import ReadEndpoint, read_endpoint
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound, NotNow
from activities.rules.holds import RESEND
from schema.db import transaction
from schema.tables import DeliveryBatchRow, DeliveryRow, EventRow

_ASSET = (
    select(cast(EventRow.asset_id, String))
    .where(EventRow.id == DeliveryRow.event_id)
    .correlate(DeliveryRow)
    .scalar_subquery()
)


@dataclass(frozen=True)
class ResendDelivery:
    """Send a delivery of this endpoint once more, or now, if it waits."""

    by: Actor
    endpoint_id: UUID
    delivery_id: UUID


@dataclass(frozen=True)
class Reopen:
    """Deliveries of one organization that are to be sent anew in one batch. With `in_order` those
    about one asset go one after the other, before later ones.
    """

    organization_id: UUID
    delivery_ids: tuple[UUID, ...]
    summary: str
    kind: str | None = None
    in_order: bool = False


@needs("webhooks.write")
async def resend_delivery(command: ResendDelivery) -> Batch:
    """Its batch, whose workflow is to be started; the relay does when nobody else has.

    It keeps its id, number and message id; its attempts go on counting, its policy begins anew. One
    that waits for its next attempt, or for others, need not any more: what waited with it ends when
    it finds it sent anew. Raises `NotFound`, `NotNow` while it is being sent and for an endpoint
    that is not active.
    """
    by, now = command.by, outside().clock.now()
    endpoint = await read_endpoint(ReadEndpoint(by, command.endpoint_id))
    query = (
        select(DeliveryRow, EventRow.kind)
        .join(EventRow, EventRow.id == DeliveryRow.event_id)  # type: ignore[arg-type]
        .where(
            DeliveryRow.id == command.delivery_id, DeliveryRow.endpoint_id == command.endpoint_id
        )
        .with_for_update(of=DeliveryRow)
    )
    async with transaction() as session:
        found = (await session.execute(query)).one_or_none()
        if found is None:
            raise NotFound("delivery")
        if endpoint.status != "active":
            raise NotNow(f"This endpoint is {endpoint.status}; resume it before you send to it.")
        delivery, kind = found
        waits = delivery.next_at is not None and delivery.next_at > now
        if delivery.status == "pending" and not waits:
            raise NotNow("This delivery is being sent now; look at it again in some seconds.")
        ids = (command.delivery_id,)
        batch = await reopen(Reopen(by.organization_id, ids, f"1 x {kind}, once more", kind))
        what = f"delivery {command.delivery_id}"
        await record_act(done_by(by, "delivery.resent", what, endpoint=str(endpoint.id)))
    return batch


async def reopen(command: Reopen) -> Batch:
    """Put them into a batch as if they were new, in the open transaction.

    But for those `in_order` they wait for no earlier message, and no later one waits for them.
    """
    now, cause = outside().clock.now(), current_cause()
    batch = DeliveryBatchRow(
        id=uuid4(),
        created_at=now,
        organization_id=command.organization_id,
        size=len(command.delivery_ids),
        summary=command.summary,
        kind=command.kind,
        asset_id=None,
        request_id=cause.request_id,
        traceparent=cause.traceparent,
    )
    async with transaction() as session:
        session.add(batch)
        await session.flush()
        again = (
            update(DeliveryRow)
            .where(col(DeliveryRow.id).in_(command.delivery_ids))
            .values(
                batch_id=batch.id,
                status="pending",
                reason=RESEND,
                parked=False,
                resend=col(DeliveryRow.resend) + 1,
                order_key=_ASSET if command.in_order else None,
                next_at=now,
                finished_at=None,
            )
        )
        await session.execute(again, execution_options={"synchronize_session": False})
    size, summary = len(command.delivery_ids), command.summary
    return Batch(batch.id, command.organization_id, size, summary, command.kind, None, cause)
