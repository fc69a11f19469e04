"""Every visit is written once and told once, whatever becomes of the database meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_asyncio

from activities.gateways.spool import BROKEN, SUFFIX, Record, Spool
from activities.outside import Outside
from activities.rules.actors import Actor
from activities.visits.ledger import keep_aside, new_batch
from activities.visits.recorder import (
    MOST_IN_BATCH,
    MOST_WAITING,
    Fate,
    Overloaded,
    Recorder,
)
from activities.visits.scans import Scan
from schema.db import connect
from tests.builders.databases import a_database
from tests.builders.scans import a_visit, an_asset, found
from tests.builders.tenants import PERSON, a_code, a_tenant
from tests.builders.waiting import until
from tests.fakes.tcp_proxy import TcpProxy, a_wire
from tests.gateways.test_spool import spooling
from workers.embedded_postgres import EmbeddedPostgres

COPIED = b"c\x00\x00\x00\x04"
"""CopyDone of PostgreSQL's protocol (its manual, 54.7)."""

PATIENCE = 0.7


@dataclass(frozen=True)
class Place:
    """A database behind a wire, a folder, and who has assets there."""

    url: str
    wire: TcpProxy
    folder: Path
    by: Actor

    async def count(self, what: str) -> int:
        """How many rows there are, asked past the wire."""
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            cursor = await connection.execute(f"SELECT count(*) FROM {what}".encode())
            row = await cursor.fetchone()
            return int(row[0]) if row else 0

    def has(self, number: int) -> Callable[[], Any]:
        """Whether there are so many scans."""

        async def asked() -> bool:
            return await self.count("scan") >= number and not self.files

        return asked

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[Recorder]:
        recorder = Recorder(Spool(self.folder), patience=PATIENCE)
        recorder.start()
        try:
            yield recorder
        finally:
            await recorder.stop()

    async def limited(self, limit: int) -> Scan:
        code = await a_code(self.by, scan_limit=limit)  # type: ignore[arg-type]
        return a_visit(await found("qr", code.id))


@pytest_asyncio.fixture
async def place(postgres: EmbeddedPostgres, world: Outside, tmp_path: Path) -> AsyncIterator[Place]:
    async with a_database(postgres.url, connections=4) as url:
        by = await a_tenant()
        server = urlsplit(url)
        async with a_wire(server.port or 0) as wire:
            await connect(url.replace(f":{server.port}/", f":{wire.port}/"), pool_size=4)
            yield Place(url, wire, tmp_path / "spool", by)


async def all_written(recorder: Recorder, *scans: Scan) -> list[Fate]:
    return await asyncio.gather(*(recorder.written(scan) for scan in scans))


def visits(number: int, **more: Any) -> list[Scan]:
    return [a_visit(an_asset(n), **more) for n in range(1, number + 1)]


async def test_of_many_at_once_each_is_written_once_and_told_once(place: Place) -> None:
    told: Counter[int] = Counter()
    number = 2 * MOST_IN_BATCH + 300
    async with place.recording() as recorder:
        for n, scan in enumerate(visits(number)):
            recorder.record(scan, lambda fate, n=n: told.update([n] * (fate is Fate.WRITTEN)))  # type: ignore[misc]
            if n % 100 == 0:
                await asyncio.sleep(0)
        await until(lambda: _is(len(told) == number))
    assert set(told.values()) == {1}
    assert await place.count("scan") == number
    assert await place.count("(SELECT DISTINCT asset_id FROM scan) AS seen") == number
    assert await place.count("scan_batch") < 40
    assert await place.count(f"scan_batch WHERE size > {MOST_IN_BATCH}") == 0
    assert not place.files


async def _is(answer: bool) -> bool:
    return answer


async def test_a_visit_is_committed_when_it_is_told(place: Place) -> None:
    async with place.recording() as recorder:
        for number, scan in enumerate(visits(5), 1):
            assert await recorder.written(scan) is Fate.WRITTEN
            assert await place.count("scan") == number


async def test_limits_hold_across_batches_and_visitors_are_told_which(place: Place) -> None:
    async with place.recording() as recorder:
        scan = await place.limited(7)
        fates: list[Fate] = []
        for _ in range(4):
            fates += await all_written(recorder, *[scan] * 5, *visits(2))
    assert Counter(fates) == {Fate.WRITTEN: 7 + 8, Fate.REFUSED: 13}
    assert await place.count("scan WHERE is_counted") == 7


