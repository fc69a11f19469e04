"""`/api/integrations`: who is told what happens; each is a webhook endpoint of ours."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.drafts import LONGEST_PATTERN
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
from activities.rules.errors import NotFound
from activities.rules.events import CATALOGUE
from activities.rules.spelling import unprefixed
from api.business.auth import authenticate, documented
from api.business.fields import OrgId, PathId
from api.business.paging import Asked, Paginator, paginate
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

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])

ALL = "/api/integrations"
ONE = f"{ALL}/{{id}}"
SAMPLE = f"{ALL}/{{key}}/sample-event"

WORDS = {"scan": "qr.scanned", "conversion": "conversion.recorded"}
"""What clients of this language call kinds of events."""

Key = Annotated[Text, Path(max_length=64, description="the UUID of the integration")]


class IntegrationIn(EndpointIn):
    """An integration to make."""

    scheme: Scheme = Field("qrscan", description=SCHEME, examples=["qrscan"])


class IntegrationChangesIn(EndpointChangesIn):
    """What of an integration to change; `headers` are replaced as a whole."""


class SampleEventIn(SampleIn):
    """Which event to send a sample of."""

    event: Text = Field(
        max_length=LONGEST_PATTERN,
        description=f"a kind of event, or {' or '.join(f'`{word}`' for word in WORDS)}, whether "
        "the integration hears of it or not",
        examples=["scan"],
        json_schema_extra={"enum": [*WORDS, *CATALOGUE]},
    )


class SampleEventOut(SampleFields):
    """A sample that is on its way."""

    event_id: Id = Field(
        description="the UUID of the event", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"]
    )


class IntegrationOut(EndpointOut):
    """An integration, without its secret."""

    id: Id = Field(description="its UUID", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"])


class NewIntegrationOut(IntegrationOut):
    """An integration with a new secret."""

    secret: str = Field(description=SECRET, examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class IntegrationsOut(BaseModel):
    """One page of integrations."""

    integrations: Paginator[IntegrationOut] = Field(description="newest first")


class IntegrationAnswer(BaseModel):
    """One integration."""

    integration: IntegrationOut = Field(description="the integration")


class SampleEventAnswer(BaseModel):
    """One sample."""

    sample_event: SampleEventOut = Field(description="the sample")


class NewIntegrationAnswer(BaseModel):
    """One integration with a new secret."""

    integration: NewIntegrationOut = Field(description="the integration")


@router.get(ALL, summary="List integrations")
async def list_all(
    request: Request,
    by: By,
    asked_page: Asked,
    status: Annotated[Status | None, Query(description="only those that are so")] = None,
    event: Annotated[
        Text, Query(max_length=64, description="only those that hear of this kind")
    ] = "",
    org_id: OrgId = None,
) -> IntegrationsOut:
    page = await list_endpoints(ListEndpoints(by, asked_page, status, event))
    return IntegrationsOut(integrations=paginate(request, page, present_integration))


@router.post(ALL, status_code=201, summary="Create an integration")
async def create(
    body: IntegrationIn, by: By, response: Response, org_id: OrgId = None
) -> NewIntegrationAnswer:
    return answer_new(response, await create_endpoint(CreateEndpoint(by, **asked(body))))


@router.get(ONE, summary="Fetch one integration")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> IntegrationAnswer:
    return answer(response, await read_endpoint(ReadEndpoint(by, to_id(id))))


@router.put(ONE, summary="Change an integration, as PATCH does")
@router.patch(ONE, summary="Change an integration")
async def change(
    id: PathId,
    body: IntegrationChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> IntegrationAnswer:
    command = UpdateEndpoint(by, to_id(id), expected, **changed(body))
    return answer(response, await update_endpoint(command))


@router.delete(ONE, status_code=204, summary="Delete an integration; nothing more is sent")
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
    body: RotationIn | None = None,
    org_id: OrgId = None,
) -> NewIntegrationAnswer:
    grace = body.grace_seconds if body else USUAL_GRACE
    return answer_new(
        response, await rotate_endpoint_secret(RotateEndpointSecret(by, to_id(id), grace, expected))
    )


@router.post(f"{ONE}/test", status_code=202, summary="Send a test message")
async def send_one(id: PathId, by: By, org_id: OrgId = None) -> TestedOut:
    await send_sample(SendSample(by, to_id(id)))
    return TestedOut()


@router.post(SAMPLE, status_code=202, summary="Send a sample of any event")
async def send_any(
    key: Key, body: SampleEventIn, by: By, org_id: OrgId = None
) -> SampleEventAnswer:
    event = WORDS.get(body.event, body.event)
    return present_sample(await send_sample(SendSample(by, to_id(key), event)))


@router.post(f"{ONE}/pause", summary="Send nothing until it is resumed")
async def pause(
    id: PathId, by: By, expected: Expected, response: Response, org_id: OrgId = None
) -> IntegrationAnswer:
    command = UpdateEndpoint(by, to_id(id), expected, status="paused")
    return answer(response, await update_endpoint(command))


@router.post(f"{ONE}/resume", summary="Send again, also to what was disabled")
async def resume(
    id: PathId, by: By, expected: Expected, response: Response, org_id: OrgId = None
) -> IntegrationAnswer:
    command = UpdateEndpoint(by, to_id(id), expected, status="active")
    return answer(response, await update_endpoint(command))


def answer(response: Response, endpoint: EndpointView) -> IntegrationAnswer:
    """The endpoint in this dialect's words, under its ETag."""
    set_etag(response, endpoint.version)
    return IntegrationAnswer(integration=present_integration(endpoint))


def answer_new(response: Response, endpoint: EndpointView) -> NewIntegrationAnswer:
    """The integration with the secret that it was given just now."""
    set_etag(response, endpoint.version)
    secret = endpoint.secret or ""
    new = NewIntegrationOut(id=endpoint.id, secret=secret, **shown(endpoint))
    return NewIntegrationAnswer(integration=new)


def present_integration(endpoint: EndpointView) -> IntegrationOut:
    """The endpoint in this dialect's words."""
    return IntegrationOut(id=endpoint.id, **shown(endpoint))


def present_sample(sample: SampleView) -> SampleEventAnswer:
    """The sample in this dialect's words."""
    told = {"event": sample.event, "payload": dict(sample.payload)}
    return SampleEventAnswer(sample_event=SampleEventOut(event_id=sample.event_id, **told))


def to_id(text: str) -> UUID:
    """The id in a path; `NotFound` for any other spelling."""
    found = unprefixed("whe", text)
    if found is None:
        raise NotFound("integration")
    return found
