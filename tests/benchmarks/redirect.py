"""Redirects of a running stack, each scan committed before its answer, against a bare 302.

The organization has no endpoint, so its events leave the outbox and go nowhere. In the end the
scans that are counted must be the visits that were made.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import SummarizeQrCodes, summarize_qr_codes
from activities.rules.actors import Actor
from tests.benchmarks.lab import Lab, a_tenant, quiet
from tests.benchmarks.load import Load, Visit, put_load
from tests.benchmarks.measure import Lost, Row, in_turns, percentile
from workers.demo.crowd import each

NAMES = ("redirect", "redirect_p50", "redirect_p99", "redirect_hot")

CODES = 200
MANY, FEW = 64, 4
"""Connections: many for rates, few for what one visitor waits."""

COUNTED_WITHIN = 10.0
BARE = "Starlette, empty 302"

_AGENTS = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
)


@dataclass(frozen=True)
class Size:
    """How often each slice is taken, and its seconds."""

    rounds: int
    seconds: float


FULL, TINY = Size(3, 1.3), Size(1, 0.3)


@dataclass
class Slices:
    """Slices of load on one server, with the percentiles of each that was taken."""

    port: int
    seconds: float
    visits: int = 0
    p99: list[float] = field(default_factory=list)

    async def rate(self, visits: Sequence[Visit]) -> float:
        """Answers a second over many connections."""
        load = await self._put(visits, MANY)
        self.p99.append(percentile(load.times, 0.99) * 1000)
        return load.rate

    async def p50(self, visits: Sequence[Visit]) -> float:
        """Milliseconds that half of the visits over few connections do not exceed."""
        return percentile((await self._put(visits, FEW)).times, 0.5) * 1000

    async def _put(self, visits: Sequence[Visit], at_once: int) -> Load:
        load = await put_load(self.port, visits, at_once=at_once, seconds=self.seconds)
        self.visits += len(load.times)
        return load


async def measure(lab: Lab) -> list[Row]:
    """Requests a second and milliseconds; raises `Lost` unless every visit was counted once."""
    size = TINY if lab.tiny else FULL
    async with lab.stack() as stack, lab.server("tests.benchmarks.bare") as (bare_url, _):
        await quiet()
        lab.say("redirects: making codes")
        tenant = await a_tenant("redirect")
        visits = await make_codes(tenant.actor)
        ours = Slices(stack.port, size.seconds)
        bare = Slices(urlsplit(bare_url).port or 0, size.seconds)
        lab.say("redirects: visits")
        await in_turns(1, lambda: ours.rate(visits), lambda: bare.rate(visits))
        rows = await _rates(size, ours, bare, visits)
        rows.append(await _few(size, ours, visits, lab.folder))
        await _all_counted(tenant.actor, ours.visits)
    return rows


async def make_codes(by: Actor, name: str = "bench") -> list[Visit]:
    """Codes whose short codes begin so, and a visit of each."""

    async def make(number: int) -> Visit:
        code = f"{name}{number:04}"
        target = f"https://example.com/{code}"
        await create_qr_code(CreateQrCode(by=by, destination_url=target, short_code=code))
        agent = _AGENTS[number % len(_AGENTS)]
        request = (
            f"GET /q/{code} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {agent}\r\n"
            "Accept: */*\r\nAccept-Language: de-DE,de;q=0.9\r\n\r\n"
        )
        return Visit(request.encode(), target.encode())

    return await each(range(CODES), make, 8)


async def _rates(size: Size, ours: Slices, bare: Slices, visits: Sequence[Visit]) -> list[Row]:
    spread_p99: list[float] = []

    async def spread() -> float:
        rate = await ours.rate(visits)
        spread_p99.append(ours.p99[-1])
        return rate

    anchor, value, hot = await in_turns(
        size.rounds, lambda: bare.rate(visits), spread, lambda: ours.rate(visits[:1])
    )
    p99 = sorted(spread_p99)[len(spread_p99) // 2]
    bare_p99 = sorted(bare.p99)[len(bare.p99) // 2]
    goal_rate, goal_share, goal_p99 = 15_000, 0.9, 15
    return [
        Row("redirect", value, "1/s", BARE, anchor, "15,000/s", value >= goal_rate),
        Row("redirect_p99", p99, "ms", BARE, bare_p99, "under 15 ms", p99 < goal_p99),
        Row(
            name="redirect_hot",
            value=hot,
            unit="1/s",
            anchor=f"over {CODES} codes",
            anchor_value=value,
            goal="0.9 times that",
            holds=hot / value >= goal_share,
        ),
    ]


async def _few(size: Size, ours: Slices, visits: Sequence[Visit], folder: Path) -> Row:
    async def fsync() -> float:
        return percentile(await asyncio.to_thread(_fsyncs, folder / "fsync", 50), 0.5) * 1000

    p50, one_fsync = await in_turns(size.rounds, lambda: ours.p50(visits), fsync)
    return Row(
        name="redirect_p50",
        value=p50,
        unit="ms",
        anchor="one fdatasync",
        anchor_value=one_fsync,
        goal="1 ms plus that",
        holds=p50 <= 1 + one_fsync,
    )


def _fsyncs(path: Path, times: int) -> list[float]:
    """Seconds of each of some writes to the disk that the database is on."""
    taken = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(times):
            began = perf_counter()
            os.pwrite(descriptor, bytes(8192), 0)
            os.fdatasync(descriptor)
            taken.append(perf_counter() - began)
    finally:
        os.close(descriptor)
    return taken


async def _all_counted(by: Actor, visits: int) -> None:
    """Raises `Lost` unless the codes have counted exactly the visits made."""
    deadline = perf_counter() + COUNTED_WITHIN
    while (counted := (await summarize_qr_codes(SummarizeQrCodes(by))).scan_count) < visits:
        if perf_counter() > deadline:
            raise Lost(f"{visits - counted} of {visits} scans were not counted")
        await asyncio.sleep(0.05)
    if counted > visits:
        raise Lost(f"{counted} scans were counted for {visits} visits")