async def test_when_too_many_wait_more_are_refused_and_none_is_forgotten(place: Place) -> None:
    told: Counter[Fate] = Counter()
    scan = a_visit(an_asset())
    async with place.recording() as recorder:
        for _ in range(MOST_WAITING):
            recorder.record(scan, lambda fate: told.update([fate]))
        with pytest.raises(Overloaded):
            recorder.record(scan, lambda fate: told.update([fate]))
        await until(lambda: _is(told.total() >= MOST_IN_BATCH))
        recorder.record(scan, lambda fate: told.update([fate]))
    assert told == {Fate.WRITTEN: MOST_WAITING + 1}
    assert await place.count("scan") == MOST_WAITING + 1


async def test_while_the_database_is_away_visits_wait_on_the_disk_and_limits_are_unknown(
    place: Place,
) -> None:
    async with place.recording() as recorder:
        limited = await place.limited(5)
        assert await all_written(recorder, *visits(3)) == [Fate.WRITTEN] * 3
        place.wire.cut()
        for _ in range(3):
            fates = await all_written(recorder, limited, *visits(4))
            assert fates == [Fate.UNKNOWN] + [Fate.WRITTEN] * 4
        assert await place.count("scan") == 3
        assert len(place.files) == 1
        place.wire.lay()
        await until(place.has(3 + 12))
        assert await all_written(recorder, limited) == [Fate.WRITTEN]
    assert await place.count("scan") == 3 + 12 + 1
    assert await place.count("scan WHERE is_counted") == 1
    assert await place.count("qr_code WHERE scan_count = 1") == 1


async def test_visits_that_come_while_others_are_loaded_are_not_lost(place: Place) -> None:
    written = 0
    async with place.recording() as recorder:
        for turn in range(12):
            place.wire.cut() if turn % 4 == 1 else place.wire.lay()
            for _ in range(10):
                written += len(await all_written(recorder, *visits(10)))
                await asyncio.sleep(0.01)
        place.wire.lay()
        await until(place.has(written))
    assert await place.count("scan") == written
    assert await place.count("scan_batch") == await place.count(
        "(SELECT DISTINCT left(id::text, 28) FROM scan) AS batches"
    )


@pytest.mark.parametrize("is_wanted", [False, True])
async def test_a_batch_whose_answer_was_lost_is_counted_once(place: Place, is_wanted: bool) -> None:
    mine = [a_visit(an_asset(n, by=place.by), is_wanted=is_wanted) for n in range(1, 9)]
    async with place.recording() as recorder:
        limited = await place.limited(5) if is_wanted else None
        await all_written(recorder, *visits(1))
        place.wire.cut_after(b"COMMIT" if is_wanted else COPIED)
        told = await all_written(recorder, *mine[:4], *([limited] if limited else []), *mine[4:])
        assert Counter(told) == {Fate.WRITTEN: 8, **({Fate.UNKNOWN: 1} if limited else {})}
        assert await place.count("scan WHERE NOT is_counted") == 9
        assert len(place.files) == 1
        place.wire.lay()
        await until(lambda: _is(not place.files))
    assert await place.count("scan WHERE NOT is_counted") == 9
    assert await place.count("event WHERE kind = 'qr.scanned'") == (8 if is_wanted else 0)


@pytest.mark.parametrize("is_connected", [False, True])
async def test_a_database_that_is_slow_is_waited_for_no_longer_than_the_patience(
    place: Place, is_connected: bool
) -> None:
    async with place.recording() as recorder:
        if is_connected:
            await all_written(recorder, *visits(1))
        before = await place.count("scan")
        place.wire.hold()
        began = time.monotonic()
        assert await all_written(recorder, *visits(20)) == [Fate.WRITTEN] * 20
        assert await all_written(recorder, *visits(20)) == [Fate.WRITTEN] * 20
        assert time.monotonic() - began < PATIENCE + 1.5
        place.wire.go_on()
        await until(place.has(before + 40))
        assert await all_written(recorder, *visits(1)) == [Fate.WRITTEN]
    assert await place.count("scan") == before + 41


