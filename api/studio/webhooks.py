"""`/api/v1/webhooks/`: receivers of events."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.ending import DeleteEndpoint, delete_endpoint
from activities.endpoints.reading import (
    ListEndpoints,
    ReadEndpoint,
    list_endpoints,
    read_endpoint,
)
from activities.endpoints.rotating import USUAL_GRACE, RotateEndpointSecret, rotate_endpoint_secret
from activities.endpoints.sampling import SampleView, SendSample, send_sample
from activities.endpoints.views import EndpointView
from activities.endpoints.views import Status as State
from api.dialect import Text
from api.endpoint_fields import (
    SCHEME,
    SECRET,
    EndpointChangesIn,
    EndpointIn,
    EndpointOut,
    RotationIn,
    SampleFields,
    SampleIn,
    Scheme,
    TestedOut,
    asked,
    changed,
    shown,
)
from api.etags import Expected, set_etag
from api.routers import CREATES, By, make_router
from api.scalars import Id
from api.studio.auth import authenticate, documented
from api.studio.paging import Asked, PageOut, present_page

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

ALL = "/api/v1/webhooks/"
ONE = "/api/v1/webhooks/{id}/"


class WebhookIn(EndpointIn):
    """A receiver to make."""

    scheme: Scheme = Field("standard", description=SCHEME, examples=["standard"])


class WebhookChangesIn(EndpointChangesIn):
    """What of a receiver to change; `headers` are replaced as a whole."""


class SampleOut(SampleFields):
    """A sample that is on its way."""

    event_id: Id = Field(
        description="the UUID of the event", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"]
    )


class WebhookOut(EndpointOut):
    """A receiver, without its secret."""

    id: Id = Field(description="its UUID", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"])


class NewWebhookOut(WebhookOut):
    """A receiver with a new secret, which is shown this once."""

    secret: str = Field(description=SECRET, examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


@router.post(ALL, status_code=201, summary="Create a subscription")
async def create(body: WebhookIn, by: By, response: Response) -> NewWebhookOut:
    return answer_new(response, await create_endpoint(CreateEndpoint(by, **asked(body))))


@router.get(ALL, summary="List subscriptions")
async def list_all(
    request: Request,
    by: By,
    asked_page: Asked,
    status: Annotated[State | None, Query(description="only those that are so")] = None,
    event: Annotated[
        Text, Query(max_length=64, description="only those that hear of this kind")
    ] = "",
) -> PageOut[WebhookOut]:
    page = await list_endpoints(ListEndpoints(by, asked_page, status, event))
    return present_page(request, page, present_webhook)


@router.get(ONE, summary="Retrieve one subscription")
async def retrieve(id: UUID, by: By, response: Response) -> WebhookOut:
    return answer(response, await read_endpoint(ReadEndpoint(by, id)))


@router.patch(ONE, summary="Update events, URL, status and the rest")
async def change(
    id: UUID, body: WebhookChangesIn, by: By, expected: Expected, response: Response
) -> WebhookOut:
    command = UpdateEndpoint(by, id, expected, **changed(body))
    return answer(response, await update_endpoint(command))


@router.delete(ONE, status_code=204, summary="Delete a subscription; nothing more is sent")
async def remove(id: UUID, by: By, expected: Expected) -> None:
    await delete_endpoint(DeleteEndpoint(by, id, expected))


@router.post(
    f"{ONE}rotate/",
    summary="Rotate the signing secret; for a while both sign",
    openapi_extra=CREATES,
)
async def rotate(
    id: UUID, by: By, expected: Expected, response: Response, body: RotationIn | None = None
) -> NewWebhookOut:
    grace = body.grace_seconds if body else USUAL_GRACE
    return answer_new(
        response, await rotate_endpoint_secret(RotateEndpointSecret(by, id, grace, expected))
    )


@router.post(f"{ONE}test/", status_code=202, summary="Send a test message")
async def send_one(id: UUID, by: By) -> TestedOut:
    await send_sample(SendSample(by, id))
    return TestedOut()


@router.post(f"{ONE}sample/", status_code=202, summary="Send a sample of any event")
async def send_any(id: UUID, body: SampleIn, by: By) -> SampleOut:
    return present_sample(await send_sample(SendSample(by, id, body.event)))


@router.post(f"{ONE}pause/", summary="Send nothing until it is resumed")
async def pause(id: UUID, by: By, expected: Expected, response: Response) -> WebhookOut:
    command = UpdateEndpoint(by, id, expected, status="paused")
    return answer(response, await update_endpoint(command))


@router.post(f"{ONE}resume/", summary="Send again, also to what was disabled")
async def resume(id: UUID, by: By, expected: Expected, response: Response) -> WebhookOut:
    command = UpdateEndpoint(by, id, expected, status="active")
    return answer(response, await update_endpoint(command))


def answer(response: Response, endpoint: EndpointView) -> WebhookOut:
    """The receiver in this dialect's words, under its ETag."""
    set_etag(response, endpoint.version)
    return present_webhook(endpoint)


def answer_new(response: Response, endpoint: EndpointView) -> NewWebhookOut:
    """The receiver with the secret that it was given just now."""
    set_etag(response, endpoint.version)
    return NewWebhookOut(id=endpoint.id, secret=endpoint.secret or "", **shown(endpoint))


def present_webhook(endpoint: EndpointView) -> WebhookOut:
    """The receiver in this dialect's words."""
    return WebhookOut(id=endpoint.id, **shown(endpoint))


def present_sample(sample: SampleView) -> SampleOut:
    """The sample in this dialect's words."""
    return SampleOut(event_id=sample.event_id, event=sample.event, payload=dict(sample.payload))
