"""What a redirect costs of the processor, remembered or not, and how soon an edit is everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

from sqlalchemy import text

from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.actors import Actor
from schema.db import transaction
from tests.benchmarks.lab import Lab, a_tenant, quiet
from tests.benchmarks.load import Visit, put_load
from tests.benchmarks.measure import Lost, Row, in_turns
from tests.benchmarks.nginx import nginx
from tests.benchmarks.processes import cpu_seconds, with_children
from workers.stack import Stack

NAMES = ("redirect_cpu", "redirect_new", "redirect_new_cpu", "redirect_edit")

AT_ONCE = 64
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
CPU_GOAL, NEW_GOAL, EDIT_GOAL = 3.0, 2.0, 1.0


@dataclass(frozen=True)
class Size:
    """Rounds, seconds of each slice of load, codes that are new in a round, and edits."""

    rounds: int
    seconds: float
    new: int
    edits: int


FULL, TINY = Size(5, 1.5, 3000, 30), Size(1, 0.3, 200, 3)


@dataclass
class Server:
    """A server under load, and the processes that work for it."""

    port: int
    pids: Sequence[int]

    async def cpu(self, visits: Sequence[Visit], seconds: float) -> float:
        """Microseconds of processor time an answer."""
        before = cpu_seconds(self.pids)
        load = await put_load(self.port, visits, at_once=AT_ONCE, seconds=seconds)
        return (cpu_seconds(self.pids) - before) / len(load.times) * 1e6


async def measure(lab: Lab) -> list[Row]:
    """Microseconds, answers a second, and seconds."""
    size = TINY if lab.tiny else FULL
    async with lab.stack() as stack, _anchors(lab, stack) as (bare, asking, empty):
        await quiet()
        lab.say("what redirects cost")
        actor = (await a_tenant("cost")).actor
        serve = stack.children["serve"].pid
        ours = Server(stack.port, (serve, *_postgres(stack)))
        rows = [await _cpu(size, ours, empty or bare, await _codes(actor, "cost", 200))]
        if empty is None:
            lab.say("nginx is not installed: redirect_cpu has Starlette's 302 as its anchor")
        lab.say("what redirects cost that nobody remembers")
        rows += await _new(size, Server(stack.port, (serve,)), bare, asking, actor)
        lab.say("how soon an edit is seen")
        rows.append(await _edit(size, stack.port, actor))
    return rows


@asynccontextmanager
async def _anchors(lab: Lab, stack: Stack) -> AsyncIterator[tuple[Server, Server, Server | None]]:
    """Starlette's empty 302, the same with a query each, and nginx's where there is one."""
    async with AsyncExitStack() as servers:
        urls = []
        for module in ("bare", "query_each"):
            served = lab.server(f"tests.benchmarks.{module}", {"DATABASE_URL": stack.database_url})
            urls.append(await servers.enter_async_context(served))
        bare, asking = (Server(urlsplit(url).port or 0, (pid,)) for url, pid in urls)
        found = await servers.enter_async_context(nginx(lab.folder))
        yield bare, asking, Server(found.port, (found.pid,)) if found else None


async def _cpu(size: Size, ours: Server, empty: Server, visits: Sequence[Visit]) -> Row:
    await ours.cpu(visits, size.seconds)
    anchor, value = await in_turns(
        size.rounds,
        lambda: empty.cpu(visits, size.seconds),
        lambda: ours.cpu(visits, size.seconds),
    )
    return Row(
        name="redirect_cpu",
        value=value,
        unit="us CPU",
        anchor="an empty 302 of nginx",
        anchor_value=anchor,
        goal=f"{CPU_GOAL:g} times that, PostgreSQL included",
        holds=value <= CPU_GOAL * anchor,
    )


async def _new(size: Size, ours: Server, bare: Server, asking: Server, by: Actor) -> list[Row]:
    """Each code is visited once, so nothing of it can be remembered."""
    numbers = iter(range(10_000))
    rates: dict[int, list[float]] = {ours.port: [], asking.port: []}

    async def once(server: Server) -> float:
        visits = await _codes(by, f"new{next(numbers)}", size.new)
        before, began = cpu_seconds(server.pids), perf_counter()
        load = await put_load(server.port, visits, at_once=AT_ONCE, once=True)
        rates[server.port].append(len(load.times) / (perf_counter() - began))
        return (cpu_seconds(server.pids) - before) / len(load.times) * 1e6

    known = await _codes(by, "old", 200)
    anchor, _, value = await in_turns(
        size.rounds,
        lambda: bare.cpu(known, size.seconds),
        lambda: once(asking),
        lambda: once(ours),
    )
    rate, asked = (sorted(rates[s.port])[len(rates[s.port]) // 2] for s in (ours, asking))
    return [
        Row("redirect_new", rate, "1/s", "Starlette, a SELECT each", asked, "more", rate > asked),
        Row(
            name="redirect_new_cpu",
            value=value,
            unit="us CPU",
            anchor="Starlette, empty 302",
            anchor_value=anchor,
            goal=f"{NEW_GOAL:g} times that",
            holds=value <= NEW_GOAL * anchor,
        ),
    ]


async def _edit(size: Size, port: int, by: Actor) -> Row:
    """From the end of an operation in this process until the other leads to the new address."""
    code = await create_qr_code(
        CreateQrCode(by=by, destination_url="https://example.com/0", short_code="edited1")
    )
    slowest = bare = 0.0
    for number in range(1, size.edits + 1):
        target = f"https://example.com/{number}"
        await put_load(
            port, [_visit("edited1", f"https://example.com/{number - 1}")], at_once=1, once=True
        )
        await update_qr_code(UpdateQrCode(by=by, id=code.id, destination_url=target))
        began = perf_counter()
        while not await _leads_to(port, target):
            if perf_counter() - began > 5:
                raise Lost("an edit was not seen within 5 s")
        slowest = max(slowest, perf_counter() - began)
        began = perf_counter()
        await _leads_to(port, target)
        bare = max(bare, perf_counter() - began)
    return Row(
        name="redirect_edit",
        value=slowest * 1000,
        unit="ms",
        anchor="one redirect, the slowest",
        anchor_value=bare * 1000,
        goal="under 1 s",
        holds=slowest < EDIT_GOAL,
    )


async def _leads_to(port: int, target: str) -> bool:
    try:
        await put_load(port, [_visit("edited1", target)], at_once=1, once=True)
    except Lost:
        return False
    return True


async def _codes(by: Actor, stem: str, count: int) -> list[Visit]:
    """Codes of which no process knows yet, written in one statement each table."""
    values = {
        "stem": stem,
        "count": count,
        "organization": by.organization_id,
    }
    async with transaction() as session:
        workspace = await session.scalar(
            text("SELECT id FROM workspace WHERE organization_id = :organization LIMIT 1"), values
        )
        await session.execute(_CODES, {**values, "workspace": workspace})
    await asyncio.sleep(0.3)
    return [_visit(f"{stem}x{n}", f"/{stem}x{n}\r\n") for n in range(1, count + 1)]


_CODES = text(
    """
    WITH made AS (
      INSERT INTO qr_code (
        id, created_at, updated_at, organization_id, workspace_id, tag_ids, name, description,
        is_active, style, search_text, version, destination_url, variants, short_code, type,
        is_dynamic, content, scan_count
      )
      SELECT gen_random_uuid(), now(), now(), :organization, :workspace, '{}', '', '',
        true, '{}', '', 1, 'https://example.com/' || :stem || 'x' || n, '[]', :stem || 'x' || n,
        'URL', true, '{}', 0
      FROM generate_series(1, :count) AS n
      RETURNING id, short_code
    )
    INSERT INTO slug_claim (space, slug, organization_id, asset_id, created_at)
    SELECT 'q', short_code, :organization, id, now() FROM made
    """
)


def _visit(code: str, target: str) -> Visit:
    request = (
        f"GET /q/{code} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {AGENT}\r\n"
        "Accept: */*\r\nAccept-Language: de-DE,de;q=0.9\r\n\r\n"
    )
    return Visit(request.encode(), target.encode())


def _postgres(stack: Stack) -> list[int]:
    """The embedded server with its backends."""
    pid = (stack.data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]
    return with_children(int(pid))
