"""Every redirect that a visitor was given is counted once, whatever is killed or away meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.journeys.conftest import PERSON, Studio, until
from workers.ports import LOOPBACK

FULL = os.environ.get("INKLOOM_PROOF") == "full"
VISITS = 20_000 if FULL else 3_000
CODES = 40
CONNECTIONS = 16
AWAY_SECONDS = 10.0 if FULL else 3.0

pytestmark = pytest.mark.timeout(300)


@dataclass
class Visitors:
    """Many visitors over kept connections, who write down what they were answered."""

    port: int
    codes: Sequence[str]
    redirected: Counter[str] = field(default_factory=Counter)
    others: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    made: int = 0
    stop: bool = False

    async def come(self, visits: int) -> None:
        """Make that many visits over 16 connections, or as many as fit until `stop`."""
        await asyncio.gather(*(self._walk(n, visits // CONNECTIONS) for n in range(CONNECTIONS)))

    async def _walk(self, first: int, visits: int) -> None:
        pipe = await self._connect()
        for number in range(visits):
            if self.stop:
                break
            code = self.codes[(first + number) % len(self.codes)]
            self.made += 1
            try:
                status = await _visit(*pipe, code)
            except (OSError, EOFError):
                # Nobody knows what became of it: it may be counted or not.
                self.unanswered += 1
                pipe = await self._connect()
                continue
            if status == 302:
                self.redirected[code] += 1
            else:
                self.others[status] += 1
        pipe[1].close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection, as soon as somebody takes it."""
        while True:
            try:
                return await asyncio.open_connection(LOOPBACK, self.port)
            except OSError:
                await asyncio.sleep(0.05)


