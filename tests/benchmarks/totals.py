"""Scans written and rolled up, a second; and what is told of a code with very many of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import psycopg

from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.actors import Actor
from activities.rules.scan_ids import first_id, stem_of
from activities.statistics.reading import ReadStatistics, read_statistics
from activities.statistics.rolling import RollUp, roll_up
from schema.db import connect
from schema.migrate import upgrade
from tests.benchmarks.lab import Lab, a_tenant
from tests.benchmarks.measure import Lost, Row, in_turns
from workers.collecting import collect_seldom

NAMES = ("scans_copied", "scans_ingested", "dashboard")

FULL_SCANS, FULL_OTHERS, FULL_ROUNDS = 200_000, 10_000_000, 9
TINY_SCANS, TINY_OTHERS, TINY_ROUNDS = 2000, 1000, 2

CODES, ORGANIZATIONS, A_BATCH, DAYS = 1000, 20, 500, 30

IN_A_ROW = 5
"""Dashboards after each look at raw scans, which drives everything else out of the caches."""

COPY = """
COPY scan (id, created_at, organization_id, asset_id, asset_kind, device, country, os, browser,
  language, referrer_domain, visitor, is_bot, is_counted) FROM STDIN
"""

INSERT = """
INSERT INTO scan (id, created_at, organization_id, asset_id, asset_kind, device, is_bot, is_counted)
VALUES (%s, now(), %s, %s, 'qr', 'mobile', false, true)
"""

OTHERS = """
INSERT INTO scan (id, created_at, organization_id, asset_id, asset_kind, country, device, visitor,
  is_bot, is_counted)
SELECT uuidv7(), now() - n::float8 / %s * interval '30 days', %s, gen_random_uuid(), 'qr', 'DE',
  'mobile', n, false, true
