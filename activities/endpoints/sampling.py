"""Samples of events to one endpoint: on the way that all messages go, and to no other endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from activities.endpoints.finding import must_see_all, the_endpoint, there
from activities.meters import Take, take
from activities.outbox import EmitTo, emit_to
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotNow
from activities.rules.events import CATALOGUE
from activities.rules.facts.endpoints import WebhookTested
from activities.rules.samples import EventType, event_types, sample_of
from activities.rules.throttles import WEBHOOK_TESTS
from schema.db import transaction

LONGEST_SHOWN = 64
TEST = WebhookTested.kind


@dataclass(frozen=True)
class SendSample:
    """A message of the kind `event` that never happened, whatever events and filter the endpoint
    has. It carries the header that says so (`rules/sent_headers.py`).
    """

    by: Actor
    id: UUID
    event: str = TEST


@dataclass(frozen=True)
class SampleView:
    """What is on its way, under the id that its message has."""

    event_id: UUID
    event: str
    payload: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ReadEventTypes:
    """All events that endpoints may hear of."""

    by: Actor


@needs("webhooks.write")
async def send_sample(command: SendSample) -> SampleView:
    """It is on its way.

    Raises `InvalidFields` for an event that is not of the catalogue, `NotFound`, `NotNow` for an
    endpoint that is paused or disabled, `RateLimited` when the organization sends many, `Forbidden`
    for an actor of one workspace.
    """
    by = command.by
    must_see_all(by, "webhooks.write")
    if command.event not in CATALOGUE:
        shown = command.event[:LONGEST_SHOWN]
        raise InvalidFields(
            {"event": [f"'{shown}' is not an event. Known are: {', '.join(CATALOGUE)}."]}
        )
    await take(Take(WEBHOOK_TESTS, str(by.organization_id)))
    async with transaction() as session:
        row = there((await session.execute(the_endpoint(by, command.id))).scalar_one_or_none())
        if row.status != "active":
            raise NotNow(f"This endpoint is {row.status}; resume it before you test it.")
        sample = sample_to(by, row.id, command.event)
        await emit_to(sample)
    return SampleView(sample.event_id, command.event, sample.event.payload())


@needs("webhooks.read")
async def read_event_types(command: ReadEventTypes) -> tuple[EventType, ...]:
    """Each with what it tells and a sample of its payload, in the order of the catalogue."""
    return event_types(outside().clock.now())


def sample_to(by: Actor, endpoint_id: UUID, event: str = TEST) -> EmitTo:
    """The message, not yet sent."""
    fact = sample_of(event, by.organization_id, outside().clock.now())
    if isinstance(fact, WebhookTested):
        fact = replace(fact, asset_id=endpoint_id, asked_by=by.name)
    return EmitTo(fact, endpoint_id)
