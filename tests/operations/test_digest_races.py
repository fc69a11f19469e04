"""Two who send the same digests at once, and one who dies on the way: each reader has one mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
import pytest_asyncio

from activities.gateways.clock import FixedClock
from activities.notices.daily import SendDailyDigests, send_daily_digests
from activities.notices.digests import Claim, ClaimDigests, Receiver, claim_digests
from activities.notices.telling import Notify, notify
from activities.notices.weekly import SendWeeklyDigests, send_weekly_digests
from activities.outside import outside
from activities.rules.local_times import Clocks
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.notices import DAY, LOW, a_home, many_members, one, scanned
from tests.builders.tenants import a_code

pytestmark = pytest.mark.usefixtures("world")

READERS = 250


@pytest_asyncio.fixture
async def own(database_url: str, world: object) -> AsyncIterator[None]:
    async with a_database(database_url, connections=8):
        yield


async def a_mail_each() -> bool:
    """Whether every reader has one mail, and each digest knows its own."""
    counts = await one(
        "SELECT array[count(*), count(DISTINCT recipient), (SELECT count(*) FROM digest "
        "JOIN mail ON mail.id = digest.mail_id)] FROM mail"
    )
    return bool(counts == [READERS + 1] * 3)


async def test_daily_digests_that_several_send_at_once_come_once(
    own: None, clock: FixedClock
) -> None:
    home, _ = await a_home()
    await many_members(home, READERS)
    await notify(Notify(home.id, "stock_low", "low", LOW))
    clock.moment += DAY
    sent = await asyncio.gather(
        *(send_daily_digests(SendDailyDigests(clock.moment)) for _ in range(4))
    )
    assert sum(one.mails for one in sent) == READERS + 1
    assert await a_mail_each()


async def test_weekly_digests_that_several_send_at_once_come_once(
    own: None, clock: FixedClock
) -> None:
    home, owner = await a_home()
    await many_members(home, READERS)
    code = await a_code(owner)
    await scanned(owner, code.id, date(2026, 11, 20), 5)
    clock.moment += 2 * DAY
    sent = await asyncio.gather(
        *(send_weekly_digests(SendWeeklyDigests(clock.moment)) for _ in range(4))
    )
    assert sum(one.mails for one in sent) == READERS + 1
    assert await a_mail_each()


async def test_who_dies_on_the_way_leaves_the_digest_to_the_next(
    own: None, clock: FixedClock
) -> None:
    home, owner = await a_home()
    assert owner.user_id
    await notify(Notify(home.id, "stock_low", "low", LOW))
    clock.moment += DAY
    reader = Receiver(owner.user_id, home.id, home.name, "acme@example.com", Clocks())
    claim = ClaimDigests("daily", (Claim(reader, f"{outside().clock.now():%F}"),))

    async def die() -> None:
        async with transaction():
            assert await claim_digests(claim)
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await die()
    sent = await send_daily_digests(SendDailyDigests(clock.moment))
    assert sent.mails == 1
    assert await claim_digests(claim) == ()


async def test_notifications_told_while_digests_are_sent_wait_or_are_in_them(
    own: None, clock: FixedClock
) -> None:
    home, _ = await a_home()
    await many_members(home, 30)
    await notify(Notify(home.id, "stock_low", "low", LOW))
    clock.moment += timedelta(hours=20)

    async def tell_more() -> None:
        for n in range(20):
            await notify(Notify(home.id, "stock_low", f"more {n}", LOW))

    await asyncio.gather(tell_more(), send_daily_digests(SendDailyDigests(clock.moment)))
    clock.moment += DAY
    await send_daily_digests(SendDailyDigests(clock.moment))
    assert await one("SELECT count(*) FROM notification WHERE mailed_at IS NULL") == 0
    assert await one("SELECT count(*) FROM mail") == 2 * 31
