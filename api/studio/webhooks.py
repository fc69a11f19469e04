"""`/api/v1/webhooks/`: receivers of events, and the log of what was sent to them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field

from activities.deliveries import DeliveryView, ListDeliveries, list_deliveries
from activities.endpoints import (
    CreateEndpoint,
    EndpointView,
    ListEndpoints,
    create_endpoint,
    list_endpoints,
)
from activities.rules.outcomes import Status
from api.dialect import Body, Text
from api.routers import By, make_router
from api.scalars import Id, Moment
from api.studio.auth import authenticate, documented
from api.studio.paging import Asked, PageOut, present_page

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

Delay = Annotated[float, Field(ge=1, le=259200, allow_inf_nan=False)]


class WebhookIn(Body):
    """A receiver to make."""

    url: Text = Field(
        max_length=2048,
        description="HTTPS address on the public internet",
        examples=["https://hooks.example.com/inkloom"],
    )
    events: list[Annotated[Text, Field(max_length=64)]] = Field(
        min_length=1,
        max_length=50,
        description="event kinds, `qr.*` or `*`",
        examples=[["barcode.scanned", "inventory.*"]],
    )
    scheme: Literal["standard", "inkode", "innkie", "qrscan"] = "standard"
    description: Text = Field("", max_length=500)
    is_active: bool = True
    retry_policy: (
        Literal["standard", "inkode"] | Annotated[list[Delay], Field(min_length=1, max_length=20)]
    ) = Field("standard", description="a preset, or seconds to wait before each further attempt")


class WebhookOut(BaseModel):
    """A receiver, without its secret."""

    id: Id
    url: str
    events: list[str]
    scheme: str
    description: str
    status: Literal["active", "paused"]
    retry_policy: str | list[float]
    created_at: Moment
    updated_at: Moment


class NewWebhookOut(WebhookOut):
    """A receiver just made; the secret is shown this once."""

    secret: str


class AttemptOut(BaseModel):
    """One try; `next_at` is when the next one was then due."""

    number: int
    at: Moment
    status_code: int | None
    error: str | None
    duration_ms: float
    response_body: str
    next_at: Moment | None


class DeliveryOut(BaseModel):
    """One event on its way, with every try."""

    id: Id
    event: str
    event_id: Id
    status: Status
    created_at: Moment
    next_at: Moment | None
    attempts: list[AttemptOut]


@router.post("/api/v1/webhooks/", status_code=201, summary="Create a subscription")
async def create(body: WebhookIn, by: By) -> NewWebhookOut:
    policy = body.retry_policy
    endpoint = await create_endpoint(
        CreateEndpoint(
            by=by,
            url=body.url,
            events=tuple(body.events),
            scheme=body.scheme,
            description=body.description,
            is_active=body.is_active,
            retry_policy=policy if isinstance(policy, str) else tuple(policy),
        )
    )
    shown = present_webhook(endpoint).model_dump()
    return NewWebhookOut(**shown, secret=endpoint.secret or "")


@router.get("/api/v1/webhooks/", summary="List subscriptions")
async def list_all(request: Request, by: By, asked: Asked) -> PageOut[WebhookOut]:
    return present_page(request, await list_endpoints(ListEndpoints(by, asked)), present_webhook)


@router.get("/api/v1/webhooks/{id}/deliveries/", summary="Inspect recent deliveries")
async def deliveries(
    request: Request,
    id: UUID,
    by: By,
    asked: Asked,
    status: Annotated[Status | None, Query()] = None,
) -> PageOut[DeliveryOut]:
    page = await list_deliveries(ListDeliveries(by, id, asked, status))
    return present_page(request, page, present_delivery)


def present_webhook(endpoint: EndpointView) -> WebhookOut:
    """The receiver in this dialect's words."""
    policy = endpoint.retry_policy
    return WebhookOut(
        id=endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        scheme=endpoint.scheme,
        description=endpoint.description,
        status="active" if endpoint.status == "active" else "paused",
        retry_policy=policy if isinstance(policy, str) else list(policy),
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
    )


def present_delivery(delivery: DeliveryView) -> DeliveryOut:
    """The delivery in this dialect's words."""
    return DeliveryOut(
        id=delivery.id,
        event=delivery.event,
        event_id=delivery.event_id,
        status=delivery.status,
        created_at=delivery.created_at,
        next_at=delivery.next_at,
        attempts=[
            AttemptOut(
                number=attempt.number,
                at=attempt.at,
                status_code=attempt.status_code,
                error=attempt.error,
                duration_ms=round(attempt.duration_ms, 1),
                response_body=attempt.response_body,
                next_at=attempt.next_at,
            )
            for attempt in delivery.attempts
        ],
    )
