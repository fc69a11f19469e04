"""What all requests share: dispatch, request ids, limits, the scan endpoint, documents."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.outside import install
from api.app import make_app
from schema.db import bind, connect, disconnect
from tests.api.conftest import Client, Tenant

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


async def make_code(client: Client, tenant: Tenant, destination: str) -> None:
    body = {"destination_url": destination, "short_id": "code1"}
    made = await client.post("/api/v1/dynamic/", json=body, headers=tenant.studio)
    assert made.status_code == 201


@pytest.mark.parametrize("path", ["/q/code1", "/q/code1/"])
async def test_a_visit_is_redirected(
    client: Client, tenant: Tenant, database: AsyncConnection, path: str
) -> None:
    await make_code(client, tenant, "https://example.com/süß?q=ä")
    headers = {"User-Agent": PHONE, "CF-IPCountry": "FR", "Accept-Language": "fr-CA,fr;q=0.9"}
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://example.com/s%C3%BC%C3%9F?q=%C3%A4"
    assert answer.headers["cache-control"] == "no-store"
    scan = (await database.execute(text("SELECT country, device, os, language FROM scan"))).one()
    assert tuple(scan) == ("FR", "mobile", "iOS", "fr-ca")


async def test_a_head_request_is_answered_alike_and_counted_as_a_bots(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await make_code(client, tenant, "https://example.com/")
    answer = await client.head("/q/code1", headers={"User-Agent": PHONE})
    assert (answer.status_code, answer.headers["location"]) == (302, "https://example.com/")
    assert list((await database.execute(text("SELECT is_bot FROM scan"))).scalars()) == [True]


@pytest.mark.parametrize("path", ["/q/", "/q/unknown", "/q/a%00b", "/q/%ff", "/q/" + "a" * 300])
async def test_an_unknown_code_answers_a_page_in_the_visitors_language(
    client: Client, path: str
) -> None:
    answer = await client.get(path, headers={"Accept-Language": "it, de;q=0.8, en;q=0.5"})
    assert answer.status_code == 404
    assert answer.headers["content-language"] == "de"
    assert 'lang="de"' in answer.text


async def test_an_unknown_code_answers_json_to_who_wants_it(client: Client) -> None:
    answer = await client.get("/q/unknown", headers={"Accept": "application/json"})
    assert answer.json()["code"] == "NOT_FOUND"


async def test_a_request_id_is_given_or_kept_when_it_is_sane(client: Client) -> None:
    fresh = await client.get("/api/health/")
    assert len(fresh.headers["x-request-id"]) == 26
    kept = await client.get("/api/health/", headers={"X-Request-Id": "01HZ8ABCDEF"})
    assert kept.headers["x-request-id"] == "01HZ8ABCDEF"
    wild = await client.get("/api/health/", headers={"X-Request-Id": 'a"><script>'})
    assert len(wild.headers["x-request-id"]) == 26


async def test_health_and_status_answer(client: Client) -> None:
    assert (await client.get("/api/health/")).json() == {"status": "ok"}
    status = (await client.get("/api/status/")).json()
    assert (status["status"], status["checks"]) == ("ok", {"database": "ok", "temporal": "ok"})
    metrics = await client.get("/metrics")
    assert "inkloom_http_requests_total" in metrics.text


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(
    client: Client, tenant: Tenant, chunked: bool
) -> None:
    headers = {**tenant.studio, "Content-Type": "application/json"}
    whole = b'{"destination_url":"' + b"a" * 1_100_000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 65536):
            yield whole[start : start + 65536]

    content = pieces() if chunked else whole
    answer = await client.post("/api/v1/dynamic/", content=content, headers=headers)
    assert (answer.status_code, list(answer.json())) == (413, ["detail"])


async def test_paths_go_to_the_dialect_that_owns_them(client: Client) -> None:
    assert list((await client.get("/api/v1/dynamic/")).json()) == ["detail"]
    assert "code" in (await client.get("/api/qr")).json()
    for path in ("/api/qrx", "/api/v1/dynamics/", "/api", "/no/slug"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "ROUTE_UNKNOWN")


async def test_each_dialect_has_its_document(client: Client) -> None:
    page = await client.get("/docs")
    assert "/api/v1/dynamic/" in page.text
    for name, path in (("studio", "/api/v1/webhooks/"), ("workspace", "/api/qr")):
        document = (await client.get(f"/docs/{name}/openapi.json")).json()
        assert path in document["paths"]
    assert (await client.get("/openapi.json")).json()["info"]["title"] == "Inkloom Studio API"


async def test_a_database_that_is_away_is_503_in_every_language(tenant: Tenant) -> None:
    async def here() -> bool:
        return True

    bind(None)
    await connect("postgresql://nobody@127.0.0.1:1/nowhere")
    transport = httpx.ASGITransport(make_app(temporal_here=here))
    try:
        async with Client(transport=transport, base_url="https://ink.test") as client:
            studio = await client.get("/api/v1/dynamic/", headers=tenant.studio)
            workspace = await client.get("/api/qr", headers=tenant.workspace)
            scan = await client.get("/q/code1")
            status = await client.get("/api/status/")
            health = await client.get("/api/health/")
    finally:
        await disconnect()
    for answer in (studio, workspace, scan, status):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "Traceback" not in answer.text
    assert list(studio.json()) == ["detail"]
    assert workspace.json()["code"] == "SERVICE_UNAVAILABLE"
    assert status.json()["checks"] == {"database": "away", "temporal": "ok"}
    assert health.status_code == 200


async def test_a_mistake_of_ours_is_told_with_its_request_id(
    client: Client, tenant: Tenant
) -> None:
    await make_code(client, tenant, "https://example.com")
    install(None)
    for path, field in (
        ("/q/code1", "error"),
        ("/api/v1/dynamic/", "detail"),
        ("/api/qr", "error"),
    ):
        headers = {**tenant.studio, **tenant.workspace, "User-Agent": PHONE}
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 500
        assert answer.headers["x-request-id"] in answer.json()[field]
        assert "Traceback" not in answer.text
