"""A process that remembers 100,000 codes of a database of 1,000,000 stays below 400 MB.

The small size reckons from fewer codes, and too little: the first ones take memory that is free.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from schema.migrate import upgrade
from tests.benchmarks.load import Visit, put_load
from tests.benchmarks.processes import memory_mib
from tests.journeys.another_api import Api, another_api
from workers.first_run import HOME, make_key
from workers.stack import Stack

FULL = os.environ.get("INKLOOM_PROOF") == "full"
CODES, REMEMBERED = (1_000_000, 100_000) if FULL else (30_000, 24_000)
MOST_REMEMBERED, MOST_MB = 100_000, 400
STRANGERS = 20_000 if FULL else 2_000
"""Visitors unlike each other; in full more than a process remembers of browsers and networks."""

CONNECTIONS, A_SLICE = 128, 4_000

CODES_MADE = """
INSERT INTO qr_code (id, created_at, updated_at, organization_id, workspace_id, tag_ids, name,
  description, is_active, style, search_text, version, short_code, type, is_dynamic, content,
  destination_url, variants, scan_count)
SELECT ('0192f3a0-b1c2-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now(), now(), owner.id,
  workspace.id, '{}', 'Table ' || n, '', true, '{}', '', 1, 'card' || lpad(n::text, 7, '0'), 'URL',
  true, '{}', 'https://shop.example.com/spring/offers?table=' || lpad(n::text, 7, '0'), '[]', 0
FROM generate_series(0, %s - 1) AS n, organization owner
JOIN workspace ON workspace.organization_id = owner.id
"""
CLAIMS_MADE = """
INSERT INTO slug_claim (space, slug, organization_id, asset_id, created_at)
SELECT 'q', short_code, organization_id, id, created_at FROM qr_code
"""

MOVED = """
UPDATE qr_code SET destination_url = 'https://example.com/elsewhere'
WHERE short_code < 'card' || lpad(%s::text, 7, '0')
"""

pytestmark = pytest.mark.timeout(900)


@asynccontextmanager
async def an_api(stack: Stack, folder: Path) -> AsyncIterator[tuple[Api, str]]:
    """An API process of its own, and its database of many codes."""
    name = f"memory_{uuid4().hex[:8]}"
    url = f"{stack.database_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(stack.database_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            upgrade(url)
            here = {"database_url": SecretStr(url)}
            await make_key(stack.settings.model_copy(update=here), HOME, "first key")
            make_codes(url)
            own = {"DATABASE_URL": url, "SPOOL_DIR": str(folder / "spool")}
            async with another_api(stack, folder, own) as api:
                yield api, url
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def make_codes(url: str) -> None:
    """As if they had been made long ago: nobody is told of them."""
    with psycopg.connect(url) as database:
        database.execute("SET session_replication_role = replica")
        database.execute(CODES_MADE, (CODES,))
        database.execute(CLAIMS_MADE)
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("VACUUM ANALYZE qr_code, slug_claim")


def visit(number: int, stranger: int) -> Visit:
    """A visit to a code by one of the strangers."""
    dice = Random(stranger)
    address = ".".join(str(dice.randint(1, 223)) for _ in range(4))
    request = (
        f"GET /q/card{number:07} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {address}\r\n"
        "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
        f"(KHTML, like Gecko) Version/18.{stranger % 10_000} Mobile/15E148 Safari/604.1\r\n"
        f"Accept-Language: de-DE,de;q=0.{stranger % 9 + 1}\r\n"
        f"Referer: https://blog{stranger % 5000}.example.org/found\r\n\r\n"
    )
    return Visit(request.encode(), f"?table={number:07}\r\n".encode())


async def come(port: int, visits: Iterator[Visit]) -> None:
    """Make all visits; each has to be led to its own destination."""
    while some := [each for _, each in zip(range(A_SLICE), visits, strict=False)]:
        await put_load(port, some, at_once=CONNECTIONS, once=True)


async def test_100_000_remembered_codes_take_less_than_400_mb(stack: Stack, tmp_path: Path) -> None:
    async with an_api(stack, tmp_path) as (api, url):
        # First all else that a process remembers, so that what grows then are the codes.
        await come(api.port, (visit(n % 10, n) for n in range(STRANGERS)))
        before = memory_mib(api.pid)
        await come(api.port, (visit(n, n % STRANGERS) for n in range(REMEMBERED)))
        after = memory_mib(api.pid)
        with psycopg.connect(url) as database:
            # A change that nobody is told of is not seen: so what is answered then is remembered.
            database.execute("SET session_replication_role = replica")
            database.execute(MOVED, (REMEMBERED,))
        await come(api.port, (visit(n, n % STRANGERS) for n in range(0, REMEMBERED, 10)))
    a_code = (after - before) * 2**20 / REMEMBERED
    megabytes = (after * 2**20 + a_code * (MOST_REMEMBERED - REMEMBERED)) / 1e6
    assert megabytes < MOST_MB, f"{a_code:.0f} bytes a code"
    print(f"{after:.0f} MiB with {REMEMBERED}; {a_code:.0f} bytes a code; {megabytes:.0f} MB")
