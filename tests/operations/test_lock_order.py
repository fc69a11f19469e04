"""Who locks much takes it in one order, so that none wait for each other; where no order can be
given, what PostgreSQL ended is done again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.barcodes.shelving import (
    DeleteBarcode,
    RestoreBarcode,
    delete_barcode,
    restore_barcode,
)
from activities.bulk import DoEach, Done, Item, do_each
from activities.idempotency import Once, once
from activities.link_pages.shelving import (
    DeleteLinkPage,
    RestoreLinkPage,
    delete_link_page,
    restore_link_page,
)
from activities.links.creating import CreateLink, create_link
from activities.links.shelving import DeleteLink, RestoreLink, delete_link, restore_link
from activities.outside import Outside
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.qr_codes.shelving import (
    DeleteQrCode,
    RestoreQrCode,
    delete_qr_code,
    restore_qr_code,
)
from activities.qr_codes.views import QrCodeView
from activities.rules.errors import ShortCodeTaken
from activities.shelf.tags import DeleteTag, delete_tag
from schema.db import Deadlocked, through_deadlocks, transaction
from schema.locks import lock_organization
from tests.builders.barcodes import a_barcode
from tests.builders.databases import a_database
from tests.builders.pages import a_page
from tests.builders.scans import a_visit, found, how_many, write
from tests.builders.shelf import a_tag
from tests.builders.tenants import a_code, a_tenant
from workers.embedded_postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(60)

HOME = "https://example.com/"


@pytest_asyncio.fixture(autouse=True)
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[None]:
    async with a_database(postgres.url, connections=6):
        yield


@asynccontextmanager
async def meanwhile(asked: Awaitable[Any]) -> AsyncIterator[asyncio.Future[Any]]:
    """The block begins when what was asked for waits for the transaction that is open."""
    task: asyncio.Future[Any] = Context().run(asyncio.ensure_future, asked)
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with transaction() as session:
        while not await session.scalar(waiting):
            assert not task.done(), task.exception()
            await asyncio.sleep(0.01)
    try:
        yield task
    except BaseException:
        task.cancel()
        raise


async def hold(session: AsyncSession, table: str, id: UUID) -> None:
    """Lock a row as a change of it does; a fault when somebody else has it."""
    await session.execute(text("SET LOCAL lock_timeout = '200ms'"))
    await session.execute(text(f"SELECT FROM {table} WHERE id = :id FOR NO KEY UPDATE"), {"id": id})


async def test_the_end_of_a_tag_waits_for_a_link_before_it_has_its_codes() -> None:
    by = replace(await a_tenant(), plan="enterprise")
    tag = await a_tag(by, "sale")
    link = await create_link(CreateLink(by, HOME, tags=("sale",)))
    code = await create_qr_code(CreateQrCode(by, link_id=link.id, tags=("sale",)))
    async with transaction() as session:
        await hold(session, "link", link.id)
        async with meanwhile(delete_tag(DeleteTag(by, tag.id))) as ending:
            await hold(session, "qr_code", code.id)
    await ending
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).tags == ()


async def test_limited_visits_wait_for_links_before_they_have_codes() -> None:
    by = replace(await a_tenant(), plan="enterprise")
    link = await create_link(CreateLink(by, HOME, click_limit=9))
    code = await create_qr_code(CreateQrCode(by, HOME, scan_limit=9))
    batch = [a_visit(await found("qr", code.id)), a_visit(await found("link", link.id))]
    async with transaction() as session:
        await hold(session, "link", link.id)
        async with meanwhile(write(batch)) as written:
            await hold(session, "qr_code", code.id)
    assert await written == (True, True)


async def test_limited_visits_that_end_in_a_deadlock_are_decided_again() -> None:
    by = await a_tenant()
    codes = [await create_qr_code(CreateQrCode(by, HOME, scan_limit=9)) for _ in range(2)]
    first, second = sorted(code.id for code in codes)
    batch = [a_visit(await found("qr", each)) for each in (first, second)]
    async with transaction() as session:
        await hold(session, "qr_code", second)
        async with meanwhile(write(batch)) as written:
            # The batch waits longer already, so it is the one that PostgreSQL ends.
            await session.execute(text("SET LOCAL lock_timeout = 0"))
            ask = "SELECT FROM qr_code WHERE id = :id FOR NO KEY UPDATE"
            await session.execute(text(ask), {"id": first})
    assert await written == (True, True)
    assert await how_many("scan") == 2


@pytest.mark.parametrize("noun", ["qr_code", "link", "barcode", "link_page"])
async def test_what_is_restored_waits_for_the_organization_before_it_is_held(noun: str) -> None:
    by = await a_tenant()
    restoring: Awaitable[Any]
    if noun == "qr_code":
        asset = (await a_code(by)).id
        await delete_qr_code(DeleteQrCode(by, asset))
        restoring = restore_qr_code(RestoreQrCode(by, asset))
    elif noun == "link":
        asset = (await create_link(CreateLink(by, HOME))).id
        await delete_link(DeleteLink(by, asset))
        restoring = restore_link(RestoreLink(by, asset))
    elif noun == "barcode":
        asset = (await a_barcode(by)).id
        await delete_barcode(DeleteBarcode(by, asset))
        restoring = restore_barcode(RestoreBarcode(by, asset))
    else:
        asset = (await a_page(by)).id
        await delete_link_page(DeleteLinkPage(by, asset))
        restoring = restore_link_page(RestoreLinkPage(by, asset))
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        async with meanwhile(restoring) as restored:
            await hold(session, noun, asset)
    assert (await restored).id == asset


@dataclass
class Crossing:
    """Two who each hold one thing before they ask for that of the other, at their first try."""

    both: asyncio.Barrier
    made: int = 0

    async def create(self, command: CreateQrCode) -> QrCodeView:
        code = await create_qr_code(command)
        self.made += 1
        if self.made <= 2:
            await self.both.wait()
        return code


def outcome(done: Done) -> list[type[Exception] | str | None]:
    return [
        type(result.refusal) if result.refusal else result.view.short_code
        for result in done.results
    ]


async def test_of_two_crossing_bulks_one_is_done_again_and_finds_the_other_done() -> None:
    by = replace(await a_tenant(), plan="enterprise")
    crossing = Crossing(asyncio.Barrier(2))

    def bulk(*codes: str) -> DoEach:
        items = tuple(Item(CreateQrCode(by, HOME, short_code=code)) for code in codes)
        return DoEach(crossing.create, items)

    first, second = await asyncio.gather(do_each(bulk("one", "two")), do_each(bulk("two", "one")))
    ends = (outcome(first), outcome(second))
    assert [ShortCodeTaken] * 2 in ends
    assert (["one", "two"] in ends) != (["two", "one"] in ends)
    async with transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM qr_code")) == 2
        assert await session.scalar(text("SELECT count(*) FROM event")) == 2


async def crossing_rows() -> tuple[UUID, UUID, Any]:
    """Two rows and a work that locks both, in the order it is given, when the other has one."""
    by = await a_tenant()
    a, b = (await a_code(by)).id, (await a_code(by)).id
    both, tries = asyncio.Barrier(2), []

    async def work(*ids: UUID) -> int:
        async with transaction() as session:
            for place, row in enumerate(ids):
                statement = text("UPDATE qr_code SET version = version + 1 WHERE id = :id")
                await session.execute(statement, {"id": row})
                if place == 0:
                    tries.append(row)
                    if len(tries) <= 2:
                        await both.wait()
        return len(tries)

    return a, b, work


async def versions() -> set[int]:
    async with transaction() as session:
        return set((await session.execute(text("SELECT version FROM qr_code"))).scalars())


async def test_a_deadlock_is_told_from_a_database_that_is_away() -> None:
    a, b, work = await crossing_rows()
    ended = await asyncio.gather(work(a, b), work(b, a), return_exceptions=True)
    assert [type(one) for one in ended if isinstance(one, BaseException)] == [Deadlocked]
    assert await versions() == {2}


async def test_what_ended_in_a_deadlock_is_done_again() -> None:
    a, b, work = await crossing_rows()
    ended = await asyncio.gather(
        through_deadlocks(lambda: work(a, b)), through_deadlocks(lambda: work(b, a))
    )
    assert sorted(ended)[-1] == 3
    assert await versions() == {3}


async def test_within_a_transaction_who_opened_it_begins_again() -> None:
    a, b, work = await crossing_rows()

    async def act(*ids: UUID) -> bytes:
        return b"%d" % await through_deadlocks(lambda: work(*ids))

    first, second = await asyncio.gather(
        once(Once(UUID(int=1), "first", b"x", lambda: act(a, b))),
        once(Once(UUID(int=1), "second", b"y", lambda: act(b, a))),
    )
    assert not first.is_replay
    assert not second.is_replay
    assert await versions() == {3}
    again = await once(Once(UUID(int=1), "first", b"x", lambda: act(a, b)))
    assert (again.is_replay, again.answer) == (True, first.answer)


async def test_what_never_gets_through_is_given_up() -> None:
    tries = []

    async def work() -> None:
        tries.append(1)
        raise Deadlocked("deadlock detected")

    with pytest.raises(Deadlocked):
        await through_deadlocks(work)
    assert len(tries) == 4
