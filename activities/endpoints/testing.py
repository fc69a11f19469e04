"""A test message to one endpoint: on the way that all messages go, and to no other endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from activities.endpoints.finding import must_see_all, the_endpoint, there
from activities.meters import Take, take
from activities.outbox import EmitTo, emit_to
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotNow
from activities.rules.facts.endpoints import WebhookTested
from activities.rules.throttles import WEBHOOK_TESTS
from schema.db import transaction


@dataclass(frozen=True)
class SendTest:
    """A `webhook.test` message, whatever events and filter the endpoint has."""

    by: Actor
    id: UUID


@needs("webhooks.write")
async def send_test(command: SendTest) -> None:
    """It is on its way.

    Raises `NotFound`, `NotNow` for an endpoint that is paused or disabled, `RateLimited` when the
    organization sends many, `Forbidden` for an actor of one workspace.
    """
    by = command.by
    must_see_all(by, "webhooks.write")
    await take(Take(WEBHOOK_TESTS, str(by.organization_id)))
    async with transaction() as session:
        row = there((await session.execute(the_endpoint(by, command.id))).scalar_one_or_none())
        if row.status != "active":
            raise NotNow(f"This endpoint is {row.status}; resume it before you test it.")
        await emit_to(probe_of(by, row.id))


def probe_of(by: Actor, endpoint_id: UUID) -> EmitTo:
    """The test message, not yet sent."""
    fact = WebhookTested(
        organization_id=by.organization_id,
        asset_id=endpoint_id,
        occurred_at=outside().clock.now(),
        asked_by=by.name,
    )
    return EmitTo(fact, endpoint_id)
