"""`/api/integrations/{id}/deliveries`: what was sent to an integration, and once more."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field, WithJsonSchema

from activities.deliveries.reading import (
    DeliveryView,
    ListDeliveries,
    ManifestEntry,
    ReadDelivery,
    ReadManifest,
    list_deliveries,
    read_delivery,
    read_manifest,
)
from activities.deliveries.resending import ResendDelivery, resend_delivery
from activities.rules.errors import NotFound
from activities.rules.spelling import unprefixed
from api.business.auth import authenticate, documented
from api.business.fields import OrgId, PathId
from api.business.integrations import ONE as INTEGRATION
from api.business.integrations import to_id
from api.business.paging import Asked, Paginator, paginate
from api.delivery_fields import (
    AttemptFields,
    DeliveryFields,
    EntryFields,
    Filters,
    From,
    ManifestFields,
    PlainEventFields,
    To,
    attempt_fields,
    delivery_fields,
    plain_event_fields,
)
from api.jobs import Jobs
from api.recovery_fields import RecoveryFields, RecoveryIn, follow, recover
from api.routers import By, make_router
from api.scalars import Id

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

ALL = f"{INTEGRATION}/deliveries"
ONE = f"{ALL}/{{delivery_id}}"
RECOVER = f"{INTEGRATION}/recover"

_AN_ID = "7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"

DeliveryId = Annotated[
    str,
    Path(description="the UUID of the delivery"),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
RequestId = Annotated[
    UUID, Query(description="`request_id` of the recovery", json_schema_extra={"example": _AN_ID})
]


class AttemptOut(AttemptFields):
    """One try; `next_at` is when the next one was then due."""


class DeliveryOut(DeliveryFields, PlainEventFields):
    """One event on its way, with every try."""

    id: Id = Field(description="its UUID", examples=[_AN_ID])
    attempts: list[AttemptOut] = Field(description="every try, the first one first")


class DeliveriesOut(BaseModel):
    """One page of deliveries."""

    deliveries: Paginator[DeliveryOut] = Field(description="newest first")


class DeliveryAnswer(BaseModel):
    """One delivery."""

    delivery: DeliveryOut = Field(description="the delivery")


class EntryOut(EntryFields, PlainEventFields):
    """A message by its number."""


class ManifestOut(ManifestFields):
    """Messages in the order of their numbers, 1,000 at most."""

    data: list[EntryOut] = Field(description="the messages")


class ManifestAnswer(BaseModel):
    """What an integration was to get."""

    manifest: ManifestOut = Field(description="the messages by their numbers")


class RecoveryOut(RecoveryFields):
    """A recovery, and how far it is."""

    request_id: Id | None = Field(
        description="by which it can be followed; null after a dry run", examples=[_AN_ID]
    )


class RecoveryAnswer(BaseModel):
    """One recovery."""

    recovery: RecoveryOut = Field(description="the recovery")


@router.get(ALL, summary="List what was sent to an integration")
async def list_all(
    request: Request, id: PathId, by: By, asked: Asked, filters: Filters, org_id: OrgId = None
) -> DeliveriesOut:
    page = await list_deliveries(ListDeliveries(by, to_id(id), asked, **vars(filters)))
    return DeliveriesOut(deliveries=paginate(request, page, present_delivery))


@router.get(ONE, summary="Fetch one delivery with its tries")
async def fetch(
    id: PathId, delivery_id: DeliveryId, by: By, org_id: OrgId = None
) -> DeliveryAnswer:
    command = ReadDelivery(by, to_id(id), to_delivery(delivery_id))
    return DeliveryAnswer(delivery=present_delivery(await read_delivery(command)))


@router.post(f"{ONE}/resend", status_code=202, summary="Send a delivery once more")
async def resend(
    id: PathId, delivery_id: DeliveryId, by: By, jobs: Jobs, org_id: OrgId = None
) -> DeliveryAnswer:
    named = (by, to_id(id), to_delivery(delivery_id))
    await jobs.deliver(await resend_delivery(ResendDelivery(*named)))
    return DeliveryAnswer(delivery=present_delivery(await read_delivery(ReadDelivery(*named))))


@router.get(f"{INTEGRATION}/manifest", summary="List all messages by their numbers")
async def manifest(
    id: PathId, by: By, first: From = 1, last: To = None, org_id: OrgId = None
) -> ManifestAnswer:
    found = await read_manifest(ReadManifest(by, to_id(id), first, last))
    entries = [present_entry(entry) for entry in found.entries]
    told = ManifestOut(data=entries, newest=found.newest, next=found.next)
    return ManifestAnswer(manifest=told)


@router.post(RECOVER, status_code=202, summary="Send what failed or was missed, or count it")
async def begin(
    id: PathId, body: RecoveryIn, by: By, jobs: Jobs, org_id: OrgId = None
) -> RecoveryAnswer:
    request_id, told = await recover(by, to_id(id), body, jobs)
    return RecoveryAnswer(recovery=RecoveryOut(request_id=request_id, **told))


@router.get(RECOVER, summary="How far a recovery is")
async def progress(
    id: PathId, request_id: RequestId, by: By, jobs: Jobs, org_id: OrgId = None
) -> RecoveryAnswer:
    told = await follow(by, to_id(id), request_id, jobs)
    return RecoveryAnswer(recovery=RecoveryOut(request_id=request_id, **told))


def present_delivery(delivery: DeliveryView) -> DeliveryOut:
    """The delivery in this dialect's words."""
    tries = [AttemptOut(**attempt_fields(attempt)) for attempt in delivery.attempts]
    return DeliveryOut(
        id=delivery.id,
        attempts=tries,
        **plain_event_fields(delivery.event_id),
        **delivery_fields(delivery),
    )


def present_entry(entry: ManifestEntry) -> EntryOut:
    """The message in this dialect's words."""
    return EntryOut(**{**asdict(entry), **plain_event_fields(entry.event_id)})


def to_delivery(text: str) -> UUID:
    """The id in a path; `NotFound` for any other spelling."""
    found = unprefixed("dlv", text)
    if found is None:
        raise NotFound("delivery")
    return found
