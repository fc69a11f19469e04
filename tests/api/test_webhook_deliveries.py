"""The log of webhooks, resends, manifests and recoveries, in every language that has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic.alias_generators import to_camel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.deliveries.attempting import AttemptBatch, attempt_batch
from activities.deliveries.recovering import Recovery
from activities.dispatching import DispatchEvents, WaitingBatches, dispatch_events, waiting_batches
from activities.gateways.clock import FixedClock
from api.app import make_app
from tests.api.conftest import Client, Tenant, a_client
from tests.builders.deliveries import OK, an_answer, headers_of
from tests.fakes.listener import Listener, answering, listening
from workflows.reactions import WEBHOOKS, kinds_for
from workflows.recover_deliveries import RecoveryProgress
from workflows.starter import Starter

BUSY = an_answer(503, "busy", retry_after="30", set_thing="yes")
SINCE = "2026-11-21T00:00:00Z"


@dataclass(frozen=True)
class Language:
    """How a language says it; `wraps`: a thing is under its own name."""

    name: str
    base: str
    items: str
    camel: bool = False
    slash: str = ""
    wraps: str = ""

    def key(self, name: str) -> str:
        """A field's name in this language."""
        return to_camel(name) if self.camel else name

    def headers(self, tenant: Tenant) -> dict[str, str]:
        mine: dict[str, str] = tenant.jwt if self.name == "studio" else getattr(tenant, self.name)
        return mine

    def url(self, *parts: str) -> str:
        return "/".join((self.base, *parts)) + self.slash

    def one(self, answer: httpx.Response, name: str) -> dict[str, Any]:
        """The thing of this name in an answer."""
        told: dict[str, Any] = answer.json()
        return told[name] if self.wraps else told

    def all(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """The deliveries in an answer."""
        told = answer.json() if self.name == "links" else self.one(answer, "deliveries")
        return list(told if self.name == "links" else told[self.items])


LANGUAGES = [
    Language("studio", "/api/v1/webhooks", "results", slash="/"),
    Language("workspace", "/api/webhooks/endpoints", "items", camel=True),
    Language("links", "/api/v1/workspaces/webhooks", "items", camel=True),
    Language("business", "/api/integrations", "data", wraps="integration"),
]


@pytest.fixture(params=LANGUAGES, ids=lambda language: language.name)
def language(request: pytest.FixtureRequest) -> Language:
    told: Language = request.param
    return told


@asynccontextmanager
async def a_receiver(
    client: Client, tenant: Tenant, language: Language, raw: bytes = BUSY
) -> AsyncIterator[tuple[Listener, str]]:
    """A receiver and the id of its endpoint."""
    async with listening(answering(raw)) as listener:
        body = {
            "url": f"http://127.0.0.1:{listener.port}/hook",
            "events": ["qr.*"],
            language.key("retry_policy"): [60.0],
            "headers": {"X-Token": "sesame"},
        }
        headers = language.headers(tenant)
        made = await client.post(language.url(), json=body, headers=headers)
        assert made.status_code == 201, made.text
        yield listener, language.one(made, language.wraps)["id"]


async def some_codes(client: Client, tenant: Tenant, count: int) -> None:
    for number in range(count):
        body = {"destination_url": f"https://example.com/{number}"}
        made = await client.post("/api/v1/dynamic/", json=body, headers=tenant.studio)
        assert made.status_code == 201


async def send_all() -> None:
    for batch in (await dispatch_events(DispatchEvents(kinds_for(WEBHOOKS)))).batches:
        await attempt_batch(AttemptBatch(batch.id))


async def listed(
    client: Client, tenant: Tenant, language: Language, endpoint: str, **query: Any
) -> list[dict[str, Any]]:
    answer = await client.get(
        language.url(endpoint, "deliveries"), params=query, headers=language.headers(tenant)
    )
    assert answer.status_code == 200, answer.text
    return language.all(answer)


async def test_the_log_shows_each_try_without_secrets(
    client: Client, tenant: Tenant, language: Language
) -> None:
    async with a_receiver(client, tenant, language) as (listener, endpoint):
        await some_codes(client, tenant, 1)
        await send_all()
        (shown,) = await listed(client, tenant, language, endpoint)
        one = await client.get(
            language.url(endpoint, "deliveries", shown["id"]), headers=language.headers(tenant)
        )
    assert language.one(one, "delivery") == shown
    assert (shown["event"], shown["status"], shown["sequence"]) == ("qr.created", "pending", 1)
    (attempt,) = shown["attempts"]
    assert attempt[language.key("status_code")] == 503
    assert attempt[language.key("response_body")] == "busy"
    assert attempt[language.key("response_headers")]["set-thing"] == "yes"
    assert attempt["address"] == "127.0.0.1"
    assert attempt["phases"]["total"] > 0
    assert attempt["why"]
    sent = attempt[language.key("request_headers")]
    assert sent["X-Token"] == "[hidden]"
    assert b"sesame" in listener.requests[0]
    assert "sesame" not in one.text
    assert sent["webhook-signature"] == "[hidden]"


async def test_the_log_and_the_manifest_name_what_the_receiver_has(
    client: Client, tenant: Tenant, language: Language
) -> None:
    async with a_receiver(client, tenant, language, OK) as (listener, endpoint):
        await some_codes(client, tenant, 1)
        await send_all()
        (shown,) = await listed(client, tenant, language, endpoint)
        url = language.url(endpoint, "manifest")
        answer = await client.get(url, headers=language.headers(tenant))
    (entry,) = language.one(answer, "manifest")[language.items]
    sent = headers_of(listener.requests[0])["webhook-id"]
    name = "eventId" if language.camel else "webhook_id"
    assert (shown[name], entry[name]) == (sent, sent)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"status": "pending"}, 2),
        ({"status": "delivered"}, 1),
        ({"status": "failed"}, 0),
        ({"event": "qr.created"}, 3),
        ({"event": "qr.deleted"}, 0),
        ({"answered": "5xx"}, 2),
        ({"answered": "2xx"}, 1),
        ({"answered": "4xx"}, 0),
        ({"answered": "none"}, 0),
        ({"since": "2026-11-21T12:00:00Z"}, 3),
        ({"since": "2026-11-21T12:00:01Z"}, 0),
        ({"until": "2026-11-21T12:00:00Z"}, 0),
    ],
)
async def test_the_log_can_be_narrowed(
    client: Client, tenant: Tenant, query: dict[str, str], count: int
) -> None:
    language = LANGUAGES[0]
    async with a_receiver(client, tenant, language) as (listener, endpoint):
        await some_codes(client, tenant, 2)
        await send_all()
        listener.handler = answering(OK)
        await some_codes(client, tenant, 1)
        await send_all()
        assert len(await listed(client, tenant, language, endpoint, **query)) == count


