"""Codes and links past their end are not active, and announced once for each date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.expiry.ending import AssetsEnded, EndAssets, end_assets
from activities.expiry.warning import EndsWarnedOf, WarnOfEnds, warn_of_ends
from activities.gateways.clock import FixedClock
from activities.links.creating import CreateLink, create_link
from activities.links.reading import ReadLink, SummarizeLinks, read_link, summarize_links
from activities.qr_codes.creating import DuplicateQrCode, duplicate_qr_code
from activities.qr_codes.reading import (
    ListQrCodes,
    ReadQrCode,
    SummarizeQrCodes,
    list_qr_codes,
    read_qr_code,
    summarize_qr_codes,
)
from activities.qr_codes.shelving import (
    DeleteQrCode,
    RestoreQrCode,
    delete_qr_code,
    restore_qr_code,
)
from activities.rules.actors import Actor
from activities.rules.listings import Listing
from activities.rules.paging import PageRequest
from activities.rules.spelling import stamp
from activities.visits.following import Straight
from activities.visits.leading import Follow, Gone, Redirection
from tests.builders.ending import many_like
from tests.builders.links import changed as changed_link
from tests.builders.qr_codes import a_dynamic, changed, events
from tests.builders.tenants import PERSON, a_tenant
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def warned(now: datetime = NOW) -> int:
    done = await warn_of_ends(WarnOfEnds(now))
    assert done == EndsWarnedOf(done.codes, is_done=True)
    return done.codes


async def warned_of_links(now: datetime) -> int:
    done = await warn_of_ends(WarnOfEnds(now))
    assert done == EndsWarnedOf(0, is_done=True, links=done.links)
    return done.links


async def ended(now: datetime = NOW) -> tuple[int, int]:
    done = await end_assets(EndAssets(now))
    assert done == AssetsEnded(done.codes, done.links, is_done=True)
    return done.codes, done.links


async def told(*kinds: str) -> list[Any]:
    return [payload for kind, payload in await events() if kind in kinds]


async def codes_that_are(by: Actor, filter: Any) -> int:
    listing = Listing(PageRequest(), filter=filter)
    return (await list_qr_codes(ListQrCodes(by, listing))).total


async def is_active(by: Actor, id: Any) -> bool:
    return (await read_qr_code(ReadQrCode(by, id=id))).is_active


async def test_a_code_past_its_end_is_deactivated_and_announced_once() -> None:
    by = await a_tenant()
    over = await a_dynamic(by, expires_at=NOW - HOUR)
    later = await a_dynamic(by, expires_at=NOW + HOUR)
    assert await ended() == (1, 0)
    assert await ended() == await ended(NOW + HOUR / 2) == (0, 0)
    (fact,) = await told("qr.expired")
    assert fact == {
        "id": f"qr_{over.id.hex}",
        "shortCode": over.short_code,
        "expiredAt": stamp(NOW - HOUR),
        "deactivatedAt": stamp(NOW),
    }
    assert (await is_active(by, over.id), await is_active(by, later.id)) == (False, True)
    assert (await codes_that_are(by, "active"), await codes_that_are(by, "inactive")) == (1, 1)
    assert (await summarize_qr_codes(SummarizeQrCodes(by))).active == 1
    assert await ended(NOW + HOUR) == (1, 0)


async def test_the_oldest_date_there_is_ends_too() -> None:
    by = await a_tenant()
    await a_dynamic(by, expires_at=datetime(1, 1, 1, tzinfo=UTC))
    assert await ended() == (1, 0)


async def test_visits_are_led_by_the_date_before_and_after() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW, expired_url="https://example.com/over")
    bare = await a_dynamic(by, expires_at=NOW)

    async def visited(slug: str | None) -> object:
        return await Straight().follow(Follow("qr", slug or "", PERSON))

    for _ in range(2):
        assert await visited(code.short_code) == Redirection("https://example.com/over")
        assert await visited(bare.short_code) == Gone()
        await ended()


async def test_a_link_past_its_end_is_told_as_changed() -> None:
    by = await a_tenant()
    link = await create_link(CreateLink(by, "https://example.com/l", expires_at=NOW))
    assert await ended() == (0, 1)
    assert await ended() == (0, 0)
    (fact,) = await told("link.updated")
    assert (fact["id"], fact["isActive"], fact["changes"]) == (
        f"lnk_{link.id.hex}",
        False,
        ["isActive"],
    )
    assert not (await read_link(ReadLink(by, id=link.id))).is_active
    assert (await summarize_links(SummarizeLinks(by))).active == 0
    back = await changed_link(by, link, expires_at=NOW + DAY)
    assert back.is_active


async def test_a_later_date_brings_a_code_back_and_ends_it_anew(clock: FixedClock) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW - HOUR)
    await ended()
    assert (await changed(by, code, expires_at=NOW + HOUR)).is_active
    assert await ended() == (0, 0)
    assert await is_active(by, code.id)
    clock.moment = NOW + HOUR
    assert not await is_active(by, code.id), "it waits for nobody to tell it"
    assert await ended(NOW + HOUR) == (1, 0)
    # A date that was announced before is not announced again.
    await changed(by, code, expires_at=NOW - HOUR)
    assert await ended(NOW + 2 * HOUR) == (0, 0)
    assert not await is_active(by, code.id)
    assert (await changed(by, code, expires_at=None)).is_active
    assert len(await told("qr.expired")) == 2


async def test_what_somebody_switched_off_stays_off_and_silent() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW, is_active=False)
    assert await ended() == (0, 0)
    assert not (await changed(by, code, expires_at=NOW + DAY)).is_active
    assert await warned() == 0


async def test_one_in_the_trash_ends_when_it_comes_back(clock: FixedClock) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW)
    await delete_qr_code(DeleteQrCode(by, id=code.id))
    assert await ended() == (0, 0)
    await restore_qr_code(RestoreQrCode(by, code.id))
    assert await ended() == (1, 0)


async def test_a_copy_of_one_that_ended_is_in_use_once_its_date_is_moved() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW)
    await ended()
    copy = await duplicate_qr_code(DuplicateQrCode(by, code.id))
    assert (await changed(by, copy, expires_at=NOW + DAY)).is_active


async def test_a_warning_comes_a_week_and_a_day_before_each_once() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW + 10 * DAY)
    given = [await warned(NOW + n * HOUR) for n in range(0, 10 * 24 + 1, 6)]
    assert sum(given) == 2
    assert given[3 * 4] == given[9 * 4] == 1
    week, day = await told("qr.expiry_warning")
    assert week == {
        "id": f"qr_{code.id.hex}",
        "shortCode": code.short_code,
        "expiresAt": stamp(NOW + 10 * DAY),
        "daysLeft": 7,
        "warnedAt": stamp(NOW + 3 * DAY),
    }
    assert (day["daysLeft"], day["warnedAt"]) == (1, stamp(NOW + 9 * DAY))
    assert [await warned(NOW + n * HOUR) for n in range(0, 10 * 24 + 1, 6)] == [0] * 41


async def test_people_hear_of_links_that_end_a_week_and_a_day_before(
    clock: FixedClock, database: AsyncConnection
) -> None:
    by = await a_tenant()
    for n in (10, 10, 30):
        await create_link(CreateLink(by, "https://example.com/l", expires_at=NOW + n * DAY))
    given = []
    for n in range(0, 10 * 24 + 1, 6):
        clock.moment = NOW + n * HOUR
        given.append(await warned_of_links(clock.moment))
    assert (given[3 * 4], given[9 * 4], sum(given)) == (2, 2, 4)
    asked = "SELECT kind, words ->> 'count', created_at FROM notification ORDER BY created_at"
    heard = [tuple(row) for row in await database.execute(text(asked))]
    assert heard == [("links_ending", "2 links", NOW + n * DAY) for n in (3, 9)]
    assert await told("qr.expiry_warning") == []


async def test_a_moved_date_is_warned_of_anew() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, expires_at=NOW + 5 * DAY)
    assert await warned() == 1
    await changed(by, code, expires_at=NOW + 6 * DAY)
    assert await warned() == 1
    await changed(by, code, expires_at=NOW + 5 * DAY)
    assert await warned() == 0


async def test_an_organization_chooses_its_warnings(database: AsyncConnection) -> None:
    by = await a_tenant()
    await a_dynamic(by, expires_at=NOW + 5 * DAY)
    for days, count in (("{}", 0), ("{1}", 0), ("{7}", 1), ("{7,1}", 0)):
        await database.execute(
            text("UPDATE organization SET expiry_warning_days = :days"), {"days": days}
        )
        assert await warned() == count
    assert await warned(NOW + 4 * DAY) == 1


async def test_more_than_one_part_is_done_in_one_go(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    await many_like(database, code.id, 2500)
    assert await warned(NOW - 3 * DAY) == 2500
    assert await ended() == (2500, 0)
    assert len(await told("qr.expired")) == len(await told("qr.expiry_warning")) == 2500
