"""`/api/org/{orgId}/scans/export`: raw scans as CSV."""

from __future__ import annotations

import asyncio
import csv
import io
import tracemalloc
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp, Message, Scope

from activities.rules.spelling import prefixed, stamp
from activities.rules.throttles import EXPORTS
from activities.statistics.rolling import RollUp, roll_up
from api.workspace.scan_words import COLUMNS
from api.workspace.scans_export import AT_ONCE
from tests.api.conftest import Client, Tenant
from tests.api.traffic import PREFIXES, TODAY, Traffic, actor_of
from tests.builders.batches import Seen, a_batch
from tests.builders.qr_codes import a_dynamic
from tests.builders.visits import a_link
from tests.conftest import NOW

MANY = 15_000
VISITS = 500


def path_of(tenant: Tenant) -> str:
    return f"/api/org/{tenant.organization}/scans/export"


async def table(client: Client, tenant: Tenant, **query: Any) -> list[dict[str, str]]:
    answer = await client.get(path_of(tenant), headers=tenant.workspace, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert 'filename="inkloom-scans.csv"' in answer.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert answer.text.splitlines()[0] == ",".join(COLUMNS)
    return lines


def spelled(scan: Seen) -> tuple[str, str, str, str]:
    id_ = prefixed(PREFIXES[scan.kind], scan.asset_id)
    return stamp(scan.at), id_, str(scan.is_bot).lower(), scan.told["country"] or ""


def lines_of(rows: list[dict[str, str]]) -> Counter[tuple[str, str, str, str]]:
    return Counter((r["time"], r["asset_id"], r["is_bot"], r["country"]) for r in rows)


@pytest.mark.parametrize("is_rolled_up", [False, True])
async def test_every_scan_of_the_days_is_there_once(
    client: Client, traffic: Traffic, is_rolled_up: bool
) -> None:
    if is_rolled_up:
        await roll_up(RollUp())
    first = TODAY - timedelta(29)
    wanted = [scan for scan in traffic.scans if scan.at.date() >= first]
    rows = await table(client, traffic.tenant)
    assert lines_of(rows) == Counter(map(spelled, wanted))
    order = [(row["asset_id"].partition("_")[2], row["time"]) for row in rows]
    assert order == sorted(order)
    assert {row["kind"] for row in rows} == {"qr", "link", "page", "barcode"}
    names = {row["asset_id"]: row["asset_name"] for row in rows}
    assert names[prefixed("qr", traffic.ids["qr"])] == "Menu"
    assert {row["utm_source"] for row in rows} == {"news", ""}
    people = {row["visitor"] for row in rows}
    assert len(people) == 7
    assert all(not who or (who[0] == "v" and len(who) == 17) for who in people)


@pytest.mark.parametrize(("kind", "name"), [("qr", "qrId"), ("link", "linkId")])
async def test_scans_of_one_asset_on_some_days(
    client: Client, traffic: Traffic, kind: str, name: str
) -> None:
    id_ = traffic.ids[kind]
    days = {"from": "2026-11-01", "to": "2026-11-05", "timeZone": "Europe/Berlin"}
    rows = await table(client, traffic.tenant, **days, **{name: prefixed(PREFIXES[kind], id_)})
    begins, ends = "2026-10-31T23:00:00.000Z", "2026-11-05T23:00:00.000Z"
    wanted = [s for s in traffic.scans if s.asset_id == id_ and begins <= stamp(s.at) < ends]
    assert lines_of(rows) == Counter(map(spelled, wanted))
    assert rows


async def test_large_and_small_assets_are_all_read(client: Client, tenant: Tenant) -> None:
    by = await actor_of(tenant)
    sizes = [1, AT_ONCE, AT_ONCE + 1, 3, 2 * AT_ONCE, 0, AT_ONCE - 1, 7]
    codes = [await a_dynamic(by, name=f"Code {size}") for size in sizes]
    for code, size in zip(codes, sizes, strict=True):
        if size:
            # Many at the same moment: only the ids tell them apart.
            await a_batch([Seen(code.id, by.organization_id, NOW) for _ in range(size)])
    rows = await table(client, tenant)
    assert Counter(row["asset_name"] for row in rows) == {f"Code {n}": n for n in sizes if n}


async def test_a_cell_is_never_a_formula(client: Client, tenant: Tenant) -> None:
    by = await actor_of(tenant)
    code = await a_dynamic(by, name="=HYPERLINK(1)")
    told = {"city": "@SUM(1)", "browser": "-1+2", "referrer_domain": "=evil"}
    scan = Seen(code.id, by.organization_id, NOW, told=told, utm={"source": "+cmd|x"})
    await a_batch([scan])
    (row,) = await table(client, tenant)
    for name in ("asset_name", "city", "browser", "referrer", "utm_source"):
        assert row[name].startswith("'"), name


@pytest.mark.usefixtures("client")
async def test_many_scans_are_streamed_in_little_memory(
    application: ASGIApp, tenant: Tenant
) -> None:
    by = await actor_of(tenant)
    code = await a_dynamic(by)
    for part in range(0, MANY, 5_000):
        at = NOW - timedelta(seconds=MANY - part)
        seen = [
            Seen(code.id, by.organization_id, at + timedelta(milliseconds=n), visitor=n % 999)
            for n in range(5_000)
        ]
        await a_batch(seen)
    await roll_up(RollUp(MANY))
    del seen
    sizes, lines, most = await streamed(application, path_of(tenant), tenant)
    assert lines == MANY + 1
    assert sum(sizes) > 80 * MANY
    assert max(sizes) < 256 * 1024
    assert most < 2 * 1024 * 1024, f"{most:,} bytes at once"


async def streamed(application: ASGIApp, path: str, tenant: Tenant) -> tuple[list[int], int, int]:
    """The sizes of the pieces of an answer, its lines, and the most memory that making it took.

    The client of the other tests would put all of it together.
    """
    sizes: list[int] = []
    lines = 0

    async def send(message: Message) -> None:
        nonlocal lines
        body = message.get("body", b"")
        sizes.append(len(body))
        lines += body.count(b"\r\n")

    async def receive() -> Message:
        await asyncio.sleep(0 if not sizes else 3600)
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"cookie", tenant.workspace["Cookie"].encode())],
        "scheme": "https",
        "server": ("ink.test", 443),
        "client": ("203.0.113.9", 1),
    }
    tracemalloc.start()
    try:
        await application(scope, receive, send)
        return sizes, lines, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2023-01-01", "to": "2026-01-01"}, "from"),
        ({"days": "732"}, "days"),
        ({"timeZone": "Nowhere"}, "timeZone"),
        ({"qrId": "x"}, "qrId"),
        ({"linkId": "qr_" + "0" * 32}, "linkId"),
        ({"qrId": "qr_" + "1" * 32, "linkId": "lnk_" + "1" * 32}, "linkId"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    client: Client, tenant: Tenant, query: dict[str, str], field: str
) -> None:
    answer = await client.get(path_of(tenant), params=query, headers=tenant.workspace)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["fields"]) == [field]