async def test_what_came_at_once_is_listed_by_its_number(client: Client, tenant: Tenant) -> None:
    language = LANGUAGES[0]
    async with a_receiver(client, tenant, language, OK) as (_, endpoint):
        await some_codes(client, tenant, 12)
        await send_all()
        shown = await listed(client, tenant, language, endpoint)
    assert len({one["created_at"] for one in shown}) == 1
    assert [one["sequence"] for one in shown] == list(range(12, 0, -1))


@pytest.mark.parametrize(
    "query",
    [
        {"status": "gone"},
        {"answered": "6xx"},
        {"since": "yesterday"},
        {"event": "nope"},
        {"event": "qr.*"},
        {"event": ""},
    ],
)
async def test_a_filter_that_is_none_is_refused(
    client: Client, tenant: Tenant, language: Language, query: dict[str, str]
) -> None:
    async with a_receiver(client, tenant, language) as (_, endpoint):
        url, headers = language.url(endpoint, "deliveries"), language.headers(tenant)
        answer = await client.get(url, params=query, headers=headers)
    assert answer.status_code in (400, 422)


async def test_a_delivery_that_is_over_is_sent_once_more(
    client: Client, tenant: Tenant, language: Language
) -> None:
    async with a_receiver(client, tenant, language, OK) as (listener, endpoint):
        await some_codes(client, tenant, 1)
        await send_all()
        (shown,) = await listed(client, tenant, language, endpoint)
        url = language.url(endpoint, "deliveries", shown["id"], "resend")
        answer = await client.post(url, headers=language.headers(tenant))
        assert answer.status_code == 202, answer.text
        again = language.one(answer, "delivery")
        assert (again["status"], again["resends"]) == ("pending", 1)
        twice = await client.post(url, headers=language.headers(tenant))
        assert twice.status_code == 409, "it is being tried now"
        for batch in await _waiting():
            await attempt_batch(AttemptBatch(batch))
        (shown,) = await listed(client, tenant, language, endpoint)
    assert (shown["status"], len(shown["attempts"])) == ("delivered", 2)
    assert len(listener.requests) == 2


async def _waiting() -> list[Any]:
    """Batches that the relay will start."""
    found = await waiting_batches(WaitingBatches(timedelta(seconds=-1)))
    return [batch.id for batch in found if "once more" in batch.summary]


async def test_a_manifest_tells_every_number(
    client: Client, tenant: Tenant, language: Language
) -> None:
    async with a_receiver(client, tenant, language, OK) as (_, endpoint):
        await some_codes(client, tenant, 3)
        await send_all()
        url, headers = language.url(endpoint, "manifest"), language.headers(tenant)
        whole = language.one(await client.get(url, headers=headers), "manifest")
        part = await client.get(url, params={"from": 2, "to": 2}, headers=headers)
        wrong = await client.get(url, params={"from": 0}, headers=headers)
    assert [entry["sequence"] for entry in whole[language.items]] == [1, 2, 3]
    assert {entry["status"] for entry in whole[language.items]} == {"delivered"}
    assert (whole["newest"], whole["next"]) == (3, None)
    assert [entry["sequence"] for entry in language.one(part, "manifest")[language.items]] == [2]
    assert wrong.status_code in (400, 422)


