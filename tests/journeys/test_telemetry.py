"""What an operator sees of a stack: one trace of each request, lines of JSON, figures."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web

from schema.settings import load_settings
from tests.fakes.collector import Collector, Span, collecting
from tests.journeys.commands import environment, inkloom, start
from tests.journeys.conftest import PERSON, until
from workers.first_run import ensure_local_key
from workers.ports import free_ports
from workers.stack import ROLES, Stack, Wishes

pytestmark = pytest.mark.timeout(120)

REQUEST, START = "POST /api/v1/dynamic/", "StartWorkflow:DeliverWebhooks"
RUN, ATTEMPT = "RunWorkflow:DeliverWebhooks", "RunActivity:attempt_batch"


@dataclass
class Watched:
    """A stack of its own whose traces go to a collector, with one receiver that says 200."""

    stack: Stack
    collector: Collector
    client: httpx.AsyncClient
    secret: str

    async def create(self, **headers: str) -> httpx.Response:
        body = {"destination_url": "https://example.com/traced"}
        made = await self.client.post("/api/v1/dynamic/", json=body, headers=headers)
        assert made.status_code == 201
        return made

    def lines(self, role: str) -> list[dict[str, Any]]:
        text = (self.stack.data_dir / "logs" / f"{role}.log").read_text()
        return [json.loads(line) for line in text.splitlines()]


@pytest_asyncio.fixture(scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    async with collecting() as collector, receiving() as url:
        env = {
            "ALLOW_PRIVATE_TARGETS": "true",
            "ALLOW_HTTP_TARGETS": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        folder = Path(tmp_path_factory.mktemp("watched"))
        stack = Stack(Wishes(folder, headless=True, env=env), load_settings())
        await asyncio.to_thread(stack.start, lambda _: None)
        key = await asyncio.to_thread(ensure_local_key, stack.settings, stack.data_dir)
        headers = {"X-Api-Key": key.secret}
        try:
            async with httpx.AsyncClient(base_url=stack.api, headers=headers) as client:
                made = await client.post("/api/v1/webhooks/", json={"url": url, "events": ["*"]})
                yield Watched(stack, collector, client, made.json()["secret"])
        finally:
            await asyncio.to_thread(stack.stop)


async def test_one_trace_goes_from_the_request_to_the_attempt(watched: Watched) -> None:
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    await watched.create(traceparent=f"00-{trace}-{parent}-01")
    spans: dict[str, Span] = {}

    def complete() -> bool:
        spans.update({span.name: span for span in watched.collector.of_trace(trace)})
        return {REQUEST, START, RUN, ATTEMPT} <= set(spans)

    await until(complete, 15)
    services = [spans[name].service for name in (REQUEST, START, RUN, ATTEMPT)]
    assert services == ["inkloom-serve", "inkloom-relay", "inkloom-work", "inkloom-work"]
    assert spans[REQUEST].parent == parent
    assert spans[START].parent == spans[REQUEST].id
    assert spans[RUN].parent == spans[START].id
    assert spans[ATTEMPT].parent == spans["StartActivity:attempt_batch"].id


async def test_requests_have_traces_of_their_own(watched: Watched) -> None:
    seen = len(watched.collector.spans)
    await asyncio.gather(watched.create(), watched.create())

    def new() -> set[str]:
        spans = watched.collector.spans[seen:]
        return {span.trace for span in spans if span.name == REQUEST and not span.parent}

    await until(lambda: len(new()) == 2, 15)


async def test_no_span_holds_a_secret(watched: Watched) -> None:
    key = watched.client.headers["X-Api-Key"]
    await watched.client.get(f"/api/v1/dynamic/{key}/")
    answer = await watched.client.get("/api/v1/dynamic/?page=1&secret=hunter2")
    assert answer.status_code == 200

    def asked() -> list[Span]:
        return [span for span in watched.collector.spans if "url.query" in span.attributes]

    await until(lambda: bool(asked()), 15)
    for secret in ("hunter2", key, watched.secret):
        assert secret not in str(watched.collector.spans)


async def test_outside_a_terminal_every_line_is_json_that_says_who_and_when(
    watched: Watched,
) -> None:
    made = await watched.create()
    request_id = made.headers["x-request-id"]

    def told(role: str) -> bool:
        return any(line.get("request_id") == request_id for line in watched.lines(role))

    for role in ROLES:
        await until(lambda role=role: told(role), 15)  # type: ignore[misc]
        for line in watched.lines(role):
            assert line["role"] == role
            assert line["level"] in ("debug", "info", "warning", "error")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["timestamp"])
            assert line["event"]
            assert "\x1b" not in str(line)
    (answered,) = [line for line in watched.lines("serve") if line.get("request_id") == request_id]
    assert (answered["method"], answered["status"]) == ("POST", 201)


async def test_a_scan_is_not_logged_and_a_query_never(watched: Watched) -> None:
    code = (await watched.create()).json()["short_id"]
    await watched.client.get(f"/q/{code}?token=hunter2", headers=PERSON)
    await watched.client.get("/api/v1/dynamic/?secret=hunter2")
    for path in (watched.stack.data_dir / "logs").glob("*.log"):
        text = path.read_text()
        assert "hunter2" not in text
        assert f"/q/{code}" not in text


async def test_worker_and_relay_have_figures_of_their_own(watched: Watched) -> None:
    ports = dict(zip(("work", "relay"), free_ports(2), strict=True))
    taken = watched.collector.url.rpartition(":")[2]
    stops = (asyncio.to_thread(watched.stack.children[role].stop) for role in ports)
    await asyncio.gather(*stops)
    env = environment(watched.stack)
    running = [await start(r, env={**env, "METRICS_PORT": str(p)}) for r, p in ports.items()]
    try:
        await watched.create()
        refused = await inkloom("relay", env={**env, "METRICS_PORT": taken})
        assert (refused.code, refused.out) == (2, "")
        assert re.fullmatch(r"inkloom: METRICS_PORT: \d+ cannot be listened on .+\n", refused.err)
        figures = await read(
            ports["work"],
            r'(?m)^inkloom_activities_total\{activity="attempt_batch",outcome="done"\} [1-9]',
        )
        assert 'inkloom_activity_seconds_count{activity="attempt_batch"}' in figures
        figures = await read(ports["relay"], "(?m)^inkloom_outbox_batches_total [1-9]")
        for series in ("outbox_events_total", "outbox_waiting_events", "outbox_lag_seconds"):
            assert f"\ninkloom_{series} " in figures
    finally:
        for process in running:
            process.terminate()
        await asyncio.gather(*(process.communicate() for process in running))
        watched.stack.restart_dead()


@asynccontextmanager
async def receiving() -> AsyncIterator[str]:
    """The address of a receiver that takes everything."""

    async def take(_: web.Request) -> web.Response:
        return web.Response()

    application = web.Application()
    application.router.add_post("/hook", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def read(port: int, pattern: str) -> str:
    """The page of figures, as soon as the pattern is found in it."""
    page = ""

    async def there() -> bool:
        nonlocal page
        try:
            async with httpx.AsyncClient() as client:
                page = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        except httpx.TransportError:
            return False
        return re.search(pattern, page) is not None

    await until(there, 15)
    return page