async def _visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, code: str) -> int:
    agent = PERSON["User-Agent"]
    writer.write(
        f"GET /q/{code} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {agent}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            await reader.readexactly(int(value))
    return int(head.split(b" ", 2)[1])


async def codes_of(studio: Studio) -> list[str]:
    """Codes of which nobody hears: thousands of events would come after each other for minutes."""
    for hook in (await studio.client.get("/api/v1/webhooks/")).json()["results"]:
        await studio.client.delete(f"/api/v1/webhooks/{hook['id']}/")
    return [await studio.create(f"https://example.com/{number}") for number in range(CODES)]


def scans(studio: Studio, codes: Sequence[str]) -> Counter[str]:
    """How many scans are written of each code."""
    with psycopg.connect(studio.stack.database_url) as database:
        rows = database.execute(
            "SELECT short_code, count(*) FROM scan JOIN qr_code ON qr_code.id = scan.asset_id "
            "WHERE short_code = ANY(%s) GROUP BY short_code",
            (list(codes),),
        ).fetchall()
    return Counter(dict(rows))


def totals(studio: Studio, codes: Sequence[str]) -> Counter[str]:
    """What the roll-up has of each code, and the counter of the code with it."""
    with psycopg.connect(studio.stack.database_url) as database:
        rows = database.execute(
            "SELECT short_code, sum(visits)::int, max(scan_count) FROM scan_day "
            "JOIN qr_code ON qr_code.id = scope_id WHERE short_code = ANY(%s) GROUP BY 1",
            (list(codes),),
        ).fetchall()
    assert all(visits == count for _, visits, count in rows)
    return Counter({code: visits for code, visits, _ in rows})


async def counted(studio: Studio, code: str) -> int:
    read = await studio.client.get(f"/api/v1/dynamic/{code}/")
    return int(read.json()["scan_count"])


def spool_is_empty(studio: Studio) -> bool:
    return not list((studio.stack.data_dir / "spool").glob("*.scans"))


async def test_no_redirect_is_lost_or_counted_twice_when_the_api_is_killed(studio: Studio) -> None:
    codes = await codes_of(studio)
    visitors = Visitors(studio.stack.port, codes)
    coming = asyncio.create_task(visitors.come(VISITS))
    for part in (0.3, 0.6):
        await until(lambda part=part: visitors.made > part * VISITS, 120)  # type: ignore[misc]
        api = studio.stack.children["serve"]
        os.kill(api.pid, signal.SIGKILL)
        await until(lambda api=api: not api.alive)  # type: ignore[misc]
        await until(lambda: studio.stack.restart_dead() == ["serve"])
    await coming
    written = scans(studio, codes)
    assert not visitors.others
    assert visitors.redirected.total() > VISITS / 2
    assert all(visitors.redirected[code] <= written[code] for code in codes)
    # More were written only where the answer was under way when the process was killed.
    assert written.total() - visitors.redirected.total() <= visitors.unanswered
    for code in codes[:5]:
        assert await counted(studio, code) == written[code]


async def test_known_codes_lead_on_without_postgresql_and_all_is_counted_after(
    studio: Studio,
) -> None:
    codes = await codes_of(studio)
    visitors = Visitors(studio.stack.port, codes)
    await visitors.come(CODES * CONNECTIONS)
    postgres = studio.stack._postgres
    assert postgres is not None
    coming = asyncio.create_task(visitors.come(10**9))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(postgres.stop)
    before = visitors.redirected.total()
    await asyncio.sleep(AWAY_SECONDS)
    during = visitors.redirected.total() - before
    await asyncio.to_thread(postgres.start)
    await asyncio.sleep(1.0)
    visitors.stop = True
    await coming
    assert during > 100
    assert not visitors.others
    assert visitors.unanswered == 0
    await until(lambda: spool_is_empty(studio), 60)
    assert scans(studio, codes) == visitors.redirected


async def test_what_a_killed_process_left_on_the_disk_is_counted_by_the_next(
    studio: Studio,
) -> None:
    codes = await codes_of(studio)
    visitors = Visitors(studio.stack.port, codes)
    await visitors.come(CODES * CONNECTIONS)
    postgres = studio.stack._postgres
    assert postgres is not None
    await asyncio.to_thread(postgres.stop)
    await visitors.come(50 * CONNECTIONS)
    assert not spool_is_empty(studio)
    api = studio.stack.children["serve"]
    os.kill(api.pid, signal.SIGKILL)
    await until(lambda: not api.alive)
    await asyncio.to_thread(postgres.start)
    await until(lambda: studio.stack.restart_dead() == ["serve"])
    await until(lambda: spool_is_empty(studio), 60)
    assert not visitors.others
    assert scans(studio, codes) == visitors.redirected


async def test_totals_are_right_when_the_roll_up_is_killed(studio: Studio) -> None:
    codes = await codes_of(studio)
    visitors = Visitors(studio.stack.port, codes)
    coming = asyncio.create_task(visitors.come(VISITS))
    for part in (0.2, 0.4, 0.6, 0.8):
        await until(lambda part=part: visitors.made > part * VISITS, 120)  # type: ignore[misc]
        worker = studio.stack.children["work"]
        os.kill(worker.pid, signal.SIGKILL)
        await until(lambda worker=worker: not worker.alive)  # type: ignore[misc]
        await until(lambda: studio.stack.restart_dead() == ["work"])
    await coming
    assert not visitors.others
    assert visitors.unanswered == 0
    assert visitors.redirected.total() == visitors.made
    # An activity of a killed worker is given up after its heartbeats were missed.
    await until(lambda: totals(studio, codes) == visitors.redirected, 90)
    for code in codes[:5]:
        assert await counted(studio, code) == visitors.redirected[code]


async def test_of_many_at_once_a_limit_grants_exactly_as_many(studio: Studio) -> None:
    made = await studio.client.post(
        "/api/v1/dynamic/", json={"destination_url": "https://example.com/few", "scan_limit": 100}
    )
    code = made.json()["short_id"]
    visits = [Visitors(studio.stack.port, [code]) for _ in range(4)]
    await asyncio.gather(*(each.come(10 * CONNECTIONS) for each in visits))
    assert sum(each.redirected[code] for each in visits) == 100
    assert sum(each.others[410] for each in visits) == 4 * 10 * CONNECTIONS - 100
    await until(lambda: "qr.scan_limit_reached" in studio.inbox.kinds(), 30)
    await asyncio.sleep(1.0)
    reached = [kind for kind in studio.inbox.kinds() if kind == "qr.scan_limit_reached"]
    assert len(reached) == 1
    assert await counted(studio, code) == 100


async def test_an_edit_is_seen_by_every_process_within_a_second(studio: Studio) -> None:
    code = await studio.create("https://example.com/before")
    assert (await studio.visit(code)).headers["location"] == "https://example.com/before"
    with psycopg.connect(studio.stack.database_url) as database:
        # As another process would: it tells nobody here but through the database.
        database.execute(
            "UPDATE qr_code SET destination_url = 'https://example.com/after' "
            "WHERE short_code = %s",
            (code,),
        )

    async def leads_on() -> bool:
        return (await studio.visit(code)).headers["location"] == "https://example.com/after"

    await until(leads_on, 1.0)
