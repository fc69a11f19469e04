"""Samples of events in every language, and the list of what there is a sample of."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.rules.events import CATALOGUE
from tests.api.conftest import Client, Tenant
from tests.api.test_webhook_endpoints import Language, every_language, make

SENT = "SELECT id::text, kind, payload FROM event WHERE only_to IS NOT NULL"


def act(spoken: Language) -> str:
    return "sample-event" if spoken.name == "business" else "sample"


@every_language
async def test_a_sample_of_any_event_is_put_on_its_way(
    client: Client, tenant: Tenant, spoken: Language, database: AsyncConnection
) -> None:
    made = await make(client, tenant, spoken)
    answer = await client.post(
        spoken.at(made["id"], act(spoken)),
        json={"event": "barcode.scanned"},
        headers=spoken.headers(tenant),
    )
    assert answer.status_code == 202, answer.text
    told = answer.json()
    told = told["sample_event"] if spoken.name == "business" else told
    ((event_id, kind, payload),) = (await database.execute(text(SENT))).all()
    assert kind == told["event"] == "barcode.scanned"
    assert payload == told["payload"]
    shown = told[spoken.word("event_id")].removeprefix("evt_").replace("-", "")
    assert shown == event_id.replace("-", "")


@every_language
@pytest.mark.parametrize("body", [{"event": "qr.invented"}, {"event": "*"}, {}, {"event": 7}])
async def test_an_unknown_event_is_refused_by_its_field(
    client: Client, tenant: Tenant, spoken: Language, body: dict[str, object]
) -> None:
    made = await make(client, tenant, spoken)
    headers = spoken.headers(tenant)
    answer = await client.post(spoken.at(made["id"], act(spoken)), json=body, headers=headers)
    assert answer.status_code == spoken.wrong, answer.text
    assert "event" in answer.text
    if isinstance(body.get("event"), str):
        assert all(kind in answer.text for kind in CATALOGUE)


@every_language
async def test_only_an_active_endpoint_of_ones_own_gets_a_sample(
    client: Client, tenant: Tenant, stranger: Tenant, spoken: Language, database: AsyncConnection
) -> None:
    made = await make(client, tenant, spoken)
    at, body = spoken.at(made["id"], act(spoken)), {"event": "qr.scanned"}
    foreign = await client.post(at, json=body, headers=spoken.headers(stranger))
    assert foreign.status_code == 404
    headers = spoken.headers(tenant)
    await client.post(spoken.at(made["id"], "pause"), headers=headers)
    assert (await client.post(at, json=body, headers=headers)).status_code == 409
    assert (await database.execute(text(SENT))).all() == []


@pytest.mark.parametrize(
    ("word", "kind"), [("scan", "qr.scanned"), ("conversion", "conversion.recorded")]
)
async def test_business_has_words_of_its_own(
    client: Client, tenant: Tenant, word: str, kind: str
) -> None:
    headers = tenant.business
    body = {"url": "https://hooks.example.com/in", "events": ["*"]}
    made = (await client.post("/api/integrations", json=body, headers=headers)).json()
    path = f"/api/integrations/{made['integration']['id']}/sample-event"
    answer = await client.post(path, json={"event": word}, headers=headers)
    assert answer.json()["sample_event"]["event"] == kind


async def test_all_events_are_listed_with_a_sample_of_each(client: Client, tenant: Tenant) -> None:
    answer = await client.get("/api/webhooks/events", headers=tenant.workspace)
    assert answer.status_code == 200, answer.text
    listed = answer.json()
    assert [one["event"] for one in listed["items"]] == list(CATALOGUE)
    assert listed["total"] == len(CATALOGUE)
    (created,) = [one for one in listed["items"] if one["event"] == "qr.created"]
    assert created["description"] == "A QR code was made."


async def test_a_sample_has_the_keys_of_what_really_happens(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    listed = (await client.get("/api/webhooks/events", headers=tenant.workspace)).json()["items"]
    samples = {one["event"]: one["sample"] for one in listed}
    for path, body in (
        ("/api/qr", {"destinationUrl": "https://example.com/"}),
        ("/api/links", {"destinationUrl": "https://example.com/"}),
        ("/api/barcode", {"type": "EAN13", "value": "400638133393"}),
    ):
        assert (await client.post(path, json=body, headers=tenant.workspace)).status_code == 201
    happened = (await database.execute(text("SELECT kind, payload FROM event"))).all()
    assert len(happened) == 3
    for kind, payload in happened:
        assert payload.keys() == samples[kind].keys()
