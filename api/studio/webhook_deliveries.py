"""`/api/v1/webhooks/{id}/deliveries/`: what was sent to a receiver, and once more."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

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
from api.studio.auth import authenticate, documented
from api.studio.paging import Asked, PageOut, present_page

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

ALL = "/api/v1/webhooks/{id}/deliveries/"
ONE = "/api/v1/webhooks/{id}/deliveries/{delivery_id}/"

RECOVER = "/api/v1/webhooks/{id}/recover/"

_AN_ID = "7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"

RequestId = Annotated[
    UUID, Query(description="`request_id` of the recovery", json_schema_extra={"example": _AN_ID})
]


class AttemptOut(AttemptFields):
    """One try; `next_at` is when the next one was then due."""


class DeliveryOut(DeliveryFields, PlainEventFields):
    """One event on its way, with every try."""

    id: Id = Field(description="its UUID", examples=[_AN_ID])
    attempts: list[AttemptOut] = Field(description="every try, the first one first")


class EntryOut(EntryFields, PlainEventFields):
    """A message by its number."""


class ManifestOut(ManifestFields):
    """Messages in the order of their numbers, 1,000 at most."""

    results: list[EntryOut] = Field(description="the messages")


class RecoveryOut(RecoveryFields):
    """A recovery, and how far it is."""

    request_id: Id | None = Field(
        description="by which it can be followed; null after a dry run", examples=[_AN_ID]
    )


@router.get(ALL, summary="Inspect recent deliveries")
async def list_all(
    request: Request, id: UUID, by: By, asked: Asked, filters: Filters
) -> PageOut[DeliveryOut]:
    page = await list_deliveries(ListDeliveries(by, id, asked, **vars(filters)))
    return present_page(request, page, present_delivery)


@router.get(ONE, summary="Inspect one delivery and its tries")
async def fetch(id: UUID, delivery_id: UUID, by: By) -> DeliveryOut:
    return present_delivery(await read_delivery(ReadDelivery(by, id, delivery_id)))


@router.post(f"{ONE}resend/", status_code=202, summary="Send a delivery once more")
async def resend(id: UUID, delivery_id: UUID, by: By, jobs: Jobs) -> DeliveryOut:
    await jobs.deliver(await resend_delivery(ResendDelivery(by, id, delivery_id)))
    return present_delivery(await read_delivery(ReadDelivery(by, id, delivery_id)))


@router.get("/api/v1/webhooks/{id}/manifest/", summary="List all messages by their numbers")
async def manifest(id: UUID, by: By, first: From = 1, last: To = None) -> ManifestOut:
    found = await read_manifest(ReadManifest(by, id, first, last))
    entries = [present_entry(entry) for entry in found.entries]
    return ManifestOut(results=entries, newest=found.newest, next=found.next)


@router.post(RECOVER, status_code=202, summary="Send what failed or was missed, or count it")
async def begin(id: UUID, body: RecoveryIn, by: By, jobs: Jobs) -> RecoveryOut:
    request_id, told = await recover(by, id, body, jobs)
    return RecoveryOut(request_id=request_id, **told)


@router.get(RECOVER, summary="How far a recovery is")
async def progress(id: UUID, request_id: RequestId, by: By, jobs: Jobs) -> RecoveryOut:
    return RecoveryOut(request_id=request_id, **await follow(by, id, request_id, jobs))


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
