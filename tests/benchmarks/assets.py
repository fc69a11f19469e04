"""Lists over 100,000 codes, searched and filtered, over HTTP; and 1,000 codes made in one call."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

import httpx
import psycopg

from activities.accounts import CreateOrganization, create_organization
from activities.sessions import OpenSession, open_session
from tests.benchmarks.lab import Lab, quiet
from tests.benchmarks.measure import Lost, Row, in_turns
from workers.stack import Stack

NAMES = ("list_filtered", "list_searched", "list_plain", "list_deep", "bulk_create")

FULL_ROUNDS, FULL, FULL_BULK = 15, 100_000, 1000
TINY_ROUNDS, TINY, TINY_BULK = 2, 2000, 50

FOLDERS, TAGS = 50, 40

FILL = """
INSERT INTO qr_code (id, created_at, organization_id, workspace_id, folder_id, tag_ids, name,
  short_code, destination_url, is_active, search_text, updated_at, description, style, version,
  variants, type, is_dynamic, content, scan_count)
SELECT gen_random_uuid(), now() - n * interval '1 second', %(organization)s, w.id,
  f.ids[1 + n %% array_length(f.ids, 1)], ARRAY[t.ids[1 + n %% array_length(t.ids, 1)]],
  s.word || ' campaign ' || n, 'bench' || n, 'https://example.com/landing/' || md5(n::text),
  n %% 10 <> 0,
  lower(s.word) || ' campaign ' || n || ' bench' || n || ' https://example.com/landing/'
    || md5(n::text),
  now(), '', '{}', 1, '[]', 'URL', true, '{}', n %% 100
FROM generate_series(1, %(count)s) n
CROSS JOIN LATERAL (
  SELECT (ARRAY['Summer', 'Winter', 'Menu', 'Poster', 'Flyer', 'Badge'])[1 + n %% 6] AS word) s
CROSS JOIN (SELECT id FROM workspace WHERE organization_id = %(organization)s) w
CROSS JOIN (SELECT array_agg(id ORDER BY name) AS ids FROM folder
  WHERE organization_id = %(organization)s) f
CROSS JOIN (SELECT array_agg(id ORDER BY name) AS ids FROM tag
  WHERE organization_id = %(organization)s) t
"""

SCAN = """
SELECT id FROM qr_code WHERE organization_id = %s AND search_text LIKE '%%campaign 77%%'
ORDER BY created_at DESC LIMIT 25
"""


@dataclass(frozen=True)
class _Office:
    """A tenant with very many codes, and a session of its owner."""

    client: httpx.AsyncClient
    organization: str
    folder: str
    database: str


async def measure(lab: Lab) -> list[Row]:
    """Milliseconds a page, beside the same search without its index."""
    rounds, count, bulk = (
        (TINY_ROUNDS, TINY, TINY_BULK) if lab.tiny else (FULL_ROUNDS, FULL, FULL_BULK)
    )
    async with lab.stack() as stack:
        office = await _office(lab, stack, count)
        async with aclosing(office.client):
            rows = [
                await _list(lab, office, rounds, name, params)
                for name, params in (
                    (
                        "list_filtered",
                        {"search": "campaign", "folderId": office.folder, "tag": "tag 07"},
                    ),
                    ("list_searched", {"search": "campaign 77"}),
                    ("list_plain", {}),
                    ("list_deep", {"page": str(count // 50)}),
                )
            ]
            rows.append(await _bulk(lab, office, bulk))
        await quiet(120)
        return rows


async def _office(lab: Lab, stack: Stack, count: int) -> _Office:
    lab.say(f"making {count:,} codes")
    made = await create_organization(
        CreateOrganization("Bench", "bench-assets", "bench-assets@example.com", "Ada", "enterprise")
    )
    token = (await open_session(OpenSession(made.owner_id))).token
    client = httpx.AsyncClient(
        base_url=stack.public_url, headers={"Cookie": f"ink_session={token}"}, timeout=60
    )
    folders = [await _make(client, "/api/folders", f"folder {n:02}") for n in range(FOLDERS)]
    for number in range(TAGS):
        await _make(client, "/api/tags", f"tag {number:02}")
    database = stack.database_url
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(FILL, {"organization": made.id, "count": count})
        await connection.execute("VACUUM ANALYZE qr_code")
    return _Office(client, str(made.id), folders[7], database)


async def _make(client: httpx.AsyncClient, path: str, name: str) -> str:
    answer = await client.post(path, json={"name": name})
    if answer.status_code != 201:
        raise Lost(f"{path}: {answer.status_code} {answer.text}")
    return str(answer.json()["id"])


async def _list(lab: Lab, office: _Office, rounds: int, name: str, params: dict[str, str]) -> Row:
    lab.say(name)

    async def page() -> float:
        began = perf_counter()
        answer = await office.client.get("/api/qr", params=params)
        took = (perf_counter() - began) * 1000
        if answer.status_code != 200 or not answer.json()["items"]:
            raise Lost(f"{name}: {answer.status_code} {answer.text[:200]}")
        return took

    async with await psycopg.AsyncConnection.connect(office.database) as connection:
        # Without the index over three signs: what every list would cost that searches.
        await connection.execute("SET enable_bitmapscan = off")

        async def scan() -> float:
            began = perf_counter()
            await (await connection.execute(SCAN, (office.organization,))).fetchall()
            return (perf_counter() - began) * 1000

        await in_turns(2, page, scan)
        value, anchor = await in_turns(rounds, page, scan)
    return Row(name, value, "ms", "LIKE over all rows", anchor, "50 ms", value < 50)


async def _bulk(lab: Lab, office: _Office, count: int) -> Row:
    lab.say("bulk_create")
    codes = [{"destinationUrl": f"https://example.com/bulk/{n}"} for n in range(count)]

    async def at_once() -> float:
        began = perf_counter()
        answer = await office.client.post("/api/qr/bulk", json={"items": codes})
        took = perf_counter() - began
        if answer.status_code != 201 or answer.json()["failed"]:
            raise Lost(f"bulk_create: {answer.status_code} {answer.text[:200]}")
        return count / took

    async def one_by_one() -> float:
        few = count // 10
        began = perf_counter()
        for code in codes[:few]:
            answer = await office.client.post("/api/qr", json=code)
            if answer.status_code != 201:
                raise Lost(f"bulk_create: {answer.status_code} {answer.text[:200]}")
        return few / (perf_counter() - began)

    value, anchor = await in_turns(2, at_once, one_by_one)
    return Row("bulk_create", value, "codes/s", "one by one", anchor, "200/s", value >= 200)
