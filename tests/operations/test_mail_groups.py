"""A group of mails waits for its time, is sent once in one request, and is written down at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.cause import Cause, caused_by
from activities.gateways.clock import FixedClock
from activities.gateways.mailer import MailerAway, OutgoingMail, Refused, Sent
from activities.mail import (
    QueueMail,
    ReadMailbox,
    WaitingMails,
    queue_mail,
    read_mailbox,
    waiting_mails,
)
from activities.mail_groups import (
    ConfirmMailGroups,
    DeliverMails,
    MailsReport,
    WaitingMailGroups,
    confirm_mail_groups,
    deliver_mails,
    waiting_mail_groups,
)
from activities.outside import Outside, install
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

WORDS = {
    "link": "https://ink.test/sign-in",
    "unsubscribe": "https://ink.test/u?t=t0psecret",
    "organization": "Acme",
    "day": "21 November 2026",
    "lines": json.dumps(["Spring has ended"]),
}


class Provider:
    """Takes each group once and refuses what is for `unwanted`; raises `fault` while there is one,
    after it took the group.
    """

    keeps_words = False

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.unwanted: set[str] = set()
        self.asked: list[tuple[UUID, tuple[OutgoingMail, ...]]] = []

    async def send(self, mail: OutgoingMail) -> str:
        raise AssertionError("a mail of a group goes alone")

    async def send_all(
        self, group_id: UUID, mails: Sequence[OutgoingMail]
    ) -> tuple[Sent | Refused, ...]:
        self.asked.append((group_id, tuple(mails)))
        if self.fault is not None:
            raise self.fault
        return tuple(
            Refused("unwanted") if mail.recipient in self.unwanted else Sent(f"re_{mail.id}")
            for mail in mails
        )

    async def close(self) -> None:
        return


@pytest.fixture
def provider(world: Outside) -> Provider:
    """A provider in place of the mailbox."""
    provider = Provider()
    install(replace(world, mailer=provider))
    return provider


async def a_group(
    *readers: str,
    organization_id: UUID | None = None,
    not_before: datetime | None = None,
) -> UUID:
    """The id of a group of daily digests that was just put on its way."""
    group_id = uuid4()
    for reader in readers or ("ada", "bo", "cy"):
        await queue_mail(
            QueueMail(
                "daily_digest",
                f"{reader}@example.com",
                WORDS,
                organization_id,
                not_before=not_before,
                group_id=group_id,
            )
        )
    return group_id


async def waiting() -> list[UUID]:
    return [group.id for group in await waiting_mail_groups(WaitingMailGroups())]


async def rows(database: AsyncConnection) -> dict[str, dict[str, object]]:
    """Mails by who reads them."""
    found = await database.execute(text("SELECT * FROM mail"))
    return {row["recipient"].partition("@")[0]: dict(row) for row in found.mappings()}


async def test_a_group_waits_whole_until_it_is_confirmed(clock: FixedClock) -> None:
    organization = await an_organization()
    with caused_by(Cause("r-1")):
        first = await a_group(organization_id=organization.id)
    clock.moment += timedelta(seconds=1)
    second = await a_group("dee")
    told, other = await waiting_mail_groups(WaitingMailGroups())
    assert (told.id, told.organization_id, told.kind, told.size, told.cause) == (
        *(first, organization.id, "daily_digest", 3),
        Cause("r-1"),
    )
    assert (other.id, other.organization_id, other.size) == (second, None, 1)
    assert await waiting_mail_groups(WaitingMailGroups(limit=1)) == (told,)
    assert await waiting_mails(WaitingMails()) == ()
    await confirm_mail_groups(ConfirmMailGroups((first,)))
    assert await waiting() == [second]


async def test_a_group_of_several_organizations_belongs_to_none() -> None:
    group_id = uuid4()
    for name in ("a", "b"):
        organization = await an_organization(name)
        await queue_mail(
            QueueMail("daily_digest", "x@example.com", WORDS, organization.id, group_id=group_id)
        )
    (told,) = await waiting_mail_groups(WaitingMailGroups())
    assert (told.organization_id, told.size) == (None, 2)


async def test_a_group_is_not_started_before_its_time(clock: FixedClock) -> None:
    at = clock.now() + timedelta(hours=9)
    late, now = await a_group(not_before=at), await a_group()
    assert await waiting() == [now]
    clock.moment = at - timedelta(seconds=1)
    assert await waiting() == [now]
    clock.moment = at
    assert set(await waiting()) == {late, now}


async def test_a_group_waits_for_the_last_of_its_mails(clock: FixedClock) -> None:
    group_id = uuid4()
    for hours in (0, 2, 1):
        at = clock.now() + timedelta(hours=hours)
        mail = QueueMail("daily_digest", "x@example.com", WORDS, not_before=at, group_id=group_id)
        await queue_mail(mail)
    clock.moment += timedelta(hours=1)
    assert await waiting() == []
    clock.moment += timedelta(hours=1)
    assert await waiting() == [group_id]


async def test_a_group_is_sent_in_one_request_and_forgotten(
    database: AsyncConnection, provider: Provider, clock: FixedClock
) -> None:
    group_id = await a_group()
    assert await deliver_mails(DeliverMails(group_id)) == MailsReport(sent=3, refused=0)
    ((asked, mails),) = provider.asked
    assert asked == group_id
    assert {mail.recipient for mail in mails} == {
        f"{who}@example.com" for who in ("ada", "bo", "cy")
    }
    assert {(mail.kind, mail.unsubscribe) for mail in mails} == {
        ("daily_digest", WORDS["unsubscribe"])
    }
    for row in (await rows(database)).values():
        assert (row["provider_id"], row["sent_at"]) == (f"re_{row['id']}", clock.now())
        assert row["sealed_words"] is row["refused"] is None


async def test_a_group_that_was_sent_is_not_sent_again(provider: Provider) -> None:
    group_id = await a_group()
    provider.unwanted = {"bo@example.com"}
    report = await deliver_mails(DeliverMails(group_id))
    assert report == MailsReport(sent=2, refused=1)
    assert await deliver_mails(DeliverMails(group_id)) == report
    assert len(provider.asked) == 1


async def test_a_refusal_of_one_is_written_down_for_that_one(
    database: AsyncConnection, provider: Provider
) -> None:
    provider.unwanted = {"bo@example.com"}
    await deliver_mails(DeliverMails(await a_group()))
    told = await rows(database)
    assert (told["bo"]["refused"], told["bo"]["sent_at"]) == ("unwanted", None)
    assert told["bo"]["sealed_words"] is told["bo"]["provider_id"] is None
    assert told["ada"]["refused"] is None
    assert told["ada"]["sent_at"] is not None


async def test_what_is_asked_again_is_the_same_in_the_same_order(
    database: AsyncConnection, provider: Provider
) -> None:
    group_id = await a_group(*[f"reader{number}" for number in range(20)])
    provider.fault = MailerAway("the answer was lost")
    with pytest.raises(MailerAway):
        await deliver_mails(DeliverMails(group_id))
    assert all(row["sent_at"] is None for row in (await rows(database)).values())
    await database.execute(text("UPDATE mail SET request_id = 'moved' WHERE recipient LIKE '%1%'"))
    provider.fault = None
    assert (await deliver_mails(DeliverMails(group_id))).sent == 20
    assert provider.asked[0] == provider.asked[1]


async def test_what_was_written_down_first_stays(
    database: AsyncConnection, provider: Provider, world: Outside
) -> None:
    group_id = await a_group()

    class Slower(Provider):
        """Another run writes its results down while this one is asked."""

        async def send_all(
            self, group_id: UUID, mails: Sequence[OutgoingMail]
        ) -> tuple[Sent | Refused, ...]:
            install(replace(world, mailer=provider))
            assert (await deliver_mails(DeliverMails(group_id))).sent == 3
            return tuple(Refused("later") for _ in mails)

    install(replace(world, mailer=Slower()))
    await deliver_mails(DeliverMails(group_id))
    assert {row["refused"] for row in (await rows(database)).values()} == {None}


async def test_no_transaction_is_open_while_the_provider_is_asked(
    database: AsyncConnection, world: Outside
) -> None:
    class Asking(Provider):
        async def send_all(
            self, group_id: UUID, mails: Sequence[OutgoingMail]
        ) -> tuple[Sent | Refused, ...]:
            assert not database.in_nested_transaction()
            return await super().send_all(group_id, mails)

    install(replace(world, mailer=Asking()))
    assert (await deliver_mails(DeliverMails(await a_group()))).sent == 3


async def test_a_group_that_comes_too_late_is_not_sent(
    database: AsyncConnection, provider: Provider, clock: FixedClock
) -> None:
    early = await a_group("ada")
    late = await a_group("bo", not_before=clock.now() + timedelta(hours=9))
    clock.moment += timedelta(hours=24)
    assert await deliver_mails(DeliverMails(early)) == MailsReport(sent=0, refused=1)
    assert await deliver_mails(DeliverMails(late)) == MailsReport(sent=1, refused=0)
    assert [asked for asked, _ in provider.asked] == [late]
    told = (await rows(database))["ada"]
    assert told["refused"] == "too late"
    assert told["sealed_words"] is None


async def test_a_mail_that_can_expire_is_in_no_group() -> None:
    words = {"link": "https://ink.test/s", "minutes": "15"}
    with pytest.raises(ValueError, match="cannot expire"):
        await queue_mail(QueueMail("sign_in", "ada@example.com", words, group_id=uuid4()))


async def test_a_deleted_group_is_gone(provider: Provider) -> None:
    assert await deliver_mails(DeliverMails(uuid4())) == MailsReport(sent=0, refused=0)
    assert provider.asked == []


async def test_a_mailbox_keeps_the_words_of_a_group() -> None:
    await deliver_mails(DeliverMails(await a_group("ada", "bo")))
    mails = await read_mailbox(ReadMailbox())
    assert {mail.recipient for mail in mails} == {"ada@example.com", "bo@example.com"}
    assert all(mail.sent_at and "Spring has ended" in mail.text for mail in mails)
