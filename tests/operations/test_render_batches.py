"""Batches of pictures: each part is drawn once, and what is not made is given back."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.outside import Outside
from activities.pictures.batches import (
    CancelBatch,
    FindBatch,
    KeepBatch,
    WithdrawBatch,
    cancel_batch,
    find_batch,
    keep_batch,
    withdraw_batch,
)
from activities.pictures.batches_reading import (
    FindInterrupted,
    ListBatches,
    OpenArchive,
    ReadBatch,
    find_interrupted,
    list_batches,
    open_archive,
    read_batch,
)
from activities.pictures.batches_running import BatchProgress, RenderNextPart, render_next_part
from activities.pictures.bulk_items import BulkItem, order_of
from activities.pictures.bulk_judging import PrepareBulk, prepare_bulk
from activities.pictures.making import Wish
from activities.pictures.quota import ReadAllowance, read_allowance
from activities.render.batches import draw_many
from activities.rules.actors import Actor
from activities.rules.errors import IdempotencyMismatch, NotFound, QuotaSpent
from activities.rules.paging import PageRequest
from activities.sweeping import SweepExpired, sweep_expired
from api.archives import kept_archive
from tests.builders.databases import a_database
from tests.builders.pictures import a_batch, drawn, some_items
from tests.builders.tenants import a_code, a_tenant
from workers.embedded_postgres import EmbeddedPostgres

within = pytest.mark.usefixtures("database", "world")


async def used(by: Actor) -> int:
    return (await read_allowance(ReadAllowance(by.organization_id, by.plan))).used


async def archive_of(by: Actor, id: UUID) -> zipfile.ZipFile:
    view = await open_archive(OpenArchive(by, id))
    content = b"".join([part async for part in kept_archive(by, id, view)])
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


@within
async def test_a_batch_is_drawn_part_by_part() -> None:
    by = await a_tenant()
    wrong = BulkItem(data="x", name="Odd", wish=Wish(size_px=17))
    batch = await a_batch(by, *some_items(300), wrong)
    assert (batch.status, batch.total, batch.failed, await used(by)) == ("waiting", 301, 1, 300)
    with pytest.raises(NotFound):
        await open_archive(OpenArchive(by, batch.id))
    first = await render_next_part(RenderNextPart(batch.id))
    assert (first.status, first.failed) == ("running", 1)
    assert 100 <= first.done < 300
    assert await drawn(batch) == BatchProgress("done", 301, 300, 1)
    archive = await archive_of(by, batch.id)
    assert len(archive.namelist()) == len(set(archive.namelist())) == 301
    manifest = archive.read("manifest.csv").decode().splitlines()
    assert manifest[1] == "0,Item 0,0000-Item 0.png,number 0,100,"
    assert manifest[301].startswith("300,Odd,,,,size_px: ")
    view = await read_batch(ReadBatch(by, batch.id))
    assert [(fault.index, fault.name) for fault in view.faults] == [(300, "Odd")]
    assert await render_next_part(RenderNextPart(batch.id)) == BatchProgress("done", 301, 300, 1)


@within
async def test_styles_and_logos_stay_as_they_were_asked_for() -> None:
    by = await a_tenant()
    changes = {
        "gradient": {"type": "radial", "colors": ["#1d4ed8", "#7c3aed"], "angle": 10},
        "module_shape": "dot",
        "background": None,
        "frame": {"text": "Scan me", "color": "#1d4ed8"},
    }
    item = BulkItem(data="x", changes=changes, wish=Wish("svg", inches=2.0))
    bulk = await prepare_bulk(PrepareBulk(by, (item,)))
    batch = (await keep_batch(KeepBatch(by, uuid4(), bulk, b"d"))).batch
    await drawn(batch)
    alone = draw_many([order_of(bulk.lines[0], bulk.looks)])
    archive = await archive_of(by, batch.id)
    begin = archive.infolist()[0].compress_size
    assert alone.outcomes[0].member is not None
    assert begin == alone.outcomes[0].member.packed
    assert alone.outcomes[0].member.crc == archive.infolist()[0].CRC


@within
async def test_new_codes_are_made_once_and_those_refused_are_given_back() -> None:
    by = await a_tenant()
    items = [BulkItem(destination_url=f"https://example.com/{n}") for n in range(3)]
    batch = await a_batch(by, *items)
    # Meanwhile the plan has become full but for two.
    for n in range(48):
        await a_code(by, f"https://example.com/other/{n}")
    progress = await drawn(batch)
    assert progress == BatchProgress("done", 3, 2, 1)
    assert await used(by) == 2
    (fault,) = (await read_batch(ReadBatch(by, batch.id))).faults
    assert "allows up to 50 assets" in fault.sentence
    rows = (await archive_of(by, batch.id)).read("manifest.csv").decode().splitlines()
    assert sum("https://ink.test/q/" in row for row in rows) == 2


@within
async def test_a_cancelled_batch_gives_back_what_was_not_drawn() -> None:
    by = await a_tenant()
    batch = await a_batch(by, *some_items(300))
    done = (await render_next_part(RenderNextPart(batch.id))).done
    for _ in range(2):
        await cancel_batch(CancelBatch(by, batch.id))
        assert await used(by) == done
    assert (await render_next_part(RenderNextPart(batch.id))).status == "cancelled"
    with pytest.raises(NotFound):
        await open_archive(OpenArchive(by, batch.id))
    assert (await read_batch(ReadBatch(by, batch.id))).status == "cancelled"


@within
async def test_the_same_request_is_kept_once() -> None:
    by = await a_tenant()
    bulk = await prepare_bulk(PrepareBulk(by, some_items(2)))
    command = KeepBatch(by, uuid4(), bulk, b"digest")
    first = await keep_batch(command)
    again = await keep_batch(command)
    assert (again.batch, again.allowance.used) == (first.batch, 2)
    assert (await find_batch(FindBatch(by, command.id, b"digest"))) == again
    for digest in (b"other", b""):
        with pytest.raises(IdempotencyMismatch):
            await keep_batch(replace(command, digest=digest))


@within
async def test_what_is_withdrawn_was_never_there() -> None:
    by = await a_tenant()
    batch = await a_batch(by, *some_items(2))
    await withdraw_batch(WithdrawBatch(by, batch.id))
    assert await used(by) == 0
    assert (await render_next_part(RenderNextPart(batch.id))).is_over
    begun = await a_batch(by, *some_items(2))
    await render_next_part(RenderNextPart(begun.id))
    await withdraw_batch(WithdrawBatch(by, begun.id))
    assert (await read_batch(ReadBatch(by, begun.id))).status == "done"


@pytest.mark.usefixtures("world")
async def test_too_much_for_the_month_keeps_nothing(database: AsyncConnection) -> None:
    by = await a_tenant()
    with pytest.raises(QuotaSpent):
        await a_batch(by, *some_items(501))
    assert await database.scalar(text("SELECT count(*) FROM render_batch")) == 0


@within
async def test_batches_of_others_are_unknown() -> None:
    one, other = await a_tenant("one"), await a_tenant("other")
    batch = await a_batch(one, *some_items(1))
    await drawn(batch)
    for refused in (
        read_batch(ReadBatch(other, batch.id)),
        open_archive(OpenArchive(other, batch.id)),
        cancel_batch(CancelBatch(other, batch.id)),
        withdraw_batch(WithdrawBatch(other, batch.id)),
    ):
        with pytest.raises(NotFound):
            await refused
    restricted = replace(one, workspace_id=uuid4())
    for by, count in ((one, 1), (other, 0), (restricted, 0)):
        assert (await list_batches(ListBatches(by, PageRequest()))).total == count


@pytest.mark.usefixtures("world")
async def test_a_batch_is_kept_for_seven_days(database: AsyncConnection, clock: FixedClock) -> None:
    by = await a_tenant()
    batch = await a_batch(by, *some_items(1))
    await drawn(batch)
    clock.moment += timedelta(days=7, seconds=-1)
    await sweep_expired(SweepExpired())
    await archive_of(by, batch.id)
    clock.moment += timedelta(seconds=1)
    with pytest.raises(NotFound):
        await read_batch(ReadBatch(by, batch.id))
    await sweep_expired(SweepExpired())
    for table in ("render_part", "render_batch"):
        assert await database.scalar(text(f"SELECT count(*) FROM {table}")) == 0


@pytest_asyncio.fixture
async def tenant(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[Actor]:
    """On connections of its own, so that two commit at once."""
    async with a_database(postgres.url, connections=8):
        yield await a_tenant()


async def test_workers_that_draw_the_same_part_keep_it_once(tenant: Actor) -> None:
    wrong = [BulkItem(data="x", changes={"foreground": "#eeeeee"}) for _ in range(2)]
    batch = await a_batch(tenant, *some_items(20), *wrong)
    command = RenderNextPart(batch.id)
    told = await asyncio.gather(*(render_next_part(command) for _ in range(4)))
    assert {progress.done for progress in told} == {20}
    assert await read_batch(ReadBatch(tenant, batch.id)) is not None
    assert await used(tenant) == 20


async def test_a_batch_cancelled_while_it_is_drawn_is_paid_by_what_was_drawn(
    tenant: Actor,
) -> None:
    batch = await a_batch(tenant, *some_items(60))
    await asyncio.gather(drawn(batch), cancel_batch(CancelBatch(tenant, batch.id)))
    view = await read_batch(ReadBatch(tenant, batch.id))
    assert (view.status, await used(tenant)) == ("cancelled", view.done)


@within
async def test_a_batch_that_nobody_began_is_found_after_a_minute(clock: FixedClock) -> None:
    by = await a_tenant()
    waiting, begun = [await a_batch(by, *some_items(2)) for _ in range(2)]
    await drawn(begun)
    assert await find_interrupted(FindInterrupted()) == ()
    clock.moment += timedelta(seconds=61)
    (found,) = await find_interrupted(FindInterrupted())
    assert (found.batch.id, found.organization_id) == (waiting.id, by.organization_id)
    clock.moment += timedelta(days=8)
    assert await find_interrupted(FindInterrupted()) == (), "it has expired"