FROM generate_series(1, %s) AS n
"""

RAW = """
SELECT date_trunc('day', created_at), country, device, count(*), count(DISTINCT visitor)
FROM scan WHERE asset_id = %s AND created_at > now() - interval '30 days' AND NOT is_bot
GROUP BY GROUPING SETS ((1), (2), (3))
"""


async def measure(lab: Lab) -> list[Row]:
    """In a database of its own, which no worker rolls up meanwhile: this process is the worker."""
    collect_seldom()
    scans, others, rounds = (
        (TINY_SCANS, TINY_OTHERS, TINY_ROUNDS)
        if lab.tiny
        else (FULL_SCANS, FULL_OTHERS, FULL_ROUNDS)
    )
    async with lab.stack() as stack:
        name = f"totals_{uuid4().hex[:8]}"
        async with await psycopg.AsyncConnection.connect(
            stack.database_url, autocommit=True
        ) as server:
            await server.execute(f"CREATE DATABASE {name}")
        url = f"{stack.database_url.rpartition('/')[0]}/{name}"
        upgrade(url)
        await connect(url)
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            rows = await _ingest(lab, connection, scans)
            rows.append(await _dashboard(lab, connection, scans, others, rounds))
    return rows


async def _ingest(lab: Lab, connection: psycopg.AsyncConnection, scans: int) -> list[Row]:
    lab.say("writing and rolling up scans")
    dice = Random(5)
    owners = [UUID(int=dice.getrandbits(128)) for _ in range(ORGANIZATIONS)]
    codes = [(UUID(int=dice.getrandbits(128)), owner) for owner in owners for _ in range(50)]
    weights = [1 / (n + 1) for n in range(CODES)]
    now = datetime.now(UTC)
    blocks = [
        _block(dice, [now] * A_BATCH, dice.choices(codes, weights, k=A_BATCH))
        for _ in range(scans // A_BATCH)
    ]
    few = max(50, scans // 200)
    began = perf_counter()
    for _ in range(few):
        await connection.execute(INSERT, (uuid4(), *codes[0]))
    alone = few / (perf_counter() - began)
    began = perf_counter()
    for block in blocks:
        await _copy(connection, block)
    written = perf_counter() - began
    rolled = 0
    while step := (await roll_up(RollUp())).scans:
        rolled += step
    took = perf_counter() - began
    if rolled != scans + few:
        raise Lost(f"{scans + few} scans were written and {rolled} rolled up")
    told = "one INSERT a commit"
    copied, ingested = scans / written, scans / took
    return [
        Row("scans_copied", copied, "scans/s", told, alone, "100,000/s", copied >= 100_000),
        Row("scans_ingested", ingested, "scans/s", told, alone, "40,000/s", ingested >= 40_000),
    ]


async def _dashboard(
    lab: Lab, connection: psycopg.AsyncConnection, scans: int, others: int, rounds: int
) -> Row:
    lab.say(f"making {others:,} scans of others")
    by: Actor = (await a_tenant("bench-totals")).actor
    code = await create_qr_code(CreateQrCode(by=by, destination_url="https://example.com/a"))
    await connection.execute("ALTER TABLE scan DISABLE TRIGGER scan_written")
    await connection.execute(OTHERS, (others, uuid4(), others))
    await connection.execute("ALTER TABLE scan ENABLE TRIGGER scan_written")
    dice, now = Random(6), datetime.now(UTC)
    for _ in range(scans // A_BATCH):
        moments = [now - timedelta(days=dice.random() * DAYS) for _ in range(A_BATCH)]
        await _copy(connection, _block(dice, moments, [(code.id, by.organization_id)] * A_BATCH))
    while (await roll_up(RollUp())).scans:
        pass
    await connection.execute("VACUUM ANALYZE")
    lab.say("dashboard")

    async def read() -> float:
        return median([await read_once() for _ in range(IN_A_ROW)])

    async def read_once() -> float:
        began = perf_counter()
        told = await read_statistics(ReadStatistics(by, "qr", code.id, days=DAYS + 1))
        took = (perf_counter() - began) * 1000
        if told.figures.visits != scans // A_BATCH * A_BATCH:
            raise Lost(f"{scans} scans were written and {told.figures.visits} told")
        return took

    async def raw() -> float:
        began = perf_counter()
        await (await connection.execute(RAW, (code.id,))).fetchall()
        return (perf_counter() - began) * 1000

    await in_turns(2, read, raw)
    value, anchor = await in_turns(rounds, read, raw)
    return Row("dashboard", value, "ms", "GROUP BY over raw scans", anchor, "5 ms", value < 5)


def _block(dice: Random, moments: list[datetime], assets: list[tuple[UUID, UUID]]) -> bytes:
    """A batch of scans, each of another visitor, as the lines of a COPY."""
    first = first_id(int(moments[0].timestamp() * 1000), dice.randbytes(6))
    stem = stem_of(first)
    lines = [
        f"{stem}{n:08x}\t{moments[n].isoformat()}\t{owner}\t{asset}\tqr\t{_known(dice)}"
        f"\t{dice.getrandbits(62)}\tf\tf\n"
        for n, (asset, owner) in enumerate(assets)
    ]
    return "".join(lines).encode()


def _known(dice: Random) -> str:
    """Device, country, system, browser, language and referrer."""
    return "\t".join(
        (
            dice.choice(("mobile", "mobile", "desktop", "tablet")),
            dice.choice(("DE", "DE", "DE", "AT", "CH", "FR", "US", "GB", "NL", "PL", "IT", "ES")),
            dice.choice(("iOS", "Android", "Windows", "Mac OS X")),
            dice.choice(("Mobile Safari", "Chrome Mobile", "Chrome", "Firefox", "Edge")),
            dice.choice(("de", "de", "en", "fr")),
            dice.choice(("\\N", "\\N", "google.com", "instagram.com", "example.org")),
        )
    )


async def _copy(connection: psycopg.AsyncConnection, block: bytes) -> None:
    async with connection.cursor() as cursor, cursor.copy(COPY) as copying:
        await copying.write(block)
