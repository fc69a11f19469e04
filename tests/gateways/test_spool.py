"""What waits on the disk survives its process, is never read twice at once, and never half."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.gateways.spool import BROKEN, SUFFIX, Record, Spool, SpoolFull

RECORD = Record(b"one\ttwo\n" * 8, b"event\n")


def taken(folder: Path) -> list[Record]:
    """What another process finds, and takes away."""
    found: list[Record] = []
    for file in Spool(folder).left():
        found += file.records()
        file.remove()
    return found


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


@asynccontextmanager
async def spooling(
    folder: Path, count: int, most_bytes: int = 0, record: Record = RECORD
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that has written so many records and lives."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.gateways.spooling_process", str(folder)),
        *(str(count), str(most_bytes), record.scans.hex(), record.events.hex()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        said = await asyncio.wait_for(process.stdout.readline(), 30)
        assert sum(map(int, said.split())) == count
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@given(st.lists(st.builds(Record, st.binary(max_size=300), st.binary(max_size=60)), max_size=6))
def test_what_is_appended_is_left_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder)
    for record in records:
        spool.append(record)
    assert spool.is_empty() == (not records)
    spool.close()
    assert taken(folder) == records
    assert files(folder) == []


def test_nothing_is_made_before_something_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    spool = Spool(folder)
    assert spool.is_empty()
    assert list(spool.left()) == []
    spool.close()
    assert not folder.exists()
    spool.append(RECORD)
    assert folder.stat().st_mode & 0o777 == 0o700
    (file,) = files(folder)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_process_finds_its_own_file_and_begins_a_new_one(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(RECORD)
    (file,) = spool.left()
    spool.append(Record(b"later\n", b""))
    assert list(file.records()) == [RECORD]
    file.remove()
    (file,) = spool.left()
    assert list(file.records()) == [Record(b"later\n", b"")]
    file.release()
    assert len(files(tmp_path)) == 1


def test_older_files_come_first(tmp_path: Path) -> None:
    for n in range(3):
        spool = Spool(tmp_path)
        spool.append(Record(str(n).encode(), b""))
        (new,) = (file for file in files(tmp_path) if file.stat().st_mtime > 2_000)
        spool.close()
        os.utime(new, (1_000 - n, 1_000 - n))
    assert [record.scans for record in taken(tmp_path)] == [b"2", b"1", b"0"]


@pytest.mark.parametrize("cut", range(1, 33))
def test_a_record_that_was_cut_off_is_left_out(tmp_path: Path, cut: int) -> None:
    spool = Spool(tmp_path)
    spool.append(RECORD)
    spool.append(Record(b"torn\t\n", b"also torn\n"))
    spool.close()
    (file,) = files(tmp_path)
    whole = file.stat().st_size
    os.truncate(file, whole - cut)
    assert taken(tmp_path) == [RECORD]


@pytest.mark.parametrize("place", [0, 5, 20, -1])
def test_a_record_that_is_damaged_ends_the_file(tmp_path: Path, place: int) -> None:
    spool = Spool(tmp_path)
    spool.append(RECORD)
    (file,) = files(tmp_path)
    begin = file.stat().st_size
    spool.append(Record(b"damaged" * 9, b""))
    end = file.stat().st_size
    spool.append(RECORD)
    spool.close()
    at = begin + place if place >= 0 else end + place
    body = bytearray(file.read_bytes())
    body[at] ^= 0x55
    file.write_bytes(body)
    assert taken(tmp_path) == [RECORD]


def test_what_is_put_aside_is_kept_and_not_found_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(RECORD)
    (file,) = spool.left()
    file.put_aside()
    assert spool.is_empty()
    assert taken(tmp_path) == []
    (kept,) = tmp_path.glob(f"*{BROKEN}")
    assert RECORD.scans in kept.read_bytes()


def test_a_file_that_somebody_loads_is_not_loaded_by_another(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(RECORD)
    (file,) = spool.left()
    assert taken(tmp_path) == []
    file.release()
    assert taken(tmp_path) == [RECORD]


async def test_the_file_of_a_living_process_is_its_own_and_that_of_a_dead_one_anybodys(
    tmp_path: Path,
) -> None:
    async with spooling(tmp_path, 3) as process:
        assert not Spool(tmp_path).is_empty()
        assert taken(tmp_path) == []
        process.kill()
        await process.wait()
        assert taken(tmp_path) == [RECORD] * 3


async def test_processes_share_a_folder(tmp_path: Path) -> None:
    mine = Spool(tmp_path)
    async with spooling(tmp_path, 2), spooling(tmp_path, 5) as other:
        mine.append(RECORD)
        assert len(files(tmp_path)) == 3
        other.kill()
        await other.wait()
        found = [list(file.records()) for file in mine.left()]
        assert sorted(map(len, found)) == [1, 5]


async def test_on_a_full_disk_what_was_written_stays_readable(tmp_path: Path) -> None:
    size = 16 + len(RECORD.scans) + len(RECORD.events)
    async with spooling(tmp_path, 10, most_bytes=3 * size + size // 2) as process:
        (file,) = files(tmp_path)
        assert file.stat().st_size == 3 * size
        process.kill()
        await process.wait()
    assert taken(tmp_path) == [RECORD] * 3


def test_a_disk_that_takes_nothing_is_told_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.write_text("this is no folder")
    spool = Spool(folder)
    with pytest.raises(SpoolFull, match="spool"):
        spool.append(RECORD)
    folder.unlink()
    spool.append(RECORD)
    spool.close()
    assert taken(folder) == [RECORD]


def test_who_writes_and_who_takes_away_at_once_lose_nothing_and_double_nothing(
    tmp_path: Path,
) -> None:
    writers, each = 3, 200

    def write(who: int) -> None:
        spool = Spool(tmp_path)
        for n in range(each):
            spool.append(Record(f"{who} {n}".encode(), b""))
            if n % 3 == 0:
                spool.close()
        spool.close()

    def take(_: int) -> list[Record]:
        found: list[Record] = []
        while not done.is_set():
            found += taken(tmp_path)
        return found

    done = Event()
    with ThreadPoolExecutor(writers + 2) as pool:
        taking = [pool.submit(take, n) for n in range(2)]
        for writing in [pool.submit(write, n) for n in range(writers)]:
            writing.result()
        done.set()
        found = [record for one in taking for record in one.result()]
    counted = Counter(record.scans for record in [*found, *taken(tmp_path)])
    assert set(counted.values()) == {1}
    assert len(counted) == writers * each
