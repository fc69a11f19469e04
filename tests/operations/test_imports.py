"""Files of other platforms: judged before anything is made, then made part by part, once."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import perf_counter

import openpyxl
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.imports.previewing import PreviewImport, preview_import
from activities.imports.reading import (
    ListImportItems,
    ListImports,
    ReadImport,
    list_import_items,
    list_imports,
    read_import,
)
from activities.imports.running import (
    AT_ONCE,
    CancelImport,
    ImportPart,
    PasswordsBusy,
    StartImport,
    cancel_import,
    import_part,
    may_start_import,
)
from activities.imports.views import ImportItemView, ImportView
from activities.links.creating import CreateLink, create_link
from activities.passwords import (
    MOST_AT_ONCE,
    MOST_WAITING,
    CheckPassword,
    HashSharedPassword,
    SharedPassword,
    check_password,
    hash_shared_password,
)
from activities.render.tables import xlsx_bytes
from activities.retention.forgetting import Forget, forget
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, NotNow, RateLimited
from activities.rules.paging import PageRequest
from tests.builders.databases import a_database
from tests.builders.tenants import a_tenant
from tests.builders.visits import a_domain
from workers.embedded_postgres import EmbeddedPostgres

pytestmark = pytest.mark.usefixtures("database", "world")

BITLY = b"""long_url,link,title,created_at,tags
https://example.com/spring,https://bit.ly/spring26,Spring sale,2024-03-01T09:30:00+0000,
http://example.com/plain,https://bit.ly/plain1,,2024-03-01T09:30:00+0000,
https://example.com/menu,https://bit.ly/menu,Menu,2024-03-01T09:30:00+0000,"food,print"
"""


async def looked_at(by: Actor, content: bytes = BITLY, **more: object) -> ImportView:
    return await preview_import(PreviewImport(by, content, **more))  # type: ignore[arg-type]


async def lines(by: Actor, job: ImportView) -> list[ImportItemView]:
    page = await list_import_items(ListImportItems(by, job.id, PageRequest(size=100)))
    return list(page.items)


async def run(job: ImportView) -> int:
    """Make all parts, as the workflow does; how many parts that took."""
    parts = 1
    while not (await import_part(ImportPart(job.id))).is_over:
        parts += 1
    return parts


async def links(database: AsyncConnection) -> list[tuple[str, str]]:
    rows = await database.execute(text("SELECT slug, destination_url FROM link ORDER BY slug"))
    return [(row.slug, row.destination_url) for row in rows]


async def test_a_file_is_judged_and_nothing_is_made(database: AsyncConnection) -> None:
    by = await a_tenant()
    job = await looked_at(by)
    assert (job.format, job.status, job.total, job.good, job.bad) == ("bitly", "previewed", 3, 2, 1)
    assert job.columns["destination"] == ("long_url",)
    items = await lines(by, job)
    assert [item.slug for item in items] == ["spring26", "plain1", "menu"]
    assert items[1].problems == ("Use an https address as destination.",)
    assert [item.status for item in items] == ["waiting", "failed", "waiting"]
    assert await links(database) == []


async def test_its_good_lines_become_links_once(database: AsyncConnection) -> None:
    by = await a_tenant()
    job = await looked_at(by, tags=("moved",))
    await run(job)
    assert await run(job) == 1
    assert await links(database) == [
        ("menu", "https://example.com/menu"),
        ("spring26", "https://example.com/spring"),
    ]
    ended = await read_import(ReadImport(by, job.id))
    assert (ended.status, ended.made, ended.failed) == ("done", 2, 1)
    assert ended.finished_at is not None
    first = (await lines(by, job))[0]
    assert (first.status, first.problems) == ("made", ())
    row = (await database.execute(text("SELECT * FROM link WHERE slug = 'menu'"))).one()
    assert (row.id, row.name) == ((await lines(by, job))[2].link_id, "Menu")
    tags = text("SELECT tag.name FROM tag JOIN link ON tag.id = ANY(tag_ids) WHERE link.id = :id")
    assert {t.name for t in await database.execute(tags, {"id": row.id})} == {
        *("food", "print", "moved")
    }
    assert (
        await database.scalar(text("SELECT count(*) FROM event WHERE kind = 'link.created'")) == 2
    )


async def test_a_long_file_is_made_in_parts(database: AsyncConnection) -> None:
    by = await a_tenant()
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    rows = "".join(f"https://example.com/{n},slug{n}\n" for n in range(AT_ONCE + 20))
    job = await looked_at(by, f"url,slug\n{rows}".encode())
    assert await run(job) == 2
    assert await database.scalar(text("SELECT count(*) FROM link")) == AT_ONCE + 20


async def test_slugs_that_belong_to_somebody_are_told_before(database: AsyncConnection) -> None:
    other, by = await a_tenant("other"), await a_tenant()
    await create_link(CreateLink(other, "https://example.com/", slug="menu"))
    job = await looked_at(by)
    assert job.bad == 2
    assert (await lines(by, job))[2].problems == ("The slug 'menu' is taken; choose another.",)


async def test_a_slug_that_was_taken_meanwhile_fails_its_line_only() -> None:
    other, by = await a_tenant("other"), await a_tenant()
    job = await looked_at(by)
    await create_link(CreateLink(other, "https://example.com/", slug="menu"))
    await run(job)
    items = await lines(by, job)
    assert [item.status for item in items] == ["made", "failed", "failed"]
    assert "taken" in items[2].problems[0]


async def test_links_that_come_back_home_are_refused() -> None:
    by = await a_tenant()
    job = await looked_at(by, b"url,slug\nhttps://ink.test/q/abc,home1\n")
    (item,) = await lines(by, job)
    assert "circles" in item.problems[0]
    with pytest.raises(NotNow, match="No line"):
        await may_start_import(StartImport(by, job.id))


async def test_an_unknown_file_says_what_is_known() -> None:
    with pytest.raises(InvalidFields, match=r"Known are exports of .*Bitly"):
        await looked_at(await a_tenant(), b"wohin,name\nhttps://example.com/,x\n")


async def test_a_mapping_reads_any_file() -> None:
    by = await a_tenant()
    mapping = {"destination": "wohin", "slug": "kurz"}
    job = await looked_at(by, b"wohin,kurz\nhttps://example.com/,kurz1\n", mapping=mapping)
    (item,) = await lines(by, job)
    assert (item.destination_url, item.slug, item.problems) == (
        *("https://example.com/", "kurz1", ()),
    )


async def test_a_workbook_is_refused_by_name() -> None:
    book = xlsx_bytes("x", ("url",), [("https://example.com/",)])
    assert openpyxl.load_workbook(io.BytesIO(book))
    with pytest.raises(InvalidFields, match="CSV"):
        await looked_at(await a_tenant(), book)


async def test_a_password_waits_sealed_and_is_hashed(database: AsyncConnection) -> None:
    by = await a_tenant()
    file = b"url,slug,password\nhttps://example.com/,secret1,swordfish-9\n"
    job = await looked_at(by, file)
    kept = await database.scalar(text("SELECT string_agg(i::text, '') FROM import_item i"))
    assert "swordfish" not in str(kept)
    await run(job)
    stored = await database.scalar(text("SELECT password_hash FROM link"))
    assert (await check_password(CheckPassword("swordfish-9", stored))).is_right
    sealed = text("SELECT values ->> 'sealed_password' FROM import_item")
    assert await database.scalar(sealed) is None


async def test_no_password_of_a_line_with_problems_is_kept(database: AsyncConnection) -> None:
    by = await a_tenant()
    job = await looked_at(
        by, b"url,password\nhttp://example.com/,swordfish-9\nhttps://a.test/,ab\n"
    )
    assert [item.status for item in await lines(by, job)] == ["failed", "failed"]
    assert "Use 4 to 128 characters." in (await lines(by, job))[1].problems[0]
    sealed = text("SELECT count(*) FROM import_item WHERE values ->> 'sealed_password' <> ''")
    assert await database.scalar(sealed) == 0


async def test_a_line_whose_password_finds_no_turn_waits(database: AsyncConnection) -> None:
    by = await a_tenant()
    protected = "".join(f"https://example.com/{n},queue{n},swordfish-{n}\n" for n in range(2))
    job = await looked_at(by, f"url,slug,password\n{protected}https://a.test/,open1,\n".encode())
    async with all_turns_taken():
        first = await import_part(ImportPart(job.id))
        assert (first.status, first.made, first.failed) == ("running", 1, 0)
        with pytest.raises(PasswordsBusy):
            await import_part(ImportPart(job.id))
        assert [item.status for item in await lines(by, job)] == ["waiting", "waiting", "made"]
    await run(job)
    assert [item.status for item in await lines(by, job)] == ["made"] * 3
    hashes = (
        await database.execute(text("SELECT password_hash FROM link ORDER BY slug"))
    ).scalars()
    assert [bool(stored) for stored in hashes] == [False, True, True]


@asynccontextmanager
async def all_turns_taken() -> AsyncIterator[None]:
    """As many passwords wait as may; whenever one is done there is another."""
    queue = set[asyncio.Task[SharedPassword]]()
    is_open = True

    def join() -> None:
        if is_open:
            work = asyncio.ensure_future(hash_shared_password(HashSharedPassword("correct horse")))
            queue.add(work)
            work.add_done_callback(leave)

    def leave(work: asyncio.Task[SharedPassword]) -> None:
        queue.discard(work)
        if not work.cancelled():
            work.exception()
        join()

    for _ in range(MOST_AT_ONCE + MOST_WAITING):
        join()
    await asyncio.sleep(0)
    try:
        yield
    finally:
        is_open = False
        waiting = tuple(queue)
        for work in waiting:
            work.cancel()
        await asyncio.wait(waiting)


async def test_one_slug_on_two_domains_becomes_two_links(database: AsyncConnection) -> None:
    by = await a_tenant()
    await a_domain(by, "go.example.com")
    file = b"url,slug,domain\nhttps://a.test/,sale,go.example.com\nhttps://b.test/,sale,bit.ly\n"
    job = await looked_at(by, file)
    assert (job.good, job.duplicate_slugs) == (2, ())
    await run(job)
    assert await links(database) == [("sale", "https://a.test/"), ("sale", "https://b.test/")]


async def test_looking_at_a_file_makes_no_tag_and_asks_for_no_room(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    for n in range(50):
        await create_link(CreateLink(by, f"https://example.com/{n}"))
    job = await looked_at(by, b"url,tags\nhttps://example.com/,own\n", tags=("moved",))
    assert await database.scalar(text("SELECT count(*) FROM tag")) == 0
    await run(job)
    (item,) = await lines(by, job)
    assert "50" in item.problems[0]
    with pytest.raises(InvalidFields, match="tags"):
        await looked_at(by, tags=("x" * 51,))


async def test_files_are_judged_outside_of_transactions(postgres: EmbeddedPostgres) -> None:
    async with a_database(postgres.url, connections=1):
        by = await a_tenant("alone")
        rows = "".join(f"https://example.com/{n},alone{n}\n" for n in range(10_000))
        looking = asyncio.create_task(looked_at(by, f"url,slug\n{rows}".encode()))
        waits = []
        while not looking.done():
            began = perf_counter()
            await list_imports(ListImports(by, PageRequest()))
            waits.append(perf_counter() - began)
            await asyncio.sleep(0.01)
        assert (await looking).good == 10_000
        # Others had the only connection while the file was judged.
        assert len(waits) > 10


async def test_sixty_files_an_hour_are_looked_at(clock: FixedClock) -> None:
    by, other = await a_tenant(), await a_tenant("other")
    for _ in range(60):
        await looked_at(by, b"url\nhttps://example.com/\n")
    with pytest.raises(RateLimited, match="try again in 60 s"):
        await looked_at(by)
    await looked_at(other)
    clock.moment += timedelta(minutes=1)
    await looked_at(by)


async def forget_imports(clock: FixedClock) -> None:
    for kind in ("import_lines", "imports"):
        await forget(Forget(kind, clock.now()))


async def test_what_is_over_for_thirty_days_is_forgotten(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    done, seen, running = await looked_at(by), await looked_at(by), await looked_at(by)
    await run(done)
    under_way = text("UPDATE import_job SET status = 'running' WHERE id = :id")
    await database.execute(under_way, {"id": running.id})
    clock.moment += timedelta(days=30, seconds=1)
    with pytest.raises(NotNow, match="30 days"):
        await may_start_import(StartImport(by, seen.id))
    await forget_imports(clock)
    left = await list_imports(ListImports(by, PageRequest()))
    assert {job.id for job in left.items} == {seen.id, running.id}
    clock.moment += timedelta(days=1)
    await forget(Forget("imports", clock.now()))
    assert (await list_imports(ListImports(by, PageRequest()))).total == 2
    await forget_imports(clock)
    assert [job.id for job in (await list_imports(ListImports(by, PageRequest()))).items] == [
        running.id
    ]
    assert await database.scalar(text("SELECT count(*) FROM import_item")) == 3
    assert len(await links(database)) == 2


async def test_a_cancelled_import_makes_no_more(database: AsyncConnection) -> None:
    by = await a_tenant()
    job = await looked_at(by)
    assert (await cancel_import(CancelImport(by, job.id))).status == "cancelled"
    assert (await import_part(ImportPart(job.id))).status == "cancelled"
    assert await links(database) == []
    with pytest.raises(NotNow, match="cancelled"):
        await may_start_import(StartImport(by, job.id))


async def test_what_is_done_cannot_be_cancelled() -> None:
    by = await a_tenant()
    job = await looked_at(by)
    await run(job)
    with pytest.raises(NotNow, match="is done"):
        await cancel_import(CancelImport(by, job.id))


async def test_another_tenants_import_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    job = await looked_at(theirs)
    for asked in (
        read_import(ReadImport(mine, job.id)),
        list_import_items(ListImportItems(mine, job.id, PageRequest())),
        may_start_import(StartImport(mine, job.id)),
        cancel_import(CancelImport(mine, job.id)),
    ):
        with pytest.raises(NotFound):
            await asked
    assert (await list_imports(ListImports(mine, PageRequest()))).total == 0
    assert (await list_imports(ListImports(theirs, PageRequest()))).total == 1


async def test_two_workers_at_once_make_each_link_once(postgres: EmbeddedPostgres) -> None:
    async with a_database(postgres.url, connections=8):
        by = await a_tenant("racing")
        rows = "".join(f"https://example.com/{n},race{n}\n" for n in range(40))
        job = await looked_at(by, f"url,slug\n{rows}".encode())
        reports = await asyncio.gather(*[import_part(ImportPart(job.id)) for _ in range(4)])
        assert {report.made for report in reports} == {40}
        assert (await read_import(ReadImport(by, job.id))).failed == 0
