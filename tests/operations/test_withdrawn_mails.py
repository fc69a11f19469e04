"""Who ends a sort of mails, or belongs no more, gets none that waited for quiet hours to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from activities.accounts import OrganizationView
from activities.gateways.clock import FixedClock
from activities.mail import DeliverMail, WaitingMails, deliver_mail, waiting_mails
from activities.mail_groups import (
    DeliverMails,
    MailsReport,
    WaitingMailGroups,
    deliver_mails,
    waiting_mail_groups,
)
from activities.members import LeaveOrganization, RemoveMember, leave_organization, remove_member
from activities.notices.daily import SendDailyDigests, send_daily_digests
from activities.notices.digests import (
    Claim,
    ClaimDigests,
    DigestMail,
    MailDigests,
    Receiver,
    claim_digests,
    mail_digests,
)
from activities.notices.leaving import Subscription, leaving_address
from activities.notices.preferences import ChangePreferences, WishChange, change_preferences
from activities.notices.unsubscribing import Leave, leave
from activities.notices.weekly import SendWeeklyDigests, send_weekly_digests
from activities.rules.actors import Actor
from activities.rules.local_times import Clocks
from activities.rules.notices import Topic
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.members import a_member, a_membership
from tests.builders.notices import HOUR, a_home, live, mails, one, run, scanned, tell
from tests.builders.tenants import a_code
from tests.builders.waiting import until

in_one_transaction = pytest.mark.usefixtures("database", "world")

NIGHT = (22 * 60, 7 * 60)
FIVE, SEVEN = (datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (5, 7))
ALERT = {"name": "Menu", "what": "more than 100 scans in an hour"}


def unsubscribing(by: Actor, topic: Topic) -> Awaitable[Any]:
    assert by.user_id
    address = leaving_address(Subscription(by.user_id, by.organization_id, topic))
    return leave(Leave(address.partition("t=")[2]))


async def asleep(*people: Actor, at: int = 5 * 60) -> None:
    for person in people:
        assert person.user_id
        await live(person.user_id, "UTC", at=at, quiet=NIGHT)


async def open_mails() -> list[str]:
    """Who is written to still, of the mails that wait."""
    return sorted(mail.recipient for mail in await mails())


@in_one_transaction
async def test_a_digest_that_waits_for_the_morning_is_refused_when_it_is_ended(
    clock: FixedClock,
) -> None:
    home, owner = await a_home()
    other = await a_member(home, "admin", "eve")
    await asleep(owner, other)
    await tell(home, "first")
    clock.moment = FIVE
    assert (await send_daily_digests(SendDailyDigests(FIVE))).mails == 2
    await unsubscribing(owner, "daily_digest")
    assert await one("SELECT recipient FROM mail WHERE refused = 'left'") == "acme@example.com"
    assert await one("SELECT count(*) FROM mail WHERE sealed_words IS NULL") == 1
    clock.moment = SEVEN
    (group,) = await waiting_mail_groups(WaitingMailGroups())
    assert await deliver_mails(DeliverMails(group.id)) == MailsReport(sent=1, refused=1)
    assert await open_mails() == ["eve@people.example"]


@in_one_transaction
async def test_a_mail_of_its_own_that_waits_is_refused_when_the_wish_changes(
    clock: FixedClock,
) -> None:
    home, owner = await a_home()
    other = await a_member(home, "admin", "eve")
    clock.moment = FIVE
    await asleep(owner, other)
    await tell(home, "alert", "scan_alert", **ALERT)
    await tell(home, "host", "endpoint_disabled", host="example.com", why="it fails")
    assert await one("SELECT count(*) FROM mail WHERE not_before = :at", at=SEVEN) == 4
    await change_preferences(ChangePreferences(owner, (WishChange("alerts", mail="never"),)))
    assert await run("SELECT kind, recipient FROM mail WHERE refused = 'left'") == [
        ("scan_alert", "acme@example.com")
    ]
    clock.moment = SEVEN
    reports = [
        await deliver_mail(DeliverMail(mail.id)) for mail in await waiting_mails(WaitingMails())
    ]
    assert sorted(report.status for report in reports) == ["refused", "sent", "sent", "sent"]
    assert len(await mails("scan_alert")) == 1


@in_one_transaction
async def test_what_may_be_on_its_way_is_left_alone(clock: FixedClock) -> None:
    home, owner = await a_home()
    await asleep(owner)
    await tell(home, "at once", "scan_alert", **ALERT)
    clock.moment = FIVE
    await tell(home, "held", "scan_alert", **ALERT)
    clock.moment = SEVEN - timedelta(minutes=1)
    await unsubscribing(owner, "alerts")
    assert await one("SELECT count(*) FROM mail WHERE refused IS NULL") == 2


@in_one_transaction
@pytest.mark.parametrize("how", ["removed", "left"])
async def test_who_belongs_no_more_gets_nothing_of_the_organization(
    clock: FixedClock, how: str
) -> None:
    home, owner = await a_home()
    other, _ = await a_home("other")
    gone = await a_member(home, "admin", "eve")
    assert gone.user_id
    await a_membership(other.id, gone.user_id, "admin")
    clock.moment = FIVE
    await asleep(owner, gone)
    for each in (home, other):
        await tell(each, "alert", "scan_alert", **ALERT)
    if how == "removed":
        found = "SELECT id FROM membership WHERE user_id = :user AND organization_id = :home"
        membership = await one(found, user=gone.user_id, home=home.id)
        await remove_member(RemoveMember(owner, membership))
    else:
        await leave_organization(LeaveOrganization(gone))
    assert await run("SELECT recipient, organization_id FROM mail WHERE refused = 'left'") == [
        ("eve@people.example", home.id)
    ]


@pytest_asyncio.fixture
async def own(database_url: str, world: object) -> AsyncIterator[None]:
    async with a_database(database_url, connections=6):
        yield


@asynccontextmanager
async def meanwhile(asked: Awaitable[Any]) -> AsyncIterator[asyncio.Future[Any]]:
    """The block begins when what was asked for waits for the transaction that is open, or is over
    without a wait.
    """
    task: asyncio.Future[Any] = Context().run(asyncio.ensure_future, asked)

    async def waits() -> bool:
        waiting: bool = await one("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
        return waiting or task.done()

    await until(waits)
    yield task


async def written(home: OrganizationView, owner: Actor) -> Callable[[], Awaitable[None]]:
    """The digest of the owner is claimed in the open transaction; calling writes its mail."""
    assert owner.user_id
    reader = Receiver(
        owner.user_id, home.id, home.name, "acme@example.com", Clocks("UTC", 300, *NIGHT)
    )
    claims = await claim_digests(ClaimDigests("daily", (Claim(reader, "2026-11-22"),)))
    words = {"day": "22 November 2026", "lines": '["x"]'}

    async def write() -> None:
        mails = tuple(DigestMail(claim, words) for claim in claims)
        await mail_digests(MailDigests("daily", mails))

    return write


async def test_a_digest_that_is_being_written_is_waited_for(own: None, clock: FixedClock) -> None:
    home, owner = await a_home()
    clock.moment = FIVE
    async with transaction():
        write = await written(home, owner)
        async with meanwhile(unsubscribing(owner, "daily_digest")) as leaving:
            await write()
    await leaving
    assert await run("SELECT refused FROM mail") == [("left",)]


async def test_a_notice_that_is_being_told_is_waited_for(own: None, clock: FixedClock) -> None:
    home, owner = await a_home()
    clock.moment = FIVE
    await asleep(owner)
    async with transaction():
        await tell(home, "alert", "scan_alert", **ALERT)
        async with meanwhile(unsubscribing(owner, "alerts")) as leaving:
            pass
    await leaving
    assert await run("SELECT refused FROM mail") == [("left",)]


async def test_a_notice_waits_for_who_is_leaving(own: None, clock: FixedClock) -> None:
    home, owner = await a_home()
    clock.moment = FIVE
    await asleep(owner)
    async with transaction():
        await unsubscribing(owner, "alerts")
        async with meanwhile(tell(home, "alert", "scan_alert", **ALERT)) as telling:
            pass
    await telling
    assert await run("SELECT refused FROM mail") == []


@pytest.mark.parametrize("how", ["ended", "left"])
async def test_digests_wait_for_who_is_leaving(own: None, clock: FixedClock, how: str) -> None:
    home, owner = await a_home()
    gone = await a_member(home, "admin", "eve")
    code = await a_code(owner)
    await scanned(owner, code.id, date(2026, 11, 20), 5)
    clock.moment = datetime(2026, 11, 23, 8, tzinfo=UTC)
    async with transaction():
        if how == "ended":
            await unsubscribing(gone, "weekly_digest")
        else:
            await leave_organization(LeaveOrganization(gone))
        async with meanwhile(send_weekly_digests(SendWeeklyDigests(clock.moment))) as sending:
            pass
    assert (await sending).mails == 1
    clock.moment += HOUR
    assert await open_mails() == ["acme@example.com"]
