"""The inbox page: webhooks of a machine under development, checked, for nobody from elsewhere."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.rotating import RotateEndpointSecret, rotate_endpoint_secret
from activities.endpoints.secrets import platform_signature
from activities.endpoints.views import EndpointView
from activities.gateways.clock import FixedClock
from activities.gateways.inbox import Inbox
from activities.inbox import MOST_BODY_BYTES
from activities.outside import Outside, install
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.signatures import SCHEMES, Message, headers
from api.app import make_app
from tests.builders.tenants import a_tenant

pytestmark = pytest.mark.usefixtures("database", "inbox")

JSON = {"Accept": "application/json"}
HERE = "http://127.0.0.1:8000/dev/inbox"
RAW = b'{"type":"qr.created","timestamp":"2026-11-21T12:00:00.000Z","data":{"name":"<b>x</b>"}}'


@pytest_asyncio.fixture
async def inbox(world: Outside, tmp_path: Path) -> AsyncIterator[Inbox]:
    """An inbox on port 8000, where webhooks may go to no other place of this machine."""
    made = Inbox(tmp_path / "inbox", 8000)
    install(replace(world, inbox=made, allow_private_targets=False, allow_http_targets=False))
    yield made


@asynccontextmanager
async def asking(
    host: str = "127.0.0.1:8000", peer: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    async def here() -> bool:
        return True

    transport = httpx.ASGITransport(make_app(temporal_here=here), client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        yield client


async def listed(client: httpx.AsyncClient, path: str = "/dev/inbox") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(path, headers=JSON)).json()["items"]
    return items


async def an_inbox_endpoint(url: str = HERE, scheme: str = "standard", **more: Any) -> EndpointView:
    by: Actor = more.pop("by", None) or await a_tenant()
    return await create_endpoint(CreateEndpoint(by, url, ("*",), scheme=scheme, **more))


def signed(
    endpoint: EndpointView, clock: FixedClock, raw: bytes = RAW, older: tuple[str, ...] = ()
) -> dict[str, str]:
    message = Message(endpoint.scheme, "evt_1", "qr.created", "whe_1", 1, raw)
    secrets = [endpoint.secret or "", *older]
    return headers(message, secrets, clock.now(), platform_signature)


async def test_what_is_sent_is_listed_the_newest_first(clock: FixedClock) -> None:
    async with asking() as client:
        first = await client.post("/dev/inbox", content=b"plain", headers={"X-One": "1"})
        clock.moment += timedelta(seconds=1)
        sample = {"X-Inkloom-Sample": "1", "X-Inkloom-Sequence": "7"}
        await client.post("/dev/inbox/orders?a=b", content=RAW, headers=sample)
        newest, oldest = await listed(client)
        assert [one["name"] for one in await listed(client, "/dev/inbox/orders")] == ["orders"]
        assert await listed(client, "/dev/inbox/others") == []
    assert (first.status_code, first.text) == (200, "noted\n")
    assert (newest["event"], newest["isSample"], newest["sequence"]) == ("qr.created", True, "7")
    assert (newest["name"], newest["query"], newest["size"]) == ("orders", "a=b", len(RAW))
    assert json.loads(newest["body"]) == json.loads(RAW)
    assert (oldest["event"], oldest["body"]) == (None, "plain")
    assert ["x-one", "1"] in oldest["headers"]
    assert oldest["at"] == "2026-11-21T12:00:00.000Z"
    assert (oldest["isGenuine"], oldest["endpointId"], oldest["checks"]) == (None, None, {})


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_signatures_are_checked_with_the_secret_of_the_endpoint(
    scheme: str, clock: FixedClock
) -> None:
    made = await an_inbox_endpoint(scheme=scheme)
    sent = signed(made, clock)
    async with asking() as client:
        await client.post("/dev/inbox", content=RAW, headers=sent)
        clock.moment += timedelta(seconds=1)
        await client.post("/dev/inbox", content=RAW + b" ", headers=sent)
        clock.moment += timedelta(seconds=301)
        await client.post("/dev/inbox/elsewhere", content=RAW, headers=sent)
        unknown, changed, genuine = await listed(client)
        page = (await client.get("/dev/inbox")).text
    assert genuine["isGenuine"] is True
    assert genuine["endpointId"] == f"whe_{made.id.hex}"
    assert len(genuine["checks"]) == (2 if scheme == "standard" else 3)
    assert changed["isGenuine"] is False
    assert unknown["isGenuine"] is None
    for words in ("Genuine</span>", "Not genuine</span>", "Not checked"):
        assert words in page
    assert (made.secret or "?") not in page


async def test_while_a_secret_is_replaced_it_says_which_header_has_which(
    clock: FixedClock,
) -> None:
    by = await a_tenant()
    made = await an_inbox_endpoint(scheme="innkie", by=by)
    rotated = await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
    sent = signed(rotated, clock, older=(made.secret or "",))
    async with asking() as client:
        await client.post("/dev/inbox", content=RAW, headers=sent)
        (item,) = await listed(client)
        page = (await client.get("/dev/inbox")).text
    assert item["isGenuine"] is True
    assert {"X-Innkie-Signature", "X-Innkie-Signature-Next"} < set(item["checks"])
    assert "Its secret is being replaced: X-Innkie-Signature-Next is made with the new one" in page


async def test_of_several_that_send_here_the_one_that_signed_is_found(clock: FixedClock) -> None:
    by = await a_tenant()
    one, two = [await an_inbox_endpoint(f"{HERE}?status=50{n}", by=by) for n in (0, 3)]
    await rotate_endpoint_secret(RotateEndpointSecret(by, two.id))
    async with asking("localhost:8000") as client:
        # The secret before the newest still signs.
        answer = await client.post("/dev/inbox?status=503", content=RAW, headers=signed(two, clock))
        (item,) = await listed(client)
    assert answer.status_code == item["status"] == 503
    assert (item["isGenuine"], item["endpointId"]) == (True, f"whe_{two.id.hex}")
    assert one.id != two.id


async def test_an_endpoint_may_send_to_the_inbox_and_to_nothing_else_here() -> None:
    await an_inbox_endpoint("http://localhost:8000/dev/inbox/orders?status=503")
    for url in ("http://127.0.0.1:8000/dev/mailbox", "http://127.0.0.1:8001/dev/inbox"):
        with pytest.raises(InvalidFields):
            await an_inbox_endpoint(url)


async def test_a_bad_receiver_is_played() -> None:
    async with asking() as client:
        asked = "/dev/inbox?status=429&retry_after=5&control=abort-message&delay_ms=60"
        began = time.perf_counter()
        answer = await client.post(asked, content=b"")
        assert time.perf_counter() - began >= 0.06
        empty = await client.post("/dev/inbox?status=204")
        refused = await client.post("/dev/inbox?delay_ms=60000")
        assert len(await listed(client)) == 2
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert answer.headers["webhook-delivery"] == "abort-message"
    assert (empty.status_code, empty.content) == (204, b"")
    assert refused.status_code == 400
    assert "delay_ms" in refused.json()["error"]


async def test_what_others_wrote_is_escaped_and_runs_nothing() -> None:
    evil = "<script>alert(1)</script>"
    body = json.dumps({"type": evil, "data": f'"><img src=x onerror=1>{evil}'})
    async with asking() as client:
        for raw in (body.encode(), evil.encode(), b"\xff\x00<i>", b'{"type":"\\ud800<u>"}'):
            sent = {"X-Evil": f"'{evil}", "User-Agent": '"><b>'}
            await client.post(f'/dev/inbox?<svg>&q="{evil}', content=raw, headers=sent)
        page = await client.get("/dev/inbox")
        assert len(await listed(client)) == 4
    assert not re.findall(r"<(script|img|svg|b|i|u)\b", page.text)
    assert evil in unescape(page.text)
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "script" not in page.headers["content-security-policy"]


async def test_a_page_of_elsewhere_cannot_write_into_it() -> None:
    async with asking() as client:
        for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
            answer = await client.post("/dev/inbox", content=b"x", headers={"Origin": origin})
            assert answer.status_code == 404
        assert await listed(client) == []


async def test_large_bodies_are_cut_and_checked_whole(clock: FixedClock) -> None:
    made = await an_inbox_endpoint()
    raw = b'"' + b"a" * MOST_BODY_BYTES + b'"'
    async with asking() as client:
        await client.post("/dev/inbox", content=raw, headers=signed(made, clock, raw))
        (item,) = await listed(client)
        larger = await client.post("/dev/inbox", content=b"a" * (1024 * 1024 + 1))
    assert (item["isCut"], item["size"], item["isGenuine"]) == (True, len(raw), True)
    assert len(item["body"]) == MOST_BODY_BYTES
    assert larger.status_code == 413


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("host", "peer", "more"),
    [
        ("127.0.0.1:8000", "203.0.113.9", {}),
        ("evil.example:8000", "127.0.0.1", {}),
        ("localhost", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
    ],
)
async def test_nobody_from_elsewhere_reaches_it(
    method: str, host: str, peer: str, more: dict[str, str]
) -> None:
    async with asking(host, peer) as client:
        answer = await client.request(method, "/dev/inbox", headers={**more, **JSON})
        nothing = await client.request(method, "/dev/nothing", headers={**more, **JSON})
    assert answer.status_code == nothing.status_code == 404
    async with asking() as client:
        assert await listed(client) == []


async def test_there_is_no_inbox_unless_it_is_asked_for(world: Outside) -> None:
    install(replace(world, inbox=None))
    async with asking() as client:
        assert (await client.get("/dev/inbox")).status_code == 404
        assert (await client.post("/dev/inbox")).status_code == 404


async def test_the_page_looks_again_by_itself_until_it_is_told_not_to() -> None:
    async with asking() as client:
        page = await client.get("/dev/inbox", headers={"Accept": "text/html,*/*"})
        still = await client.get("/dev/inbox/a?refresh=0")
        refused = await client.delete("/dev/inbox")
        head = await client.head("/dev/inbox")
    assert "Nothing yet" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert 'http-equiv="refresh"' not in still.text
    assert page.headers["cache-control"] == "no-store"
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert (head.status_code, head.content) == (200, b"")
