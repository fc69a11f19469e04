"""`/api/webhooks/endpoints`: who is told what happens."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response
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
from activities.endpoints.views import EndpointView, Status
from activities.rules.spelling import prefixed
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
from api.scalars import In, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

to_id = partial(path_id, "whe", "webhook endpoint")

ALL = "/api/webhooks/endpoints"
ONE = f"{ALL}/{{id}}"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as whe_ and 32 hex digits")]


class WebhookIn(EndpointIn, In):
    """An endpoint to make."""

    scheme: Scheme = Field("inkode", description=SCHEME, examples=["inkode"])


class WebhookChangesIn(EndpointChangesIn, In):
    """What of an endpoint to change; `headers` are replaced as a whole."""


class WebhookRotationIn(RotationIn, In):
    """How long the secret before the new one signs too."""


class WebhookSampleIn(SampleIn, In):
    """Which event to send a sample of."""


class SampleOut(SampleFields, Out):
    """A sample that is on its way."""

    event_id: str = Field(
        description="the id of the event, as in the header webhook-id",
        examples=["evt_7d0c7a441f0b4c5e9a530c5a7d1b2f10"],
    )


class WebhookOut(EndpointOut, Out):
    """An endpoint, without its secret."""

    id: str = Field(description="its id", examples=["whe_7d0c7a441f0b4c5e9a530c5a7d1b2f10"])


class NewWebhookOut(WebhookOut):
    """An endpoint with a new secret."""

    secret: str = Field(description=SECRET, examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


@router.get(ALL, summary="List webhook endpoints")
async def list_all(
    by: By,
    asked_page: Asked,
    status: Annotated[Status | None, Query(description="only those that are so")] = None,
    event: Annotated[
        Text, Query(max_length=64, description="only those that hear of this kind")
    ] = "",
    org_id: OrgId = None,
) -> PlainPageOut[WebhookOut]:
    page = await list_endpoints(ListEndpoints(by, asked_page, status, event))
    return present_plain(page, present_webhook)


@router.post(ALL, status_code=201, summary="Create a webhook endpoint")
async def create(
    body: WebhookIn, by: By, response: Response, org_id: OrgId = None
) -> NewWebhookOut:
    return answer_new(response, await create_endpoint(CreateEndpoint(by, **asked(body))))


@router.get(ONE, summary="Fetch one webhook endpoint")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> WebhookOut:
    return answer(response, await read_endpoint(ReadEndpoint(by, to_id(id))))


@router.patch(ONE, summary="Change a webhook endpoint")
async def change(
    id: PathId,
    body: WebhookChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> WebhookOut:
    command = UpdateEndpoint(by, to_id(id), expected, **changed(body))
    return answer(response, await update_endpoint(command))


@router.delete(ONE, status_code=204, summary="Delete a webhook endpoint; nothing more is sent")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_endpoint(DeleteEndpoint(by, to_id(id), expected))


@router.post(
    f"{ONE}/rotate", summary="Replace the secret; for a while both sign", openapi_extra=CREATES
)
async def rotate(
    id: PathId,
    by: By,
    expected: Expected,
    response: Response,
    body: WebhookRotationIn | None = None,
    org_id: OrgId = None,
) -> NewWebhookOut:
    grace = body.grace_seconds if body else USUAL_GRACE
    return answer_new(
        response, await rotate_endpoint_secret(RotateEndpointSecret(by, to_id(id), grace, expected))
    )


@router.post(f"{ONE}/test", status_code=202, summary="Send a test message")
async def send_one(id: PathId, by: By, org_id: OrgId = None) -> TestedOut:
    await send_sample(SendSample(by, to_id(id)))
    return TestedOut()


@router.post(f"{ONE}/sample", status_code=202, summary="Send a sample of any event")
async def send_any(id: PathId, body: WebhookSampleIn, by: By, org_id: OrgId = None) -> SampleOut:
    return present_sample(await send_sample(SendSample(by, to_id(id), body.event)))


@router.post(f"{ONE}/pause", summary="Send nothing until it is resumed")
async def pause(
    id: PathId, by: By, expected: Expected, response: Response, org_id: OrgId = None
) -> WebhookOut:
    command = UpdateEndpoint(by, to_id(id), expected, status="paused")
    return answer(response, await update_endpoint(command))


@router.post(f"{ONE}/resume", summary="Send again, also to what was disabled")
async def resume(
    id: PathId, by: By, expected: Expected, response: Response, org_id: OrgId = None
) -> WebhookOut:
    command = UpdateEndpoint(by, to_id(id), expected, status="active")
    return answer(response, await update_endpoint(command))


def answer(response: Response, endpoint: EndpointView) -> WebhookOut:
    """The endpoint in this dialect's words, under its ETag."""
    set_etag(response, endpoint.version)
    return present_webhook(endpoint)


def answer_new(response: Response, endpoint: EndpointView) -> NewWebhookOut:
    """The endpoint with the secret that it was given just now."""
    set_etag(response, endpoint.version)
    spelled, secret = prefixed("whe", endpoint.id), endpoint.secret or ""
    return NewWebhookOut(id=spelled, secret=secret, **shown(endpoint))


def present_webhook(endpoint: EndpointView) -> WebhookOut:
    """The endpoint in this dialect's words."""
    return WebhookOut(id=prefixed("whe", endpoint.id), **shown(endpoint))


def present_sample(sample: SampleView) -> SampleOut:
    """The sample in this dialect's words."""
    event_id = prefixed("evt", sample.event_id)
    return SampleOut(event_id=event_id, event=sample.event, payload=dict(sample.payload))
