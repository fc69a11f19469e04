"""The mail of the day comes once, at the chosen hour, and says all that waited for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.gateways.clock import FixedClock
from activities.notices.daily import SendDailyDigests, send_daily_digests
from activities.notices.preferences import ChangePreferences, WishChange, change_preferences
from tests.builders.members import a_member
from tests.builders.notices import (
    DAY,
    HOUR,
    a_home,
    live,
    mails,
    many_members,
    noted,
    one,
    run,
    tell,
    told,
)
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

EIGHT = datetime(2026, 11, 22, 8, tzinfo=UTC)
"""The next time that a digest is due for who has changed nothing."""


async def send(now: datetime) -> int:
    sent = await send_daily_digests(SendDailyDigests(now))
    assert sent.is_done
    return sent.mails


async def test_what_waited_comes_in_one_mail_the_newest_first(clock: FixedClock) -> None:
    home, _ = await a_home()
    await tell(home, "first", name="Mugs", left="3")
    clock.moment += HOUR
    await tell(home, "second", name="Cups", left="0")
    clock.moment = EIGHT
    assert await send(EIGHT) == 1
    (mail,) = await mails("daily_digest")
    assert mail.recipient == "acme@example.com"
    assert mail.text.index("Cups runs low: 0 left") < mail.text.index("Mugs runs low: 3 left")
    assert "22 November 2026" in mail.subject + mail.text
    assert "/api/public/notifications/unsubscribe?t=" in mail.unsubscribe
    assert await one("SELECT mail_id FROM digest") == mail.id
    assert await one("SELECT count(*) FROM notification WHERE mailed_at = :at", at=EIGHT) == 2


async def test_each_line_has_the_day_on_the_clocks_of_who_reads_it(clock: FixedClock) -> None:
    home, owner = await a_home()
    await change_preferences(ChangePreferences(owner, time_zone="Asia/Tokyo"))
    clock.moment = datetime(2026, 11, 21, 14, 59, tzinfo=UTC)
    await tell(home, "first", name="Mugs", left="3")
    clock.moment += timedelta(minutes=1)
    await tell(home, "second", name="Cups", left="0")
    await send(datetime(2026, 11, 21, 23, tzinfo=UTC))
    (mail,) = await mails("daily_digest")
    assert "* 22 November: Cups runs low: 0 left\n* 21 November: Mugs runs low" in mail.text
    assert mail.subject.endswith("summary of 22 November 2026")
    assert "since your last summary, as of 22 November 2026." in mail.text


async def test_it_does_not_come_before_its_hour_and_not_twice(clock: FixedClock) -> None:
    home, _ = await a_home()
    await tell(home, "first")
    assert await send(EIGHT - timedelta(seconds=1)) == 0
    assert await send(EIGHT) == 1
    assert [await send(EIGHT + n * HOUR) for n in (0, 1, 12, 23)] == [0, 0, 0, 0]
    assert await send(EIGHT + DAY) == 0


async def test_what_comes_after_the_hour_waits_for_the_next_day(clock: FixedClock) -> None:
    home, _ = await a_home()
    clock.moment = EIGHT + HOUR
    await tell(home, "late")
    assert await send(EIGHT + 2 * HOUR) == 0
    assert await send(EIGHT + DAY) == 1


async def test_several_days_that_were_missed_become_one_mail(clock: FixedClock) -> None:
    home, _ = await a_home()
    for n in range(3):
        await tell(home, f"day {n}")
        clock.moment += DAY
    assert await send(EIGHT + 5 * DAY) == 1
    (mail,) = await mails()
    assert mail.text.count("Mugs runs low") == 3


async def test_more_than_a_mail_shows_are_counted() -> None:
    home, owner = await a_home()
    assert owner.user_id
    for n in range(53):
        await noted(owner.user_id, home.id, NOW + timedelta(seconds=n))
    assert await send(EIGHT) == 1
    (mail,) = await mails()
    assert mail.text.count("Mugs runs low") == 50
    assert "3 more" in mail.text
    assert await one("SELECT count(*) FROM notification WHERE mailed_at IS NULL") == 0


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Asia/Kathmandu", datetime(2026, 11, 22, 2, 15, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 11, 21, 21, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 21, 13, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 11, 21, 18, tzinfo=UTC)),
    ],
)
async def test_the_hour_is_that_of_the_readers_clocks(zone: str, due: datetime) -> None:
    home, owner = await a_home()
    assert owner.user_id
    await live(owner.user_id, zone)
    await tell(home, "first")
    assert await send(due - timedelta(minutes=1)) == 0
    assert await send(due) == 1
    local = await one("SELECT period FROM digest")
    assert local == ("2026-11-21" if zone.startswith("America") else "2026-11-22")


async def test_a_mail_that_falls_into_quiet_hours_leaves_at_their_end(clock: FixedClock) -> None:
    home, owner = await a_home()
    assert owner.user_id
    await live(owner.user_id, "Europe/Berlin", at=6 * 60, quiet=(22 * 60, 7 * 60))
    await tell(home, "first")
    clock.moment = datetime(2026, 11, 22, 5, tzinfo=UTC)
    assert await send(clock.moment) == 1
    leaves = await one("SELECT not_before FROM mail")
    assert leaves == datetime(2026, 11, 22, 6, tzinfo=UTC)


async def test_one_group_has_one_moment_and_a_hundred_mails_at_most(clock: FixedClock) -> None:
    home, _ = await a_home()
    await many_members(home, 120)
    await run("UPDATE account_user SET quiet_from = 470, quiet_until = 500 WHERE email LIKE '%1@%'")
    await tell(home, "for all of them")
    clock.moment = EIGHT
    assert await send(EIGHT) == 121
    groups = await run(
        "SELECT count(*), count(DISTINCT not_before), bool_or(not_before IS NULL) "
        "FROM mail GROUP BY group_id"
    )
    assert all(
        count <= 100 and (moments, at_once) in ((0, True), (1, False))
        for count, moments, at_once in groups
    )
    # Two parts of at most a hundred; whose hour is quiet may all be in one of them.
    assert len(groups) in (3, 4)
    assert await one("SELECT count(DISTINCT recipient) FROM mail") == 121


async def test_nobody_without_a_place_an_address_or_a_wish_gets_one() -> None:
    home, owner = await a_home()
    gone, unproved, left = [await a_member(home, "admin", name) for name in ("eve", "mal", "una")]
    await tell(home, "for all of them")
    await run("DELETE FROM membership WHERE user_id = :id", id=gone.user_id)
    await run("UPDATE account_user SET proved_at = NULL WHERE id = :id", id=unproved.user_id)
    wish = WishChange("daily_digest", mail="never")
    await change_preferences(ChangePreferences(left, (wish,)))
    assert await send(EIGHT) == 1
    assert await told() == ["acme@example.com"]
    assert owner.user_id


async def test_who_wants_no_mail_of_the_day_gets_nothing_that_waits_for_it() -> None:
    home, owner = await a_home()
    await change_preferences(ChangePreferences(owner, (WishChange("daily_digest", mail="never"),)))
    await tell(home, "first")
    assert await one("SELECT mail FROM notification") == "never"
    await change_preferences(ChangePreferences(owner, (WishChange("daily_digest", mail="now"),)))
    assert await send(EIGHT) == 0


async def test_two_organizations_of_a_person_send_a_mail_each() -> None:
    home, owner = await a_home()
    other, _ = await a_home("other")
    assert owner.user_id
    await run(
        "INSERT INTO membership (id, created_at, organization_id, user_id, role) "
        "VALUES (gen_random_uuid(), now(), :home, :user, 'admin')",
        home=other.id,
        user=owner.user_id,
    )
    await tell(home, "here")
    await tell(other, "there")
    assert await send(EIGHT) == 3
    assert await told() == ["acme@example.com", "acme@example.com", "other@example.com"]


async def test_work_that_runs_out_of_time_is_gone_on_with() -> None:
    home, _ = await a_home()
    await many_members(home, 150)
    await tell(home, "for all of them")
    first = await send_daily_digests(SendDailyDigests(EIGHT, seconds=-1))
    assert (first.mails, first.is_done) == (0, False)
    assert await send(EIGHT) == 151
    assert len(set(await told())) == 151