async def test_scans_of_others_are_not_there(
    client: Client, traffic: Traffic, stranger: Tenant
) -> None:
    assert await table(client, stranger) == []
    for name, kind in (("qrId", "qr"), ("linkId", "link")):
        query = {name: prefixed(PREFIXES[kind], traffic.ids[kind])}
        answer = await client.get(path_of(stranger), params=query, headers=stranger.workspace)
        assert answer.status_code == 404
    answer = await client.get(path_of(traffic.tenant), headers=stranger.workspace)
    assert answer.status_code == 404


async def test_scans_of_what_was_thrown_away_are_still_the_organizations(
    client: Client, tenant: Tenant
) -> None:
    by = await actor_of(tenant)
    link = await a_link(by, name="Gone")
    await a_batch([Seen(link.id, by.organization_id, NOW, kind="link")])
    id_ = prefixed("lnk", link.id)
    await client.delete(f"/api/links/{id_}", headers=tenant.workspace)
    assert [row["asset_name"] for row in await table(client, tenant)] == ["Gone"]
    answer = await client.get(path_of(tenant), params={"linkId": id_}, headers=tenant.workspace)
    assert answer.status_code == 404


async def test_an_export_is_noted_and_not_had_all_the_time(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    statuses = []
    for _ in range(EXPORTS.burst + 1):
        answer = await client.get(path_of(tenant), headers=tenant.workspace)
        statuses.append(answer.status_code)
    assert statuses == [200] * EXPORTS.burst + [429]
    assert int(answer.headers["retry-after"]) > 0
    acts = "SELECT count(*) FROM audit_entry WHERE action = 'assets.exported'"
    assert await database.scalar(text(acts)) == EXPORTS.burst
