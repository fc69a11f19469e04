"""Lists of QR codes: searched, filtered, sorted, and read page by page while others write."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.gateways.clock import FixedClock
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import (
    ListQrCodes,
    SummarizeQrCodes,
    list_qr_codes,
    summarize_qr_codes,
)
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.rules.actors import Actor
from activities.rules.listings import Filter, Listing, Sort
from activities.rules.paging import Cursor, PageRequest
from activities.rules.payloads.contents import EXAMPLES, ContentType
from activities.shelf.folders import CreateFolder, create_folder
from tests.builders.keys import a_workspace, an_actor
from tests.builders.qr_codes import A, B, a_dynamic, a_static, changed
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def names(by: Actor, dynamic_only: bool = False, **asked: Any) -> list[str]:
    listing = Listing(PageRequest(), **asked)
    page = await list_qr_codes(ListQrCodes(by, listing, dynamic_only))
    assert page.total == len(page.items)
    return [code.name for code in page.items]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("summer menu", True),
        ("MENU", True),
        ("me", True),
        ("at  the BAR", True),
        ("Card-24", True),
        ("card-24", True),
        ("example.com/menu", True),
        ("exam_le", False),
        ("%", False),
        ("winter", False),
    ],
)
async def test_a_dynamic_code_is_found_by_its_words(search: str, found: bool) -> None:
    by = await a_tenant()
    await a_dynamic(
        by,
        name="Summer  Menu",
        short_code="Card-24",
        description="At the bar",
        destination_url="https://example.com/menu",
    )
    await a_dynamic(by, name="other", short_code="zzzzzzz", destination_url="https://other.test")
    assert await names(by, search=search) == (["Summer  Menu"] if found else [])


@pytest.mark.parametrize(
    ("kind", "search"),
    [
        ("WIFI", "größenwahn"),
        ("VCARD", "hauptstraße"),
        ("VCARD", "juergen@example"),
        ("VCARD", "+4915112345678"),
        ("EMAIL", "table at 8"),
        ("EVENT", "opening night"),
        ("TEXT", "bon appétit"),
        ("GS1", "09506000134352"),
        ("GEO", "brandenburger"),
    ],
)
async def test_a_static_code_is_found_by_what_it_says(kind: ContentType, search: str) -> None:
    by = await a_tenant()
    await a_static(by, kind, name="this")
    await a_dynamic(by, name="other")
    assert await names(by, search=search) == ["this"]


async def test_nobody_finds_a_network_by_its_password() -> None:
    by = await a_tenant()
    await a_static(by, "WIFI", name="this")
    assert await names(by, search=EXAMPLES["WIFI"]["password"]) == []


async def test_what_was_changed_is_found_by_its_new_words_only() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, name="Lunch")
    assert await names(by, search=(code.short_code or "").upper()) == ["Lunch"]
    await changed(by, code, name="Dinner", short_code="tonight")
    assert await names(by, search="tonight") == ["Dinner"]
    assert await names(by, search="lunch") == []


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("all", ["ab", "off", "past", "soon"]),
        ("active", ["ab", "soon"]),
        ("inactive", ["off", "past"]),
        ("ab", ["ab"]),
        ("expiring", ["soon"]),
        ("health_failing", []),
    ],
)
async def test_filters_leave_out_the_others(
    clock: FixedClock, filter: Filter, found: list[str]
) -> None:
    by = await a_tenant()
    await a_dynamic(by, name="ab", variants=(A, B), expires_at=clock.moment + timedelta(days=8))
    await a_dynamic(by, name="off", is_active=False, expires_at=clock.moment + timedelta(days=1))
    await a_dynamic(by, name="past", expires_at=clock.moment - timedelta(days=1))
    await a_dynamic(by, name="soon", expires_at=clock.moment + timedelta(days=7))
    assert sorted(await names(by, filter=filter)) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("newest", ["b", "C", "a"]),
        ("oldest", ["a", "C", "b"]),
        ("updated", ["a", "b", "C"]),
        ("name", ["a", "b", "C"]),
        ("-name", ["C", "b", "a"]),
        ("visits", ["C", "b", "a"]),
    ],
)
async def test_lists_are_sorted_as_asked(
    database: AsyncConnection, clock: FixedClock, sort: Sort, found: list[str]
) -> None:
    by = await a_tenant()
    codes = []
    for name in ("a", "C", "b"):
        clock.moment += timedelta(minutes=1)
        codes.append(await a_dynamic(by, name=name))
    clock.moment += timedelta(minutes=1)
    await changed(by, codes[0], description="newer")
    await database.execute(text("UPDATE qr_code SET scan_count = 3 WHERE name = 'C'"))
    assert await names(by, sort=sort) == found


async def test_places_and_tags_narrow_a_list() -> None:
    home = await an_organization()
    by = await an_actor(home, plan="pro")
    folder = await create_folder(CreateFolder(by, "Here"))
    aside = await a_workspace(home)
    await a_dynamic(by, name="inside", folder_id=folder.id, tags=("summer", "bar"))
    await a_dynamic(by, name="aside", workspace_id=aside, tags=("Summer",))
    await a_static(by, "TEXT", name="static")
    assert await names(by, folder_id=folder.id) == ["inside"]
    assert await names(by, workspace_id=aside) == ["aside"]
    assert sorted(await names(by, tags=("SUMMER",))) == ["aside", "inside"]
    assert await names(by, tags=("summer", "bar")) == ["inside"]
    assert await names(by, tags=("unknown",)) == []
    assert sorted(await names(by, dynamic_only=True)) == ["aside", "inside"]
    bound = await an_actor(home, plan="pro", workspace_id=aside)
    assert await names(bound) == ["aside"]
    summary = await summarize_qr_codes(SummarizeQrCodes(bound))
    assert (summary.total, summary.active) == (1, 1)


async def test_the_summary_leaves_the_trash_out(database: AsyncConnection) -> None:
    by = await a_tenant()
    await a_dynamic(by, is_active=False)
    code = await a_dynamic(by)
    await database.execute(text("UPDATE qr_code SET scan_count = 4"))
    summary = await summarize_qr_codes(SummarizeQrCodes(by))
    assert (summary.total, summary.active, summary.scan_count) == (2, 1, 8)
    await delete_qr_code(DeleteQrCode(by, code.id))
    summary = await summarize_qr_codes(SummarizeQrCodes(by))
    assert (summary.total, summary.active, summary.scan_count) == (1, 0, 4)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_a_cursor_never_skips_or_repeats_while_others_write(
    clock: FixedClock, size: int
) -> None:
    by = await a_tenant()
    before: list[str] = []
    for number in range(9):
        # Three at a time are of one moment: the id decides between them.
        clock.moment += timedelta(minutes=number % 3 == 0)
        before.append((await a_dynamic(by, name=f"before {number}")).name)
    seen: list[str] = []
    after: Cursor | None = None
    while True:
        asked = Listing(PageRequest(size=size, after=after))
        page = await list_qr_codes(ListQrCodes(by, asked))
        seen += [code.name for code in page.items]
        clock.moment += timedelta(minutes=1)
        await a_dynamic(by, name=f"meanwhile {len(seen)}")
        after = page.next
        if after is None:
            break
    assert sorted(seen) == before
    assert len(page.items) <= size


async def test_the_last_page_has_no_next(clock: FixedClock) -> None:
    by = await a_tenant()
    for _ in range(4):
        await a_dynamic(by)
    full = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(size=4))))
    assert (len(full.items), full.next) == (4, None)
    named = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(size=2), sort="name")))
    assert (len(named.items), named.next) == (2, None)


async def test_a_create_and_a_change_ask_the_database_few_questions(engine: AsyncEngine) -> None:
    by = await a_tenant()
    asked: list[str] = []

    def note(*said: Any) -> None:
        if not said[2].startswith(("SAVEPOINT", "RELEASE")):
            asked.append(said[2])

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        code = await create_qr_code(CreateQrCode(by, "https://example.com/"))
        creating = len(asked)
        await changed(by, code, name="Menu", destination_url="https://example.com/menu")
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert creating <= 9, asked  # one for the style that codes of its workspace begin with
    assert len(asked) - creating <= 8, asked[creating:]


async def test_times_keep_their_microseconds_in_a_cursor(clock: FixedClock) -> None:
    by = await a_tenant()
    clock.moment = datetime.fromisoformat("2026-11-21T12:00:00.123456+00:00")
    await a_dynamic(by, name="older")
    clock.moment += timedelta(microseconds=1)
    await a_dynamic(by, name="newer")
    first = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(size=1))))
    second = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(size=1, after=first.next))))
    assert [first.items[0].name, second.items[0].name] == ["newer", "older"]
