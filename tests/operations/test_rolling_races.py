"""Several roll up and write at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.gateways.clock import FixedClock
from activities.links.changing import UpdateLink, update_link
from activities.outside import Outside
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.reading import (
    ReadQrCode,
    SummarizeQrCodes,
    read_qr_code,
    summarize_qr_codes,
)
from activities.rules.actors import Actor
from activities.statistics.reading import ReadStatistics, read_statistics
from activities.statistics.rolling import RollUp, roll_up
from activities.statistics.storage import KeepScanStorage, keep_scan_storage
from schema.db import DatabaseAway, transaction
from tests.builders.batches import Seen, a_batch, brute_force, in_batches, later, some_scans
from tests.builders.databases import a_database
from tests.builders.tenants import a_code, a_tenant
from tests.builders.visits import a_link
from tests.conftest import NOW
from workers.embedded_postgres import EmbeddedPostgres

CONNECTIONS, ROLLERS = 12, 3
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"


@pytest_asyncio.fixture
async def url(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    async with a_database(postgres.url, connections=CONNECTIONS) as address:
        yield address


@pytest_asyncio.fixture
async def by(url: str) -> Actor:
    return await a_tenant()


async def told(statement: str) -> Any:
    async with transaction() as session:
        return await session.scalar(text(statement))


async def test_many_write_and_roll_up_at_once_and_every_scan_is_counted_once(by: Actor) -> None:
    dice = Random(3)
    code, link = await a_code(by), await a_link(by)
    owner = by.organization_id
    assets = [(code.id, owner, "qr"), (link.id, owner, "link")]
    scans = some_scans(dice, assets, NOW - timedelta(hours=40), 40, 1500)
    batches, is_written = in_batches(dice, scans), asyncio.Event()
    rollers = [asyncio.create_task(roll_until(is_written)) for _ in range(ROLLERS)]
    looking = asyncio.create_task(look(by, is_written))
    halves = (batches[::2], batches[1::2])
    await asyncio.gather(*(write(half) for half in halves))
    is_written.set()
    assert sum(await asyncio.gather(*rollers)) == len(scans)
    counts = await looking
    assert counts == sorted(counts), "a count that was told once is never told smaller"
    assert await told("SELECT count(*) FROM scan_batch") == 0
    first, last = NOW.date() - timedelta(days=2), NOW.date()
    for kind, scope in (("qr", code.id), ("link", link.id), ("organization", owner)):
        read = await read_statistics(ReadStatistics(by, kind, scope, first, last))  # type: ignore[arg-type]
        assert read == brute_force(scans, scope, first, last, "UTC")
    uncounted = [scan for scan in scans if not (scan.is_bot or scan.is_counted)]
    assert await told("SELECT scan_count FROM qr_code") == of(uncounted, "qr")
    assert await told("SELECT click_count FROM link") == of(uncounted, "link")


def of(scans: list[Seen], kind: str) -> int:
    return sum(scan.kind == kind for scan in scans)


async def write(batches: list[list[Seen]]) -> None:
    for batch in batches:
        await a_batch(batch)


async def roll_until(is_over: asyncio.Event) -> int:
    done, rolled = 0, 1
    while rolled or not is_over.is_set():
        rolled = (await roll_up(RollUp(50))).scans
        done += rolled
        await asyncio.sleep(0)
    return done


async def look(by: Actor, is_over: asyncio.Event) -> list[int]:
    """What all codes count, again and again."""
    seen = []
    while not is_over.is_set():
        seen.append((await summarize_qr_codes(SummarizeQrCodes(by))).scan_count)
        await asyncio.sleep(0.005)
    return seen


@pytest.mark.parametrize("kind", ["qr", "link"])
@pytest.mark.parametrize("who_is_first", ["limit", "roll-up"])
async def test_a_limit_that_comes_while_rolling_up_counts_every_scan_once(
    by: Actor, url: str, kind: str, who_is_first: str
) -> None:
    asset = await a_code(by) if kind == "qr" else await a_link(by)
    table, column = ("qr_code", "scan_count") if kind == "qr" else ("link", "click_count")
    await a_batch([Seen(asset.id, by.organization_id, NOW, kind=kind)] * 5)
    tasks: dict[str, asyncio.Task[Any]] = {}
    # While somebody holds the asset both come to wait for it; what waits has read its scans.
    async with await psycopg.AsyncConnection.connect(url) as holder:
        await holder.execute(f"SELECT FROM {table} FOR UPDATE")
        for who in sorted(("limit", "roll-up"), key=lambda who: who != who_is_first):
            work = limit(by, kind, asset) if who == "limit" else roll_up(RollUp())
            tasks[who] = asyncio.create_task(work)
            while await told(WAITING) < len(tasks):
                await asyncio.sleep(0.01)
        await holder.rollback()
    assert await tasks["limit"] == 5
    assert (await tasks["roll-up"]).scans == 5
    assert await told(f"SELECT {column} FROM {table}") == 5
    assert await told("SELECT count(*) FROM scan_batch") == 0


async def limit(by: Actor, kind: str, asset: Any) -> int:
    if kind == "qr":
        return (await update_qr_code(UpdateQrCode(by, asset.id, scan_limit=9))).scan_count
    return (await update_link(UpdateLink(by, asset.id, click_limit=9))).click_count


async def test_a_roll_up_that_waits_too_long_for_an_asset_has_not_happened(
    by: Actor, url: str
) -> None:
    code = await a_code(by)
    await a_batch([Seen(code.id, by.organization_id, NOW, visitor=1)] * 3)
    async with await psycopg.AsyncConnection.connect(url) as holder:
        await holder.execute("SELECT FROM qr_code FOR UPDATE")
        with pytest.raises(DatabaseAway):
            await roll_up(RollUp())
    assert await told("SELECT count(*) FROM scan_day") == 0
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).scan_count == 3
    assert (await roll_up(RollUp())).scans == 3


async def test_a_roller_whose_connection_is_cut_has_done_nothing(by: Actor, url: str) -> None:
    code = await a_code(by)
    await a_batch([Seen(code.id, by.organization_id, NOW, visitor=1)] * 3)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as server:
        async with server.transaction():
            await server.execute("SELECT FROM qr_code FOR UPDATE")
            rolling = asyncio.create_task(roll_up(RollUp()))
            while not await told(WAITING):
                await asyncio.sleep(0.01)
            await server.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")
        with pytest.raises(DatabaseAway):
            await rolling
    assert await told("SELECT count(*) FROM scan_batch") == 1
    assert await told("SELECT count(*) FROM scan_visitor") == 0
    assert (await roll_up(RollUp())).scans == 3
    again = later(Seen(code.id, by.organization_id, NOW, visitor=1))
    assert (await read_statistics(ReadStatistics(by, "qr", again.asset_id))).figures.visits == 3


async def test_visits_do_not_wait_behind_months_that_are_in_use(
    by: Actor, url: str, clock: FixedClock
) -> None:
    code = await a_code(by)
    clock.moment = datetime(2031, 11, 30, tzinfo=UTC)
    async with await psycopg.AsyncConnection.connect(url) as reader:
        await reader.execute("SELECT count(*) FROM scan")
        making = asyncio.create_task(keep_scan_storage(KeepScanStorage()))
        while not await told(WAITING):
            await asyncio.sleep(0.01)
        await asyncio.wait_for(a_batch([Seen(code.id, by.organization_id, NOW)]), 0.25)
        report = await making
    assert (report.months_made, report.is_done) == (0, False)
    report = await keep_scan_storage(KeepScanStorage())
    assert (report.months_made, report.is_done) == (4, True)
