"""Ends of very many assets are told as a number, which counts on until somebody has seen it."""

from __future__ import annotations

import pytest

from activities.expiry.ending import EndAssets, end_assets
from activities.expiry.warning import WarnOfEnds, warn_of_ends
from activities.gateways.clock import FixedClock
from activities.notices.daily import SendDailyDigests, send_daily_digests
from activities.notices.preferences import ChangePreferences, WishChange, change_preferences
from activities.notices.reading import ListNotifications, MarkRead, list_notifications, mark_read
from activities.rules.actors import Actor
from activities.rules.paging import PageRequest
from tests.builders.notices import DAY, HOUR, a_home, mails, one
from tests.builders.qr_codes import a_dynamic
from tests.builders.visits import a_link
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")


async def titles(by: Actor) -> list[str]:
    found = await list_notifications(ListNotifications(by, PageRequest()))
    return sorted(one.title for one in found.items)


async def test_what_ends_in_a_day_is_one_number_for_each_sort(clock: FixedClock) -> None:
    _, owner = await a_home()
    for n in range(3):
        await a_dynamic(owner, expires_at=NOW + (n + 1) * HOUR)
    await a_link(owner, "https://example.com", expires_at=NOW + HOUR)
    clock.moment = NOW + HOUR
    await end_assets(EndAssets(clock.moment))
    assert await titles(owner) == ["Ended: 1 code", "Ended: 1 link"]
    clock.moment = NOW + 3 * HOUR
    await end_assets(EndAssets(clock.moment))
    await end_assets(EndAssets(clock.moment))
    assert await titles(owner) == ["Ended: 1 link", "Ended: 3 codes"]


async def test_what_was_read_counts_anew(clock: FixedClock) -> None:
    _, owner = await a_home()
    for n in (1, 2):
        await a_dynamic(owner, expires_at=NOW + n * HOUR)
    await end_assets(EndAssets(NOW + HOUR))
    await mark_read(MarkRead(owner, until=clock.moment))
    clock.moment = NOW + 2 * HOUR
    await end_assets(EndAssets(clock.moment))
    again, _ = (await list_notifications(ListNotifications(owner, PageRequest()))).items
    assert (again.title, again.read_at, again.created_at) == (
        "Ended: 1 code",
        None,
        clock.moment,
    )


@pytest.mark.parametrize("how", ["read", "mailed"])
async def test_what_was_told_stays_when_more_ends_the_same_day(clock: FixedClock, how: str) -> None:
    _, owner = await a_home()
    for number, n in enumerate((1, 1, 1, 2, 3, 4)):
        await a_link(owner, slug=f"end-{number}", expires_at=NOW + n * HOUR)
    await end_assets(EndAssets(NOW + HOUR))
    for n in (2, 3):
        if how == "read":
            await mark_read(MarkRead(owner, until=clock.moment))
        else:
            await send_daily_digests(SendDailyDigests(NOW + n * DAY))
        clock.moment = NOW + n * HOUR
        await end_assets(EndAssets(clock.moment))
    assert await titles(owner) == ["Ended: 1 link", "Ended: 1 link", "Ended: 3 links"]
    clock.moment = NOW + 4 * HOUR
    await end_assets(EndAssets(clock.moment))
    assert await titles(owner) == ["Ended: 1 link", "Ended: 2 links", "Ended: 3 links"]


async def test_what_was_mailed_comes_in_the_next_mail_with_what_is_new(clock: FixedClock) -> None:
    _, owner = await a_home()
    for n in (1, 26):
        await a_dynamic(owner, expires_at=NOW + n * HOUR)
    await end_assets(EndAssets(NOW + HOUR))
    await send_daily_digests(SendDailyDigests(NOW + DAY))
    await end_assets(EndAssets(NOW + 26 * HOUR))
    await send_daily_digests(SendDailyDigests(NOW + 2 * DAY))
    assert [mail.text.count("Ended: 1 code") for mail in await mails()] == [1, 1]


async def test_warnings_are_told_too(clock: FixedClock) -> None:
    _, owner = await a_home()
    for _ in range(2):
        await a_dynamic(owner, expires_at=NOW + 3 * DAY)
    await warn_of_ends(WarnOfEnds(NOW))
    assert await titles(owner) == ["Ending soon: 2 codes"]


async def test_each_organization_hears_of_its_own_as_it_wishes(clock: FixedClock) -> None:
    _, owner = await a_home()
    _, other = await a_home("other")
    await change_preferences(
        ChangePreferences(other, (WishChange("endings", in_app=False, mail="never"),))
    )
    for by in (owner, owner, other):
        await a_dynamic(by, expires_at=NOW)
    await end_assets(EndAssets(NOW))
    assert await titles(owner) == ["Ended: 2 codes"]
    assert await titles(other) == []
    assert await send_daily_digests(SendDailyDigests(NOW + DAY))
    assert await one("SELECT count(*) FROM mail") == 1
