"""What ends at once: the time that it takes, and what visitors notice of it.

The anchor of the time is one UPDATE of as many rows, which tells nobody; that of the visits the
same visits when nothing ends.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID, uuid4

import psycopg
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.qr_codes.creating import CreateQrCode, create_qr_code
from tests.benchmarks.lab import Lab, a_tenant, quiet
from tests.benchmarks.load import Visit, put_load
from tests.benchmarks.measure import Lost, Row, percentile
from tests.benchmarks.redirect import make_codes
from workers.stack import Stack
from workflows.expire_assets import Expiry
from workflows.queues import SHORT

NAMES = ("expire", "expire_redirect_p99")

FULL, TINY = 100_000, 500
AT_ONCE = 64
"""Connections: the load for which `redirect_p99` has its goal. With few, visits wait for little
else, and ends are noticed more: with 4, their p99 was 8 to 33% longer in seven runs."""

SLICE_SECONDS = 2.0
QUIET_SECONDS = 12.0
"""Before and after, each: shorter ones differ from each other by a third."""

MOST_SECONDS = 60.0
MOST_WORSE = 1.2
NOTICED_WITHIN = 120.0

_COPIES = """
INSERT INTO qr_code SELECT (jsonb_populate_record(c, jsonb_build_object(
  'id', gen_random_uuid(), 'short_code', 'end' || n, 'expires_at', CAST(%s AS timestamptz)))).*
FROM qr_code AS c, generate_series(1, %s) AS n WHERE c.id = %s
"""
_PLAIN = (
    "UPDATE qr_code SET is_active = is_active, updated_at = updated_at WHERE short_code LIKE %s"
)
_LEFT = "SELECT count(*) FROM asset_end JOIN qr_code ON id = asset_id WHERE short_code LIKE %s"


async def measure(lab: Lab) -> list[Row]:
    """Seconds and milliseconds; raises `Lost` unless everything that is over has ended."""
    size = TINY if lab.tiny else FULL
    async with lab.stack() as stack:
        tenant = await a_tenant("expiry")
        visits = await make_codes(tenant.actor, "stays")
        lab.say(f"expire: {size} codes that end at once")
        code = await create_qr_code(
            CreateQrCode(by=tenant.actor, destination_url="https://example.com/", short_code="end")
        )
        await _copy(stack, code.id, size)
        plain = await _plainly(stack)
        await quiet(NOTICED_WITHIN)
        await put_load(stack.port, visits, at_once=AT_ONCE, seconds=SLICE_SECONDS)
        before = await _p99(stack, visits)
        lab.say("expire: they end, and others are visited")
        took, during = await _expire(stack, visits)
        await quiet(NOTICED_WITHIN)
        after = await _p99(stack, visits)
        left = await _count(stack, _LEFT)
    if left:
        raise Lost(f"{left} codes that are over did not end")
    anchor = (before + after) / 2
    return [
        Row("expire", took, "s", "one UPDATE", plain, "under 60 s", took < MOST_SECONDS),
        Row(
            name="expire_redirect_p99",
            value=during,
            unit="ms",
            anchor="p99 when nothing ends",
            anchor_value=anchor,
            goal="at most 20% more",
            holds=during <= anchor * MOST_WORSE,
        ),
    ]


async def _expire(stack: Stack, visits: Sequence[Visit]) -> tuple[float, float]:
    """Seconds that a pass took, and the p99 of visits meanwhile in milliseconds."""
    client = await Client.connect(stack.temporal_address, data_converter=pydantic_data_converter)
    began, ended, times = perf_counter(), [0.0], array("d")
    handle: WorkflowHandle[object, Expiry] = await client.start_workflow(
        "ExpireAssets", id=f"expire/{uuid4()}", task_queue=SHORT, result_type=Expiry
    )
    over = asyncio.create_task(handle.result())
    over.add_done_callback(lambda _: ended.append(perf_counter()))
    while not over.done():
        times += (await put_load(stack.port, visits, at_once=AT_ONCE, seconds=SLICE_SECONDS)).times
    await over
    return ended[-1] - began, percentile(times, 0.99) * 1000


async def _p99(stack: Stack, visits: Sequence[Visit]) -> float:
    """In slices like those meanwhile: the first visit of a connection takes longer."""
    began, times = perf_counter(), array("d")
    while perf_counter() - began < QUIET_SECONDS:
        times += (await put_load(stack.port, visits, at_once=AT_ONCE, seconds=SLICE_SECONDS)).times
    return percentile(times, 0.99) * 1000


async def _copy(stack: Stack, code: UUID, size: int) -> None:
    """So many codes whose end is a moment ago."""
    ends = datetime.now(UTC) - timedelta(seconds=1)
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        await connection.execute(_COPIES, (ends, size, code))
        await connection.commit()
        await connection.set_autocommit(True)
        await connection.execute("VACUUM ANALYZE qr_code, asset_end")


async def _plainly(stack: Stack) -> float:
    began = perf_counter()
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        await connection.execute(_PLAIN, ("end_%",))
    return perf_counter() - began


async def _count(stack: Stack, query: str) -> int:
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        row = await (await connection.execute(query, ("end_%",))).fetchone()
    assert row is not None
    return int(row[0])