async def test_a_visit_that_cannot_be_stored_costs_only_itself(place: Place) -> None:
    bad = a_visit(an_asset(), replace(PERSON, utm={"source": "\x00"}))
    async with place.recording() as recorder:
        fates = await all_written(recorder, *visits(5), bad, *visits(6), bad, *visits(3))
        assert fates == [Fate.WRITTEN] * 16
        assert await all_written(recorder, *visits(1)) == [Fate.WRITTEN]
    assert await place.count("scan") == 15
    assert not place.files


async def test_a_visit_that_cannot_be_spelled_costs_only_itself_on_the_disk_too(
    place: Place,
) -> None:
    bad = a_visit(an_asset(), replace(PERSON, utm={"source": "\ud83e"}))
    async with place.recording() as recorder:
        place.wire.cut()
        assert await all_written(recorder, *visits(5), bad, *visits(6)) == [Fate.WRITTEN] * 12
        place.wire.lay()
        await until(place.has(11))
        assert await all_written(recorder, *visits(1)) == [Fate.WRITTEN]
    assert await place.count("scan") == 12


async def test_who_cannot_be_answered_does_not_cost_others_their_answers(place: Place) -> None:
    def gone(fate: Fate) -> None:
        raise RuntimeError("nobody is there any more")

    async with place.recording() as recorder:
        for is_cut in (False, True):
            recorder.record(a_visit(an_asset()), gone)
            assert await all_written(recorder, *visits(3)) == [Fate.WRITTEN] * 3
            if not is_cut:
                place.wire.cut()
        place.wire.lay()
        await until(place.has(8))


async def test_what_on_the_disk_cannot_be_stored_is_put_aside_and_the_rest_is_loaded(
    place: Place,
) -> None:
    bad = a_visit(an_asset(), replace(PERSON, utm={"source": "\x00"}))
    spool = Spool(place.folder)
    for scans in (visits(3), [bad], visits(4)):
        kept = keep_aside(new_batch(), scans)
        spool.append(Record(kept.scans, kept.events))
    spool.close()
    async with place.recording():
        await until(place.has(7))
    assert len(list(place.folder.glob(f"*{BROKEN}"))) == 1


async def test_when_no_disk_takes_them_visitors_are_led_on(place: Place) -> None:
    place.folder.write_text("this is no folder")
    async with place.recording() as recorder:
        place.wire.cut()
        assert await all_written(recorder, *visits(3)) == [Fate.WRITTEN] * 3
        place.wire.lay()

        async def works() -> bool:
            await all_written(recorder, *visits(1))
            return await place.count("scan") > 0

        await until(works)


async def test_a_clean_stop_writes_what_waits(place: Place) -> None:
    told: Counter[Fate] = Counter()
    async with place.recording() as recorder:
        for scan in visits(MOST_IN_BATCH + 50):
            recorder.record(scan, lambda fate: told.update([fate]))
    assert told == {Fate.WRITTEN: MOST_IN_BATCH + 50}
    assert await place.count("scan") == MOST_IN_BATCH + 50


async def test_a_stop_without_a_database_leaves_all_to_the_next_start(place: Place) -> None:
    told: Counter[Fate] = Counter()
    place.wire.cut()
    async with place.recording() as recorder:
        for scan in visits(50):
            recorder.record(scan, lambda fate: told.update([fate]))
    assert told == {Fate.WRITTEN: 50}
    assert await place.count("scan") == 0
    place.wire.lay()
    async with place.recording():
        await until(place.has(50))
    assert await place.count("scan") == 50


async def test_what_a_killed_process_left_is_loaded_by_the_others_and_never_before(
    place: Place,
) -> None:
    kept = keep_aside(
        new_batch(), [a_visit(an_asset(n, by=place.by), is_wanted=True) for n in (1, 2)]
    )
    record = Record(kept.scans, kept.events)
    async with (
        spooling(place.folder, 1, record=record) as process,
        place.recording() as recorder,
    ):
        await all_written(recorder, *visits(1))
        await asyncio.sleep(1.2)
        assert await place.count("scan") == 1
        process.kill()
        await process.wait()
        await until(place.has(3))
    assert await place.count("event WHERE kind = 'qr.scanned'") == 2
