"""`/api/v1/workspaces/webhooks/{id}/deliveries`: what was sent to an endpoint, and once more."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

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
from activities.rules.errors import NotFound
from activities.rules.spelling import prefixed, unprefixed
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
from api.links.auth import authenticate, documented
from api.links.paging import Asked
from api.links.webhooks import ONE as WEBHOOK
from api.links.webhooks import PathId, to_id
from api.recovery_fields import RecoveryFields, RecoveryIn, follow, recover
from api.routers import By, make_router
from api.scalars import In, Out

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

ALL = f"{WEBHOOK}/deliveries"
ONE = f"{ALL}/{{deliveryId}}"
RECOVER = f"{WEBHOOK}/recover"

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_EVENT_ID = "the id of the event, as in the header webhook-id"

DeliveryId = Annotated[
    Text, Path(alias="deliveryId", max_length=64, description="such as dlv_ and 32 hex digits")
]
RequestId = Annotated[
    Text,
    Query(
        alias="requestId",
        max_length=64,
        description="`requestId` of the recovery",
        json_schema_extra={"example": f"rcv_{_AN_ID}"},
    ),
]


class AttemptOut(AttemptFields, Out):
    """One try; `nextAt` is when the next one was then due."""


class DeliveryOut(DeliveryFields, Out):
    """One event on its way, with every try."""

    id: str = Field(description="its id", examples=[f"dlv_{_AN_ID}"])
    event_id: str = Field(description=_EVENT_ID, examples=[f"evt_{_AN_ID}"])
    attempts: list[AttemptOut] = Field(description="every try, the first one first")


class EntryOut(EntryFields, Out):
    """A message by its number."""

    event_id: str = Field(description=_EVENT_ID, examples=[f"evt_{_AN_ID}"])


class ManifestOut(ManifestFields, Out):
    """Messages in the order of their numbers, 1,000 at most."""

    items: list[EntryOut] = Field(description="the messages")


class WebhookRecoveryIn(RecoveryIn, In):
    """What to send to an endpoint that missed something."""


class RecoveryOut(RecoveryFields, Out):
    """A recovery, and how far it is."""

    request_id: str | None = Field(
        description="by which it can be followed; null after a dry run", examples=[f"rcv_{_AN_ID}"]
    )


@router.get(ALL, summary="List what was sent to an endpoint, newest first")
async def list_all(id: PathId, by: By, asked: Asked, filters: Filters) -> list[DeliveryOut]:
    page = await list_deliveries(ListDeliveries(by, to_id(id), asked, **vars(filters)))
    return [present_delivery(delivery) for delivery in page.items]


@router.get(ONE, summary="Fetch one delivery with its tries")
async def fetch(id: PathId, delivery_id: DeliveryId, by: By) -> DeliveryOut:
    command = ReadDelivery(by, to_id(id), _named("dlv", delivery_id, "delivery"))
    return present_delivery(await read_delivery(command))


@router.post(f"{ONE}/resend", status_code=202, summary="Send a delivery once more")
async def resend(id: PathId, delivery_id: DeliveryId, by: By, jobs: Jobs) -> DeliveryOut:
    named = (by, to_id(id), _named("dlv", delivery_id, "delivery"))
    await jobs.deliver(await resend_delivery(ResendDelivery(*named)))
    return present_delivery(await read_delivery(ReadDelivery(*named)))


@router.get(f"{WEBHOOK}/manifest", summary="List all messages by their numbers")
async def manifest(id: PathId, by: By, first: From = 1, last: To = None) -> ManifestOut:
    found = await read_manifest(ReadManifest(by, to_id(id), first, last))
    items = [present_entry(entry) for entry in found.entries]
    return ManifestOut(items=items, newest=found.newest, next=found.next)


@router.post(RECOVER, status_code=202, summary="Send what failed or was missed, or count it")
async def begin(id: PathId, body: WebhookRecoveryIn, by: By, jobs: Jobs) -> RecoveryOut:
    request_id, told = await recover(by, to_id(id), body, jobs)
    return RecoveryOut(request_id=request_id and prefixed("rcv", request_id), **told)


@router.get(RECOVER, summary="How far a recovery is")
async def progress(id: PathId, request_id: RequestId, by: By, jobs: Jobs) -> RecoveryOut:
    told = await follow(by, to_id(id), _named("rcv", request_id, "recovery"), jobs)
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


def _named(prefix: str, text: str, what: str) -> UUID:
    """The id that a client named; `NotFound` for any other spelling."""
    found = unprefixed(prefix, text)
    if found is None:
        raise NotFound(what)
    return found
