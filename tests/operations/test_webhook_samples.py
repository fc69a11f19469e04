"""Samples go the way of all messages, to one endpoint, and say what they are."""

from __future__ import annotations

import json

import pytest

from activities.deliveries.attempting import (
    AttemptBatch,
    AttemptDelivery,
    attempt_batch,
    attempt_delivery,
)
from activities.deliveries.recovering import PlanRecovery, plan_recovery
from activities.dispatching import DispatchEvents, dispatch_events
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.sampling import SendSample, send_sample
from activities.gateways.clock import FixedClock
from activities.rules.errors import InvalidFields, RateLimited
from activities.rules.events import CATALOGUE
from activities.rules.signatures import SCHEMES, verify_standard
from tests.builders.deliveries import BROKEN, OK, a_batch, headers_of, url_of
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import answering, listening
from workflows.reactions import WEBHOOKS, kinds_for

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = DispatchEvents(kinds_for(WEBHOOKS))


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_sample_is_signed_numbered_and_marked(scheme: str, clock: FixedClock) -> None:
    by = await a_tenant()
    wants_nothing = {"path": "$.type", "equals": "never"}
    async with listening(answering(OK)) as listener:
        made = await create_endpoint(
            CreateEndpoint(
                by, url_of(listener), ("page.viewed",), scheme=scheme, filter=wants_nothing
            )
        )
        await an_endpoint(by, url_of(listener))
        sample = await send_sample(SendSample(by, made.id, "inventory.movement"))
        (batch,) = (await dispatch_events(ALL)).batches
        assert (await attempt_batch(AttemptBatch(batch.id))).delivered == 1
    (request,) = listener.requests
    headers, body = headers_of(request), request.partition(b"\r\n\r\n")[2]
    assert headers["x-inkloom-sample"] == "1"
    assert headers["x-inkloom-sequence"] == "1"
    assert headers["webhook-id"] == f"evt_{sample.event_id.hex}"
    assert verify_standard(made.secret or "", headers, body, clock.now())
    told = json.loads(body)
    assert "inventory.movement" in told.values()
    assert dict(sample.payload) in told.values()
    assert len(told) == 3


async def test_what_really_happened_is_not_marked() -> None:
    by = await a_tenant()
    async with listening(answering(OK)) as listener:
        await an_endpoint(by, url_of(listener))
        await attempt_batch(AttemptBatch(await a_batch(by)))
    assert "x-inkloom-sample" not in headers_of(listener.requests[0])


async def test_a_sample_that_fails_is_tried_again_and_is_nothing_that_others_missed(
    clock: FixedClock,
) -> None:
    by = await a_tenant()
    since = clock.now()
    async with listening(answering(BROKEN)) as listener:
        made = await an_endpoint(by, url_of(listener))
        other = await an_endpoint(by, url_of(listener))
        await send_sample(SendSample(by, made.id, "qr.expired"))
        (batch,) = (await dispatch_events(ALL)).batches
        (failure,) = (await attempt_batch(AttemptBatch(batch.id))).failures
        listener.handler = answering(OK)
        again = await attempt_delivery(AttemptDelivery(failure.delivery_id, 2))
    assert again.status == "delivered"
    assert [headers_of(one)["x-inkloom-sample"] for one in listener.requests] == ["1", "1"]
    clock.moment = clock.moment.replace(hour=13)
    assert (await plan_recovery(PlanRecovery(by, other.id, "missing", since))).total == 0


async def test_an_event_that_is_not_known_is_refused_with_those_that_are() -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    with pytest.raises(InvalidFields) as refused:
        await send_sample(SendSample(by, made.id, "qr.*"))
    (sentence,) = refused.value.fields["event"]
    assert all(kind in sentence for kind in CATALOGUE)
    assert (await dispatch_events(ALL)).events == 0


async def test_refused_events_cost_nothing_and_samples_are_throttled() -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    for _ in range(40):
        with pytest.raises(InvalidFields):
            await send_sample(SendSample(by, made.id, "never"))
    for _ in range(30):
        await send_sample(SendSample(by, made.id, "page.viewed"))
    with pytest.raises(RateLimited):
        await send_sample(SendSample(by, made.id, "page.viewed"))
