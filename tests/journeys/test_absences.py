"""What happens while a part is away, and after it was killed."""

from __future__ import annotations

import asyncio
import os
import signal

import httpx
import pytest

from tests.journeys.conftest import Studio, until
from tests.journeys.killing import VICTIMS, kill_and_restart

pytestmark = pytest.mark.timeout(120)

ROUNDS = 10 if os.environ.get("INKLOOM_PROOF") == "full" else 1


async def test_events_wait_while_temporal_is_away_and_go_out_after(studio: Studio) -> None:
    temporal = studio.stack._temporal
    assert temporal is not None
    temporal.stop()
    try:
        code = await studio.create("https://example.com/waiting")
        assert (await studio.visit(code)).status_code == 302
        status = (await studio.client.get("/api/status/")).json()
        assert status["status"] == "degraded"
        assert status["checks"] == {"database": "ok", "temporal": "away"}
    finally:
        temporal.start()
    await until(lambda: len(studio.inbox.messages) == 2, 60)
    assert sorted(map(str, studio.inbox.kinds())) == ["qr.created", "qr.scanned"]


async def test_requests_are_refused_while_postgresql_is_away_and_work_after(
    studio: Studio,
) -> None:
    code = await studio.create("https://example.com/back")
    postgres = studio.stack._postgres
    assert postgres is not None
    postgres.stop()
    try:
        for path in ("/api/v1/dynamic/", f"/q/{code}", "/api/status/"):
            answer = await studio.client.get(path)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "Traceback" not in answer.text
        assert (await studio.client.get("/api/health/")).status_code == 200
    finally:
        postgres.start()

    async def works() -> bool:
        return (await studio.visit(code)).status_code == 302

    await until(works)
    await until(lambda: "qr.scanned" in studio.inbox.kinds(), 60)


async def test_what_was_sent_while_postgresql_went_away_is_not_sent_again(studio: Studio) -> None:
    postgres = studio.stack._postgres
    assert postgres is not None
    hook = (await studio.client.get("/api/v1/webhooks/?page_size=1")).json()["results"][0]
    log = f"/api/v1/webhooks/{hook['id']}/deliveries/?status=delivered"
    studio.inbox.open.clear()
    await studio.create("https://example.com/once")
    await until(lambda: len(studio.inbox.messages) == 1)
    postgres.stop()
    studio.inbox.open.set()
    await asyncio.sleep(1.0)
    await asyncio.to_thread(postgres.start)

    async def recorded() -> bool:
        # The first request after the restart may meet a connection that is gone: 503.
        return bool((await studio.client.get(log)).json().get("count") == 1)

    await until(recorded)
    await asyncio.sleep(1.0)
    assert len(studio.inbox.messages) == 1


@pytest.mark.timeout(600)
# The crash matrix kills each of them: here the small proof takes one.
@pytest.mark.parametrize("victim", VICTIMS if ROUNDS > 1 else ("serve",))
async def test_a_killed_process_loses_nothing(studio: Studio, victim: str) -> None:
    for _ in range(ROUNDS):
        already, told = len(studio.inbox.messages), set(dict(studio.inbox.messages))
        codes = [await studio.create(f"https://example.com/{number}") for number in range(10)]
        await kill_and_restart(studio.stack, victim)
        for code in codes:
            await until(lambda code=code: scanned(studio, code))  # type: ignore[misc]
        expected = len(told) + 20
        await until(lambda: len(dict(studio.inbox.messages)) >= expected, 60)  # noqa: B023
        for code in codes:
            await until(lambda code=code: counted_once(studio, code))  # type: ignore[misc]
        assert len(dict(studio.inbox.messages)) == expected
        assert len(studio.inbox.messages) - already <= 2 * 20


async def counted_once(studio: Studio, code: str) -> bool:
    """The first request after a restart may meet a connection that is gone: 503."""
    read = await studio.client.get(f"/api/v1/dynamic/{code}/")
    assert read.status_code == 503 or read.json()["scan_count"] <= 1
    return bool(read.json().get("scan_count") == 1)


async def scanned(studio: Studio, code: str) -> bool:
    """One visit that was answered with a redirect; a refused one counts nothing and is repeated."""
    try:
        return (await studio.visit(code)).status_code == 302
    except httpx.TransportError:
        return False


async def test_a_worker_that_is_asked_to_stop_finishes_what_it_sends(studio: Studio) -> None:
    worker = studio.stack.children["work"]
    studio.inbox.open.clear()
    await studio.create("https://example.com/finish")
    await until(lambda: len(studio.inbox.messages) == 1)
    os.kill(worker.pid, signal.SIGTERM)
    await asyncio.sleep(1.0)
    assert worker.alive
    studio.inbox.open.set()
    await until(lambda: not worker.alive, 10)
    assert worker.process.returncode == 0
    await until(lambda: studio.stack.restart_dead() == ["work"])
    await asyncio.sleep(2.0)
    assert len(studio.inbox.messages) == 1


async def test_an_api_that_is_asked_to_stop_answers_what_it_reads(studio: Studio) -> None:
    api = studio.stack.children["serve"]
    body = b'{"destination_url": "https://example.com/slow"}'
    key = studio.client.headers["X-Api-Key"]
    reader, writer = await asyncio.open_connection("127.0.0.1", studio.stack.port)
    head = f"POST /api/v1/dynamic/ HTTP/1.1\r\nHost: ink\r\nX-Api-Key: {key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[:10])
    await writer.drain()
    await asyncio.sleep(0.3)
    os.kill(api.pid, signal.SIGTERM)
    await asyncio.sleep(1.0)
    assert api.alive
    writer.write(body[10:])
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 201")
    await until(lambda: not api.alive, 10)
    assert api.process.returncode == 0
    await until(lambda: studio.stack.restart_dead() == ["serve"])
    await until(lambda: ready(studio))


async def ready(studio: Studio) -> bool:
    """Whether the API answers that it is ready."""
    try:
        return (await studio.client.get("/api/status/")).status_code == 200
    except httpx.TransportError:
        return False


async def test_a_role_stops_gracefully_when_asked(studio: Studio) -> None:
    for role in ("relay", "work", "serve"):
        child = studio.stack.children[role]
        os.kill(child.pid, signal.SIGTERM)
        await until(lambda child=child: not child.alive, 15)  # type: ignore[misc]
        assert child.process.returncode == 0, child.said()
    restarted: set[str] = set()

    def all_back() -> bool:
        # A role that died a moment ago is started again after a pause.
        restarted.update(studio.stack.restart_dead())
        return restarted == {"relay", "serve", "work"}

    await until(all_back)
    await until(lambda: ready(studio))
