"""`POST /api/public/conversions`: told by pages that nobody signed in to."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.throttles import CONVERSIONS
from tests.api.conftest import Client, Tenant
from tests.builders.tenants import a_listener

PATH = "/api/public/conversions"
NOBODY = "org_" + "0" * 32


async def a_body(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    made = await client.post(
        "/api/qr", json={"destinationUrl": "https://example.com/"}, headers=tenant.workspace
    )
    source = {"sourceType": "qr", "sourceId": made.json()["id"]}
    return {"orgId": tenant.organization, **source, "step": "purchase", **more}


async def visitors(database: AsyncConnection) -> list[UUID]:
    """Whom the conversions are of, in the order that they were recorded."""
    return list((await database.execute(text("SELECT visitor FROM conversion"))).scalars())


async def test_a_conversion_is_recorded(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await a_listener(await authenticate_key(AuthenticateKey("studio", tenant.studio["X-Api-Key"])))
    body = await a_body(client, tenant, value=129.99, currency="USD", details={"plan": "yearly"})
    answer = await client.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told == {"id": told["id"], "recorded": True}
    row = (await database.execute(text("SELECT * FROM conversion"))).one()
    assert told["id"] == f"cnv_{row.id.hex}"
    assert (str(row.value), row.currency, row.details) == ("129.9900", "USD", {"plan": "yearly"})
    event = "SELECT payload FROM event WHERE kind = 'conversion.recorded'"
    payload = await database.scalar(text(event))
    assert payload["value"] == "129.99"


async def test_a_known_key_gets_the_first_answer_again(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    body = await a_body(client, tenant, dedupeKey="order-1001")
    first = await client.post(PATH, json=body)
    client.cookies.clear()
    again = await client.post(PATH, json={**body, "step": "other"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert "set-cookie" not in again.headers
    assert len(await visitors(database)) == 1


async def test_a_retry_gets_the_first_answer_again(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    body = await a_body(client, tenant)
    headers = {"Idempotency-Key": str(uuid4())}
    first = await client.post(PATH, json=body, headers=headers)
    again = await client.post(PATH, json=body, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await visitors(database)) == 1
    other = await client.post(PATH, json={**body, "step": "other"}, headers=headers)
    assert other.status_code == 422


async def test_a_visitor_gets_a_cookie_and_keeps_it(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    body = await a_body(client, tenant)
    first = await client.post(PATH, json=body)
    cookie = first.headers["set-cookie"]
    assert cookie.startswith("ink_visitor=")
    for part in ("HttpOnly", "Max-Age=31536000", "Path=/", "Secure"):
        assert part in cookie
    second = await client.post(PATH, json=body)
    assert "set-cookie" not in second.headers
    one, other = await visitors(database)
    assert one == other == UUID(client.cookies["ink_visitor"])


async def test_a_page_may_keep_the_visitor_itself(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    mine = uuid4()
    body = await a_body(client, tenant, visitorId=str(mine))
    answer = await client.post(PATH, json=body, headers={"Cookie": f"ink_visitor={uuid4()}"})
    assert "set-cookie" not in answer.headers
    assert await visitors(database) == [mine]


async def test_a_cookie_that_we_never_gave_is_none(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    body = await a_body(client, tenant)
    answer = await client.post(PATH, json=body, headers={"Cookie": "ink_visitor=me"})
    assert answer.status_code == 201
    assert str((await visitors(database))[0]) in answer.headers["set-cookie"]


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
async def test_who_wants_no_traces_is_a_new_visitor_each_time(
    client: Client, tenant: Tenant, database: AsyncConnection, header: str
) -> None:
    known = uuid4()
    body = await a_body(client, tenant, visitorId=str(known))
    headers = {header: "1", "Cookie": f"ink_visitor={known}"}
    for _ in range(2):
        answer = await client.post(PATH, json=body, headers=headers)
        assert answer.status_code == 201
        assert "set-cookie" not in answer.headers
    assert len({known, *await visitors(database)}) == 3


@pytest.mark.parametrize(
    "other",
    [
        {"orgId": NOBODY},
        {"sourceId": "qr_" + "0" * 32},
        {"sourceType": "link", "sourceId": "0" * 32},
    ],
)
async def test_a_source_that_is_not_there_is_told_alike(
    client: Client, tenant: Tenant, database: AsyncConnection, other: dict[str, str]
) -> None:
    body = await a_body(client, tenant)
    answer = await client.post(PATH, json={**body, **other})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no such source here.", "code": "NOT_FOUND"}
    assert "set-cookie" not in answer.headers
    assert await visitors(database) == []


async def test_the_source_of_another_organization_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    body = await a_body(client, tenant)
    answer = await client.post(PATH, json={**body, "orgId": stranger.organization})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ('"orgId": "org_123"', {"orgId"}),
        ('"sourceId": "lnk_00000000000000000000000000000000"', {"sourceId"}),
        ('"sourceType": "mail"', {"sourceType"}),
        ('"step": "Bought it"', {"step"}),
        ('"value": 5', {"currency"}),
        ('"currency": "USD"', {"value"}),
        ('"value": 5, "currency": "XXX"', {"currency"}),
        ('"value": 1.999, "currency": "USD"', {"value"}),
        ('"value": -1, "currency": "USD"', {"value"}),
        ('"value": 1e13, "currency": "USD"', {"value"}),
        ('"value": 1e400, "currency": "USD"', {"value"}),
        ('"value": NaN, "currency": "USD"', {"value"}),
        ('"value": "5", "currency": "USD"', {"value"}),
        ('"dedupeKey": ""', {"dedupeKey"}),
        ('"dedupeKey": "a\\u0000"', {"dedupeKey"}),
        ('"visitorId": "me"', {"visitorId"}),
        ('"details": {"a": [1]}', {"details"}),
        ('"details": {"a": 1e400}', {"details"}),
        ('"details": {"a": "\\u0000"}', {"details"}),
        ('"details": {"\\ud800": 1}', {"details"}),
        ('"details": []', {"details"}),
        ('"currency": 5', {"currency"}),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, tenant: Tenant, wrong: str, fields: set[str]
) -> None:
    body = await a_body(client, tenant)
    named = json.loads(f"{{{wrong}}}")
    said = json.dumps({name: body[name] for name in body if name not in named})
    content = f"{said[:-1]}, {wrong}}}"
    answer = await client.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED"), answer.text
    assert set(answer.json()["fields"]) == fields


async def test_pages_of_every_origin_may_tell_without_a_cookie(
    client: Client, tenant: Tenant
) -> None:
    body = await a_body(client, tenant)
    origin = {"Origin": "https://shop.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST"}
    preflight = await client.options(PATH, headers=asked)
    assert preflight.status_code == 200
    answer = await client.post(PATH, json=body, headers=origin)
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_an_address_that_tells_too_much_is_slowed_down(client: Client) -> None:
    body = {"orgId": NOBODY, "sourceType": "qr", "sourceId": "0" * 32, "step": "lead"}
    statuses = [
        (await client.post(PATH, json=body)).status_code for _ in range(CONVERSIONS.burst + 1)
    ]
    assert statuses == [404] * CONVERSIONS.burst + [429]
