"""Ends and warnings when several workers look at once, and somebody edits meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from sqlalchemy import text

from activities.expiry.ending import EndAssets, end_assets
from activities.expiry.warning import WarnOfEnds, warn_of_ends
from activities.outside import Outside
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.ending import many_like
from tests.builders.keys import an_actor
from tests.builders.qr_codes import a_dynamic, changed
from tests.builders.tenants import an_organization
from tests.conftest import NOW
from workers.embedded_postgres import EmbeddedPostgres

MANY = 2500


@pytest_asyncio.fixture(autouse=True)
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    async with a_database(postgres.url, connections=8) as url:
        yield url


async def count(query: str) -> int:
    async with transaction() as session:
        return int(await session.scalar(text(query)) or 0)


async def test_of_several_at_once_each_end_and_warning_is_told_by_one() -> None:
    by = await an_actor(await an_organization(), plan="enterprise")
    code = await a_dynamic(by)
    async with transaction() as session:
        await many_like(session, code.id, MANY)
    early = WarnOfEnds(NOW - timedelta(hours=5))
    warned = await asyncio.gather(*(warn_of_ends(early) for _ in range(4)))
    assert sum(part.codes for part in warned) == MANY
    ended = await asyncio.gather(*(end_assets(EndAssets(NOW)) for _ in range(4)))
    assert sum(part.codes for part in ended) == MANY
    for kind in ("qr.expiry_warning", "qr.expired"):
        told = f"FROM event WHERE kind = '{kind}'"
        assert await count(f"SELECT count(*) {told}") == MANY
        assert await count(f"SELECT count(DISTINCT asset_id) {told}") == MANY
    assert await count("SELECT count(*) FROM asset_end") == 0


async def test_one_that_is_edited_meanwhile_is_not_waited_for() -> None:
    by = await an_actor(await an_organization(), plan="enterprise")
    first, second = [await a_dynamic(by, expires_at=NOW) for _ in range(2)]
    held, let_go = asyncio.Event(), asyncio.Event()

    async def edit() -> None:
        async with transaction():
            await changed(by, first, expires_at=NOW + timedelta(days=30))
            held.set()
            await let_go.wait()

    editing = asyncio.create_task(edit())
    await held.wait()
    done = await asyncio.wait_for(end_assets(EndAssets(NOW)), 5)
    assert (done.codes, done.is_done) == (1, True)
    let_go.set()
    await editing
    assert (await end_assets(EndAssets(NOW))).codes == 0
    assert await count("SELECT count(*) FROM event WHERE kind = 'qr.expired'") == 1
    assert await count(f"SELECT count(*) FROM asset_end WHERE asset_id = '{second.id}'") == 0
    assert await count(f"SELECT count(*) FROM asset_end WHERE asset_id = '{first.id}'") == 1
