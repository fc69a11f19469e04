"""What protects every dialect alike: limits, safe retries, origins, proxies, headers."""

from __future__ import annotations

import asyncio
import ipaddress
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.keys import CreateKey, create_key
from activities.outside import Outside
from activities.rules.throttles import CREDENTIALS
from api.app import make_app
from tests.api.conftest import Client, Tenant
from tests.builders.databases import a_database
from tests.builders.tenants import an_organization

CODE = {"destination_url": "https://example.com/a"}
CREATES = {
    "studio": ("/api/v1/dynamic/", CODE),
    "workspace": ("/api/qr", {"destinationUrl": "https://example.com/a"}),
}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


@pytest.mark.parametrize("dialect", CREATES)
async def test_a_create_sent_again_is_made_once(
    client: Client, tenant: Tenant, database: AsyncConnection, dialect: str
) -> None:
    path, body = CREATES[dialect]
    headers = {**getattr(tenant, dialect), **key()}
    first = await client.post(path, json=body, headers=headers)
    again = await client.post(path, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 1


@pytest.mark.parametrize("dialect", CREATES)
async def test_a_key_with_another_body_is_refused(
    client: Client, tenant: Tenant, dialect: str
) -> None:
    path, body = CREATES[dialect]
    headers = {**getattr(tenant, dialect), **key()}
    await client.post(path, json=body, headers=headers)
    other = await client.post(path, json={**body, "name": "Other"}, headers=headers)
    assert other.status_code == 422


async def test_another_tenant_with_the_same_key_gets_nothing_of_mine(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    once = key()
    mine = await client.post("/api/v1/dynamic/", json=CODE, headers={**tenant.studio, **once})
    theirs = await client.post("/api/v1/dynamic/", json=CODE, headers={**stranger.studio, **once})
    assert theirs.status_code == 201
    assert theirs.json()["short_id"] != mine.json()["short_id"]


async def test_a_retry_of_a_secret_shows_it_again_and_it_is_stored_sealed(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    body = {"url": "https://127.0.0.1/hook", "events": ["qr.*"]}
    headers = {**tenant.studio, **key()}
    first = await client.post("/api/v1/webhooks/", json=body, headers=headers)
    again = await client.post("/api/v1/webhooks/", json=body, headers=headers)
    secret = first.json()["secret"]
    assert again.json()["secret"] == secret
    kept = await database.execute(
        text("SELECT encode(sealed_answer, 'escape') FROM idempotency_key")
    )
    assert all(secret not in row[0] for row in kept)


@pytest.mark.parametrize("wrong", ["", "a b", "x" * 256])
async def test_a_key_that_is_none_is_named(client: Client, tenant: Tenant, wrong: str) -> None:
    headers = {**tenant.studio, "Idempotency-Key": wrong}
    answer = await client.post("/api/v1/dynamic/", json=CODE, headers=headers)
    assert (answer.status_code, list(answer.json())) == (400, ["Idempotency-Key"])


async def test_every_answer_says_where_the_caller_stands(
    client: Client, tenant: Tenant, clock: FixedClock
) -> None:
    good = await client.get("/api/v1/dynamic/", headers=tenant.studio)
    gone = await client.get("/api/v1/dynamic/nothing/", headers=tenant.studio)
    bad = await client.post("/api/v1/dynamic/", json={}, headers=tenant.studio)
    assert [answer.status_code for answer in (good, gone, bad)] == [200, 404, 400]
    told = [
        (a.headers["x-ratelimit-limit"], a.headers["x-ratelimit-remaining"])
        for a in (good, gone, bad)
    ]
    assert told == [("30", "59"), ("30", "58"), ("30", "57")]
    assert int(good.headers["x-ratelimit-reset"]) == int(clock.now().timestamp()) + 2


async def test_no_answer_about_a_tenant_may_be_kept_on_the_way(
    client: Client, tenant: Tenant
) -> None:
    headers = {**tenant.studio, **key()}
    for answer in (
        await client.post("/api/v1/dynamic/", json=CODE, headers=headers),
        await client.post("/api/v1/dynamic/", json=CODE, headers=headers),
        await client.get("/api/v1/dynamic/", headers=tenant.studio),
        await client.get("/api/v1/dynamic/nothing/", headers=tenant.studio),
        await client.post("/api/v1/dynamic/", json={}, headers=tenant.studio),
        await client.post("/api/v1/generate/", json={"data": "x"}, headers=tenant.studio),
        await client.get("/api/qr", headers=tenant.workspace),
        await client.delete("/api/qr/nothing", headers=tenant.workspace),
    ):
        assert answer.headers["cache-control"] == "no-store", answer.url


async def test_a_key_is_held_to_its_plan_and_comes_back(
    client: Client, tenant: Tenant, clock: FixedClock
) -> None:
    for _ in range(60):
        assert (await client.get("/api/v1/dynamic/", headers=tenant.studio)).status_code == 200
    refused = await client.get("/api/v1/dynamic/", headers=tenant.studio)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    clock.moment += timedelta(seconds=int(refused.headers["retry-after"]))
    assert (await client.get("/api/v1/dynamic/", headers=tenant.studio)).status_code == 200


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("studio", "/api/v1/dynamic/"),
        ("tracking", "/v1/auth/verify"),
        ("canva", "/api/canva/me"),
        ("links", "/api/v1/workspaces"),
        ("business", "/api/tokens"),
    ],
)
async def test_a_429_says_in_every_dialect_when_to_come_back(
    client: Client,
    make_tenant: Callable[..., Awaitable[Tenant]],
    database: AsyncConnection,
    dialect: str,
    path: str,
) -> None:
    credential = getattr(await make_tenant("acme", "pro"), dialect)
    await database.execute(text("UPDATE api_key SET per_minute = 2, burst = 1, daily_cap = 9"))
    first = await client.get(path, headers=credential)
    refused = await client.get(path, headers=credential)
    assert (first.status_code == 429, refused.status_code) == (False, 429)
    assert refused.headers["retry-after"] == "30"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert (first.headers["x-daily-limit"], first.headers["x-daily-remaining"]) == ("9", "8")


async def test_who_guesses_keys_is_slowed_down(client: Client) -> None:
    statuses = [
        (await client.get("/api/v1/dynamic/", headers={"X-Api-Key": f"qrs_{n}"})).status_code
        for n in range(CREDENTIALS.burst + 2)
    ]
    assert statuses == [401] * CREDENTIALS.burst + [429] * 2


async def test_guesses_of_codes_are_throttled_and_codes_that_exist_are_not(
    client: Client, tenant: Tenant
) -> None:
    made = await client.post("/api/v1/dynamic/", json=CODE, headers=tenant.studio)
    guesses = [(await client.get(f"/q/guess{n}")).status_code for n in range(121)]
    assert guesses == [404] * 120 + [429]
    page = await client.get("/q/guess", headers={"Accept-Language": "de"})
    assert int(page.headers["retry-after"]) > 0
    assert 'lang="de"' in page.text
    assert (await client.get(f"/q/{made.json()['short_id']}")).status_code == 302


async def test_throttles_count_the_client_behind_a_trusted_proxy(client: Client) -> None:
    for n in range(130):
        headers = {"X-Forwarded-For": f"203.0.113.{n % 2}, 127.0.0.1"}
        assert (await client.get(f"/q/guess{n}", headers=headers)).status_code == 404


async def test_a_stranger_cannot_pretend_to_be_a_proxy(
    database: AsyncConnection, world: Outside
) -> None:
    application = make_app(
        temporal_here=_here, trusted_proxies=[ipaddress.ip_network("10.0.0.0/8")]
    )
    transport = httpx.ASGITransport(application)
    async with Client(transport=transport, base_url="http://ink.test") as direct:
        statuses = [
            (
                await direct.get(f"/q/g{n}xx", headers={"X-Forwarded-For": f"203.0.113.{n}"})
            ).status_code
            for n in range(121)
        ]
        plain = await direct.get("/api/health/", headers={"X-Forwarded-Proto": "https"})
    assert statuses[-1] == 429
    assert "strict-transport-security" not in plain.headers


async def test_https_behind_a_trusted_proxy_is_kept(client: Client) -> None:
    answer = await client.get("http://ink.test/api/health/", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    plain = await client.get("http://ink.test/api/health/")
    assert "strict-transport-security" not in plain.headers


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("/api/canva/me", True),
        ("/api/public/rcaptcha/challenge", True),
        ("/oauth/token", True),
        ("/api/qr", False),
        ("/v1/auth/verify", False),
        ("/api/tokens", False),
    ],
)
async def test_pages_of_other_origins_may_call_what_is_meant_for_them(
    client: Client, path: str, is_open: bool
) -> None:
    headers = {
        "Origin": "https://www.canva.com",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = await client.options(path, headers=headers)
    plain = await client.get(path, headers={"Origin": "https://www.canva.com"})
    allowed = [a.headers.get("access-control-allow-origin") for a in (preflight, plain)]
    assert allowed == (["*", "*"] if is_open else [None, None])
    assert (preflight.status_code == 200) is is_open
    assert "access-control-allow-credentials" not in plain.headers


async def test_what_is_no_page_may_load_nothing(client: Client, tenant: Tenant) -> None:
    answer = await client.get("/api/v1/dynamic/", headers=tenant.studio)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def _here() -> bool:
    return True


@pytest_asyncio.fixture
async def real(database_url: str, world: Outside) -> AsyncIterator[tuple[Client, dict[str, str]]]:
    """The application over real connections to a database of its own, and a key of plan pro."""
    async with a_database(database_url, connections=10) as url:
        organization = await an_organization()
        made = await create_key(CreateKey(organization.id, "studio", "test"))
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("UPDATE organization SET plan = 'pro'")
        transport = httpx.ASGITransport(make_app(temporal_here=_here))
        async with Client(transport=transport, base_url="https://ink.test", timeout=30) as client:
            yield client, {"X-Api-Key": made.secret}


async def test_sixty_four_creates_with_one_key_make_one_row(
    real: tuple[Client, dict[str, str]],
) -> None:
    client, credential = real
    headers = {**credential, **key()}
    answers = await asyncio.gather(
        *(client.post("/api/v1/dynamic/", json=CODE, headers=headers) for _ in range(64))
    )
    made = {answer.json()["short_id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    for answer in answers:
        assert answer.status_code in (201, 409)
        assert answer.status_code == 201 or int(answer.headers["retry-after"]) > 0
    listed = await client.get("/api/v1/dynamic/", headers=credential)
    assert listed.json()["count"] == 1
