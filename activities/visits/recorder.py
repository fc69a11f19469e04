"""Visits are gathered into batches: one transaction writes what came while the last was written.

Each visitor is answered after the batch of the visit is committed. While PostgreSQL is away, or too
slow, batches go to the disk of this machine instead, and are loaded from there when it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from enum import Enum

import structlog
from prometheus_client import Counter, Gauge, Histogram

from activities.gateways.spool import Record, Spool, SpoolFull
from activities.visits.ledger import (
    Kept,
    LoadScans,
    WriteScans,
    keep_aside,
    load_scans,
    new_batch,
    write_scans,
)
from activities.visits.scans import Scan
from schema.db import DatabaseAway
from schema.direct import Direct

MOST_IN_BATCH = 1000
MOST_WAITING = 20_000
"""Visits in memory; more are refused until some are written."""

PATIENCE_SECONDS = 1.0
"""A batch takes a few milliseconds. Who waits longer than this is better served by a disk."""

LOADING_SECONDS = 30.0
AGAIN_SECONDS = 0.5
CLOSING_SECONDS = 5.0

SCANS = Counter("inkloom_scans", "Visits written", ["where"])
BATCH = Histogram(
    "inkloom_scan_batch_visits", "Visits in a batch", buckets=(1, 4, 16, 64, 256, 1000)
)
LOST = Counter("inkloom_scans_lost", "Visits that no disk took; their redirects went on")
AWAY = Gauge("inkloom_scans_spooling", "1 while visits go to the disk of this machine")

log = structlog.get_logger("inkloom.recorder")


class Fate(Enum):
    """What became of a visit: written, over the limit of its asset, or not to be decided now."""

    WRITTEN = "written"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Overloaded(Exception):
    """More visits wait than memory is given to; come again in a second."""


Tell = Callable[[Fate], None]


class Recorder:
    """One of a process. `record` may be called after `start` and until `stop`."""

    def __init__(self, spool: Spool, *, patience: float = PATIENCE_SECONDS) -> None:
        self._spool = spool
        self._direct = Direct(patience=patience)
        self._loader = Direct(patience=LOADING_SECONDS)
        self._waiting: list[tuple[Scan, Tell]] = []
        self._woken = asyncio.Event()
        self._is_away = False
        self._is_stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to write; what earlier processes left on the disk is loaded first of all."""
        self._tasks = [
            asyncio.create_task(self._write_all()),
            asyncio.create_task(self._load_all()),
        ]

    async def stop(self) -> None:
        """Write what waits, and leave the rest of the disk to the next start."""
        self._is_stopping = True
        self._woken.set()
        writing, loading = self._tasks
        loading.cancel()
        await asyncio.wait((writing,), timeout=CLOSING_SECONDS)
        writing.cancel()
        await asyncio.gather(writing, loading, return_exceptions=True)
        self._direct.close()
        self._loader.close()
        await asyncio.to_thread(self._spool.close)

    def record(self, scan: Scan, tell: Tell) -> None:
        """Write the visit soon, and `tell` what became of it. Raises `Overloaded`."""
        if len(self._waiting) >= MOST_WAITING:
            raise Overloaded
        self._waiting.append((scan, tell))
        self._woken.set()

    async def written(self, scan: Scan) -> Fate:
        """Write the visit and answer what became of it. Raises `Overloaded`."""
        told: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        self.record(scan, lambda fate: None if told.done() else told.set_result(fate))
        return await told

    async def _write_all(self) -> None:
        while self._waiting or not self._is_stopping:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                batch, self._waiting = (
                    self._waiting[:MOST_IN_BATCH],
                    self._waiting[MOST_IN_BATCH:],
                )
                await self._write(batch)

    async def _write(self, batch: Sequence[tuple[Scan, Tell]]) -> None:
        BATCH.observe(len(batch))
        first = new_batch()
        scans = tuple(scan for scan, _ in batch)
        if not self._is_away:
            try:
                passed = await write_scans(WriteScans(scans, first, self._direct))
            except DatabaseAway as fault:
                self._go_away(str(fault))
            except Exception:
                await self._find_bad(batch)
                return
            else:
                SCANS.labels("database").inc(sum(passed))
                for (_, tell), is_let in zip(batch, passed, strict=True):
                    _answer(tell, Fate.WRITTEN if is_let else Fate.REFUSED)
                return
        try:
            lines = keep_aside(first, scans)
        except Exception:
            await self._find_bad(batch)
        else:
            await self._keep_aside(lines, batch)

    async def _find_bad(self, batch: Sequence[tuple[Scan, Tell]]) -> None:
        """One visit that cannot be written must not cost the others of its batch."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._write(batch[:middle])
            await self._write(batch[middle:])
            return
        LOST.inc()
        log.exception("a scan is lost: it cannot be written")
        for _, tell in batch:
            _answer(tell, Fate.WRITTEN)

    async def _keep_aside(self, lines: Kept, batch: Sequence[tuple[Scan, Tell]]) -> None:
        """A limit cannot be decided here; all other visits go to the disk."""
        kept = [tell for scan, tell in batch if not scan.is_limited]
        for scan, tell in batch:
            if scan.is_limited:
                _answer(tell, Fate.UNKNOWN)
        if not kept:
            return
        try:
            await asyncio.to_thread(self._spool.append, Record(lines.scans, lines.events))
            SCANS.labels("disk").inc(len(kept))
        except SpoolFull as fault:
            LOST.inc(len(kept))
            log.error("scans are lost: no disk takes them", reason=str(fault), scans=len(kept))
        for tell in kept:
            _answer(tell, Fate.WRITTEN)

    def _go_away(self, reason: str) -> None:
        self._is_away = True
        AWAY.set(1)
        log.warning("the database is away; scans go to the disk", reason=reason)

    async def _load_all(self) -> None:
        """Load what is on the disk, whenever there is a database to load it into."""
        while True:
            try:
                if self._is_away or not await asyncio.to_thread(self._spool.is_empty):
                    await self._load_left()
            except DatabaseAway:
                pass
            except OSError as fault:
                log.error("the disk cannot be read", reason=str(fault))
            except Exception:
                log.exception("the disk cannot be loaded")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _load_left(self) -> None:
        await self._loader.read("SELECT 1", {})
        if self._is_away:
            # From here on visits go to the database again; the file of this process is complete.
            self._is_away = False
            AWAY.set(0)
            log.info("the database is back")
        loaded, files = 0, self._spool.left()
        while (file := await asyncio.to_thread(next, files, None)) is not None:
            refused = 0
            try:
                for record in file.records():
                    lines = LoadScans(record.scans, record.events, self._loader)
                    try:
                        loaded += await load_scans(lines)
                    except DatabaseAway:
                        raise
                    except Exception:
                        log.exception("scans on the disk cannot be loaded; they are put aside")
                        refused += 1
            except (DatabaseAway, OSError, asyncio.CancelledError):
                file.release()
                raise
            await asyncio.to_thread(file.put_aside if refused else file.remove)
        if loaded:
            log.info("scans were loaded from the disk", batches=loaded)


def _answer(tell: Tell, fate: Fate) -> None:
    """A visitor who cannot be answered any more must not cost the others their answers."""
    try:
        tell(fate)
    except Exception:
        log.exception("a visitor cannot be answered")
