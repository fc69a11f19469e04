"""Counters of codes and links are right at every moment, rolled up or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.links.changing import UpdateLink, update_link
from activities.links.reading import (
    ListLinks,
    ReadLink,
    SummarizeLinks,
    list_links,
    read_link,
    summarize_links,
)
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.reading import (
    ListQrCodes,
    ReadQrCode,
    SummarizeQrCodes,
    list_qr_codes,
    read_qr_code,
    summarize_qr_codes,
)
from activities.rules.actors import Actor
from activities.rules.listings import Listing
from activities.rules.paging import PageRequest
from activities.statistics.rolling import RollUp, roll_up
from tests.builders.batches import Seen, a_batch, later
from tests.builders.tenants import a_code, a_tenant
from tests.builders.visits import a_link, count
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

SOON = NOW - timedelta(minutes=3)


async def of_code(by: Actor, id: UUID) -> tuple[Any, ...]:
    """Its counters, as every way of reading them says."""
    code = await read_qr_code(ReadQrCode(by, id=id))
    listed = (await list_qr_codes(ListQrCodes(by, Listing(PageRequest())))).items
    assert code.scan_count == sum(each.scan_count for each in listed)
    assert code.scan_count == (await summarize_qr_codes(SummarizeQrCodes(by))).scan_count
    return code.scan_count, code.unique_count, code.last_scanned_at


async def of_link(by: Actor, id: UUID) -> tuple[Any, ...]:
    link = await read_link(ReadLink(by, id=id))
    listed = (await list_links(ListLinks(by, Listing(PageRequest())))).items
    assert link.click_count == sum(each.click_count for each in listed)
    assert link.click_count == (await summarize_links(SummarizeLinks(by))).click_count
    return link.click_count, link.last_clicked_at


async def test_a_code_counts_scans_that_wait() -> None:
    by = await a_tenant()
    code, _ = await a_code(by), await a_code(by)
    assert await of_code(by, code.id) == (0, 0, None)
    seen = Seen(code.id, by.organization_id, SOON, visitor=1)
    again = later(seen, at=NOW)
    bot, counted = later(seen, is_bot=True, at=NOW), later(seen, is_counted=True, visitor=2)
    await a_batch([seen, again, bot, counted, later(seen, visitor=None)])
    for _ in range(2):
        assert await of_code(by, code.id) == (3, 2, NOW)
        await roll_up(RollUp())
    yesterday = later(seen, at=NOW - timedelta(days=1))
    await a_batch([later(again, at=NOW - timedelta(hours=3)), yesterday])
    await a_batch([later(again, visitor=3)])
    for _ in range(2):
        assert await of_code(by, code.id) == (6, 4, NOW)
        await roll_up(RollUp())


async def test_a_link_counts_clicks_that_wait() -> None:
    by = await a_tenant()
    link, _ = await a_link(by), await a_link(by)
    assert await of_link(by, link.id) == (0, None)
    seen = Seen(link.id, by.organization_id, SOON, kind="link")
    await a_batch([seen, later(seen, at=NOW, is_bot=True), later(seen, is_counted=True)])
    await a_batch([later(seen, at=NOW)])
    for _ in range(2):
        assert await of_link(by, link.id) == (2, NOW)
        await roll_up(RollUp())


async def test_what_waits_for_others_is_not_ours() -> None:
    by, stranger = await a_tenant(), await a_tenant("other")
    code, theirs = await a_code(by), await a_code(stranger)
    seen = Seen(theirs.id, stranger.organization_id, NOW, visitor=1)
    await a_batch([seen, seen])
    await a_batch([Seen(code.id, by.organization_id, NOW, visitor=1)])
    assert await of_code(by, code.id) == (1, 1, NOW)
    assert await of_code(stranger, theirs.id) == (2, 1, NOW)


async def test_a_code_that_gets_a_limit_has_all_its_scans_in_its_counter(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    code, other = await a_code(by), await a_code(by)
    seen = Seen(code.id, by.organization_id, SOON, visitor=1)
    await a_batch([seen, later(seen, is_bot=True), later(seen, asset_id=other.id)])
    await a_batch([later(seen, at=NOW)])
    limited = await update_qr_code(UpdateQrCode(by, code.id, scan_limit=5))
    assert (limited.scan_count, limited.unique_count, limited.last_scanned_at) == (2, 1, NOW)
    assert await count(database, f"qr_code WHERE scan_count = 2 AND id = '{code.id}'") == 1
    assert await count(database, "scan WHERE is_counted") == 2
    await roll_up(RollUp())
    read = await read_qr_code(ReadQrCode(by, id=code.id))
    assert (read.scan_count, read.unique_count) == (2, 1)
    assert (await read_qr_code(ReadQrCode(by, id=other.id))).scan_count == 1


async def test_a_link_that_gets_a_limit_has_all_its_clicks_in_its_counter(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    link = await a_link(by)
    await a_batch([Seen(link.id, by.organization_id, NOW, kind="link")] * 2)
    assert (await update_link(UpdateLink(by, link.id, click_limit=5))).click_count == 2
    assert await count(database, "link WHERE click_count = 2") == 1
    await a_batch([Seen(link.id, by.organization_id, NOW, kind="link", is_counted=True)])
    await update_link(UpdateLink(by, link.id, click_limit=6))
    await roll_up(RollUp())
    assert await of_link(by, link.id) == (2, NOW)


async def test_nothing_is_looked_up_of_scans_while_none_waits(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    code = await a_code(by)
    await a_batch([Seen(code.id, by.organization_id, NOW)])
    await roll_up(RollUp())
    await database.execute(text("ALTER TABLE scan RENAME TO scan_hidden"))
    assert await of_code_alone(by, code.id) == 1


async def of_code_alone(by: Actor, id: UUID) -> int:
    return (await read_qr_code(ReadQrCode(by, id=id))).scan_count
