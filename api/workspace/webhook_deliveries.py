"""`/api/webhooks/endpoints/{id}/deliveries`: what was sent to an endpoint, and once more."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path, Query
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
from activities.rules.spelling import prefixed
from api.delivery_fields import (
    AttemptFields,
    DeliveryFields,
    EntryFields,
    Filters,
    From,
    ManifestFields,
    To,
    attempt_fields,
    delivery_fields,
)
from api.dialect import Text
from api.jobs import Jobs
from api.recovery_fields import RecoveryFields, RecoveryIn, follow, recover
from api.routers import By, make_router
from api.scalars import In, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

to_endpoint = partial(path_id, "whe", "webhook endpoint")
to_delivery = partial(path_id, "dlv", "delivery")
to_recovery = partial(path_id, "rcv", "recovery")

ALL = "/api/webhooks/endpoints/{id}/deliveries"
ONE = f"{ALL}/{{deliveryId}}"
RECOVER = "/api/webhooks/endpoints/{id}/recover"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as whe_ and 32 hex digits")]
DeliveryId = Annotated[
    Text,
    Path(alias="deliveryId", max_length=LONGEST_ID, description="such as dlv_ and 32 hex digits"),
]

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"

RequestId = Annotated[
    Text,
    Query(
        alias="requestId",
        max_length=LONGEST_ID,
        description="`requestId` of the recovery",
        json_schema_extra={"example": f"rcv_{_AN_ID}"},
    ),
]


class AttemptOut(AttemptFields, Out):
    """One try."""


class DeliveryOut(DeliveryFields, Out):
    """One event on its way, with every try."""

    id: str = Field(description="its id", examples=[f"dlv_{_AN_ID}"])
    event_id: str = Field(
        description="the id of the event, as in the header webhook-id", examples=[f"evt_{_AN_ID}"]
    )
    attempts: list[AttemptOut] = Field(description="every try, the first one first")


class EntryOut(EntryFields, Out):
    """A message by its number."""

    event_id: str = Field(
        description="the id of the event, as in the header webhook-id", examples=[f"evt_{_AN_ID}"]
    )


class ManifestOut(ManifestFields, Out):
    """Messages in the order of their numbers, 1,000 at most."""

    items: list[EntryOut] = Field(description="the messages")


class DeliveryRecoveryIn(RecoveryIn, In):
    """What to send to an endpoint that missed something."""


class RecoveryOut(RecoveryFields, Out):
    """A recovery, and how far it is."""

    request_id: str | None = Field(
        description="by which it can be followed; null after a dry run", examples=[f"rcv_{_AN_ID}"]
    )


@router.get(ALL, summary="List what was sent to an endpoint")
async def list_all(
    id: PathId, by: By, asked: Asked, filters: Filters, org_id: OrgId = None
) -> PlainPageOut[DeliveryOut]:
    command = ListDeliveries(by, to_endpoint(id), asked, **vars(filters))
    return present_plain(await list_deliveries(command), present_delivery)


@router.get(ONE, summary="Fetch one delivery with its tries")
async def fetch(id: PathId, delivery_id: DeliveryId, by: By, org_id: OrgId = None) -> DeliveryOut:
    command = ReadDelivery(by, to_endpoint(id), to_delivery(delivery_id))
    return present_delivery(await read_delivery(command))


@router.post(f"{ONE}/resend", status_code=202, summary="Send a delivery once more")
async def resend(
    id: PathId, delivery_id: DeliveryId, by: By, jobs: Jobs, org_id: OrgId = None
) -> DeliveryOut:
    endpoint, delivery = to_endpoint(id), to_delivery(delivery_id)
    await jobs.deliver(await resend_delivery(ResendDelivery(by, endpoint, delivery)))
    return present_delivery(await read_delivery(ReadDelivery(by, endpoint, delivery)))


@router.get("/api/webhooks/endpoints/{id}/manifest", summary="List all messages by their numbers")
async def manifest(
    id: PathId, by: By, first: From = 1, last: To = None, org_id: OrgId = None
) -> ManifestOut:
    found = await read_manifest(ReadManifest(by, to_endpoint(id), first, last))
    items = [present_entry(entry) for entry in found.entries]
    return ManifestOut(items=items, newest=found.newest, next=found.next)


@router.post(RECOVER, status_code=202, summary="Send what failed or was missed, or count it")
async def begin(
    id: PathId, body: DeliveryRecoveryIn, by: By, jobs: Jobs, org_id: OrgId = None
) -> RecoveryOut:
    request_id, told = await recover(by, to_endpoint(id), body, jobs)
    return RecoveryOut(request_id=request_id and prefixed("rcv", request_id), **told)


@router.get(RECOVER, summary="How far a recovery is")
async def progress(
    id: PathId, request_id: RequestId, by: By, jobs: Jobs, org_id: OrgId = None
) -> RecoveryOut:
    told = await follow(by, to_endpoint(id), to_recovery(request_id), jobs)
    return RecoveryOut(request_id=request_id, **told)


def present_delivery(delivery: DeliveryView) -> DeliveryOut:
    """The delivery in this dialect's words."""
    tries = [AttemptOut(**attempt_fields(attempt)) for attempt in delivery.attempts]
    return DeliveryOut(
        id=prefixed("dlv", delivery.id),
        event_id=prefixed("evt", delivery.event_id),
        attempts=tries,
        **delivery_fields(delivery),
    )


def present_entry(entry: ManifestEntry) -> EntryOut:
    """The message in this dialect's words."""
    return EntryOut(
        sequence=entry.sequence,
        event_id=prefixed("evt", entry.event_id),
        event=entry.event,
        status=entry.status,
    )
