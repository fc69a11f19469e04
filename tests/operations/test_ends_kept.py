"""Ends to come are known as such, however a code or link is changed, and in a version before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.expiry.ending import EndAssets, end_assets
from activities.expiry.walking import SLICE, SLICES
from activities.links.creating import CreateLink, create_link
from activities.outside import Outside
from activities.qr_codes.shelving import (
    DeleteQrCode,
    RestoreQrCode,
    delete_qr_code,
    restore_qr_code,
)
from schema.db import transaction
from schema.migrate import downgrade, upgrade
from tests.builders.databases import a_database
from tests.builders.ending import many_like
from tests.builders.links import changed as changed_link
from tests.builders.qr_codes import a_dynamic, changed
from tests.builders.tenants import a_tenant
from tests.conftest import NOW
from workers.embedded_postgres import EmbeddedPostgres

DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    async with a_database(postgres.url, connections=8) as url:
        yield url


async def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    async with transaction() as session:
        return [tuple(row) for row in await session.execute(text(query), values)]


async def ends() -> list[tuple[Any, ...]]:
    return await rows("SELECT asset_kind, asset_id, expires_at FROM asset_end ORDER BY expires_at")


@pytest.mark.usefixtures("database", "world")
async def test_the_end_of_a_code_is_known_while_it_is_active_and_has_one() -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    assert await ends() == []
    at = [("qr", code.id, NOW + DAY)]
    await changed(by, code, expires_at=NOW + DAY)
    assert await ends() == at
    await changed(by, code, name="Another", destination_url="https://example.com/other")
    assert await ends() == at
    await changed(by, code, is_active=False)
    assert await ends() == []
    await changed(by, code, is_active=True)
    assert await ends() == at
    await changed(by, code, expires_at=NOW + 2 * DAY)
    assert await ends() == [("qr", code.id, NOW + 2 * DAY)]
    await delete_qr_code(DeleteQrCode(by, id=code.id))
    assert await ends() == []
    await restore_qr_code(RestoreQrCode(by, code.id))
    assert await ends() == [("qr", code.id, NOW + 2 * DAY)]
    await rows("DELETE FROM qr_code WHERE id = :id RETURNING id", id=code.id)
    assert await ends() == []


@pytest.mark.usefixtures("database", "world")
async def test_an_end_that_was_told_is_not_to_come_until_its_date_is_another() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW)
    link = await create_link(CreateLink(by, "https://example.com/l", expires_at=NOW))
    assert len(await ends()) == 2
    done = await end_assets(EndAssets(NOW))
    assert ((done.codes, done.links), await ends()) == ((1, 1), [])
    await changed(by, code, name="Another")
    await changed_link(by, link, name="Another")
    assert await ends() == []
    await changed_link(by, link, expires_at=NOW + DAY)
    assert await ends() == [("link", link.id, NOW + DAY)]


async def test_visits_wait_for_nothing_that_is_told(own_database: str) -> None:
    """No row of a code is written or locked: counting visits and editing go on meanwhile."""
    by = await a_tenant()
    codes = [await a_dynamic(by, expires_at=NOW) for _ in range(3)]
    held, let_go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with transaction() as session:
            await session.execute(text("SELECT id FROM qr_code FOR UPDATE"))
            held.set()
            await let_go.wait()

    holding = asyncio.create_task(hold())
    await held.wait()
    before = await rows("SELECT id, xmin::text FROM qr_code ORDER BY id")
    done = await asyncio.wait_for(end_assets(EndAssets(NOW)), 5)
    let_go.set()
    await holding
    assert done.codes == len(codes)
    assert await rows("SELECT id, xmin::text FROM qr_code ORDER BY id") == before


async def test_a_walk_ends_behind_its_last_transaction(own_database: str) -> None:
    """As many as one transaction takes, one less, and one more: none is left, none told twice."""
    by = await a_tenant()
    code = await a_dynamic(by)
    for number in (SLICE * SLICES - 1, SLICE * SLICES, SLICE * SLICES + 1, SLICE):
        async with transaction() as session:
            await many_like(session, code.id, number)
        done = await end_assets(EndAssets(NOW))
        assert (done.codes, done.is_done, await ends()) == (number, True, [])
        await rows("DELETE FROM qr_code WHERE expires_at IS NOT NULL RETURNING id")


async def test_what_is_to_end_is_so_after_the_version_before_too(own_database: str) -> None:
    by = await a_tenant()
    told = await a_dynamic(by, expires_at=NOW - DAY)
    await end_assets(EndAssets(NOW))
    await a_dynamic(by, expires_at=NOW + 9000 * DAY)
    await a_dynamic(by, expires_at=NOW + DAY, is_active=False)
    await create_link(CreateLink(by, "https://example.com/l", expires_at=NOW + 9001 * DAY))
    to_come = await ends()
    assert len(to_come) == 2
    await asyncio.to_thread(downgrade, own_database, "0012")
    ended = await rows("SELECT id FROM qr_code WHERE ended_at IS NOT NULL")
    assert ended == [(told.id,)]
    await asyncio.to_thread(upgrade, own_database)
    assert await ends() == to_come