async def test_a_dry_run_counts_and_changes_nothing(
    client: Client,
    tenant: Tenant,
    language: Language,
    database: AsyncConnection,
    clock: FixedClock,
) -> None:
    async with a_receiver(client, tenant, language) as (_, endpoint):
        await some_codes(client, tenant, 2)
        await send_all()
        await database.execute(text("UPDATE delivery SET status = 'failed'"))
        clock.moment += timedelta(seconds=1)
        body = {"mode": "failed", "since": SINCE, language.key("dry_run"): True}
        url, headers = language.url(endpoint, "recover"), language.headers(tenant)
        answer = await client.post(url, json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    told = language.one(answer, "recovery")
    assert (told["status"], told["total"], told[language.key("is_exact")]) == ("planned", 2, True)
    assert told[language.key("request_id")] is None
    left = await database.scalar(text("SELECT count(*) FROM delivery WHERE status = 'failed'"))
    assert left == 2


async def test_a_recovery_needs_the_workflow_service(
    client: Client, tenant: Tenant, language: Language, clock: FixedClock
) -> None:
    async with a_receiver(client, tenant, language) as (_, endpoint):
        clock.moment += timedelta(seconds=1)
        url, headers = language.url(endpoint, "recover"), language.headers(tenant)
        body = {"mode": "missing", "since": SINCE}
        answer = await client.post(url, json=body, headers=headers)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        early = {"mode": "missing", "since": "2026-10-01T00:00:00Z"}
        refused = await client.post(url, json=early, headers=headers)
        assert refused.status_code in (400, 422)
        assert "since" in refused.text


class Recoveries(Starter):
    """Knows what was begun, and says that half of it is done."""

    def __init__(self) -> None:
        super().__init__(self._nobody)
        self.begun: list[tuple[UUID, UUID]] = []

    async def recover(self, recovery: Recovery, organization_id: UUID, rate: int) -> None:
        self.begun.append((recovery.endpoint_id, recovery.request_id))

    async def recovery_progress(
        self, endpoint_id: UUID, request_id: UUID
    ) -> RecoveryProgress | None:
        known = (endpoint_id, request_id) in self.begun
        return RecoveryProgress("running", 1, 2) if known else None

    async def _nobody(self) -> Any:
        raise RuntimeError("nothing is started here")


async def test_a_recovery_is_followed(
    tenant: Tenant, stranger: Tenant, language: Language, clock: FixedClock
) -> None:
    async with (
        a_client(make_app(temporal_here=here, starter=Recoveries())) as client,
        a_receiver(client, tenant, language) as (_, endpoint),
    ):
        clock.moment += timedelta(seconds=1)
        url, headers = language.url(endpoint, "recover"), language.headers(tenant)
        body = {"mode": "missing", "since": SINCE}
        answer = await client.post(url, json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        begun = language.one(answer, "recovery")
        name = language.key("request_id")
        asked = {name: begun[name]}
        told = language.one(await client.get(url, params=asked, headers=headers), "recovery")
        unknown = await client.get(url, params={name: str(uuid4())}, headers=headers)
        theirs = await client.get(url, params=asked, headers=language.headers(stranger))
    assert begun["status"] == "running"
    assert (told["status"], told["made"], told["total"]) == ("running", 1, 2)
    assert told[name] == begun[name]
    assert (unknown.status_code, theirs.status_code) == (404, 404)


async def here() -> bool:
    return True


async def test_the_log_of_another_tenant_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant, language: Language
) -> None:
    headers = language.headers(stranger)
    async with a_receiver(client, tenant, language, OK) as (_, endpoint):
        await some_codes(client, tenant, 1)
        await send_all()
        (shown,) = await listed(client, tenant, language, endpoint)
        body = {"mode": "failed", "since": SINCE}
        recovery = {language.key("request_id"): str(uuid4())}
        for answer in (
            await client.get(language.url(endpoint, "deliveries"), headers=headers),
            await client.get(language.url(endpoint, "deliveries", shown["id"]), headers=headers),
            await client.post(
                language.url(endpoint, "deliveries", shown["id"], "resend"), headers=headers
            ),
            await client.get(language.url(endpoint, "manifest"), headers=headers),
            await client.post(language.url(endpoint, "recover"), json=body, headers=headers),
            await client.get(language.url(endpoint, "recover"), params=recovery, headers=headers),
        ):
            assert answer.status_code == 404, answer.text
