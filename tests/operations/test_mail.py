"""A mail waits sealed, is sent once, and its words are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.cause import Cause, caused_by
from activities.gateways.clock import FixedClock
from activities.gateways.mailer import (
    MailerAway,
    MailRefused,
    NoMailer,
    OutgoingMail,
    Refused,
    Sent,
)
from activities.gateways.vault import SealBroken, Vault
from activities.mail import (
    ConfirmMails,
    DeliverMail,
    MailReport,
    QueueMail,
    ReadMailbox,
    WaitingMails,
    confirm_mails,
    deliver_mail,
    queue_mail,
    read_mailbox,
    waiting_mails,
)
from activities.mail_groups import WaitingMailGroups, waiting_mail_groups
from activities.outside import Outside, install
from activities.rules.errors import NotFound
from schema.db import transaction
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

LINK = "https://ink.test/sign-in?token=t0psecret"
SIGN_IN = QueueMail("sign_in", "ada@example.com", {"link": LINK, "minutes": "15"})
INVITE = QueueMail(
    "team_invite",
    "ada@example.com",
    {"link": LINK, "organization": "Acme", "inviter": "Bo", "role": "editor", "days": "7"},
)

MANY = """
INSERT INTO mail
  (id, created_at, organization_id, kind, recipient, group_id, not_before, request_id)
SELECT gen_random_uuid(), :at, :id, 'daily_digest', 'ada@example.com',
  CASE WHEN n % 2 = 0 THEN md5((n / 100)::text)::uuid END, :later, ''
FROM generate_series(1, 2000) AS n
"""
READ = """
SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
WHERE relname = 'mail'
"""
"""Rows of mails that this transaction has read, whatever the way."""


class Provider:
    """Takes mails and remembers them; raises `fault` while there is one."""

    keeps_words = False

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.taken: list[OutgoingMail] = []

    async def send(self, mail: OutgoingMail) -> str:
        if self.fault is not None:
            raise self.fault
        self.taken.append(mail)
        return f"re_{mail.id}"

    async def send_all(
        self, group_id: UUID, mails: Sequence[OutgoingMail]
    ) -> tuple[Sent | Refused, ...]:
        raise AssertionError("these go one by one")

    async def close(self) -> None:
        return


@pytest.fixture
def provider(world: Outside) -> Provider:
    """A provider in place of the mailbox."""
    provider = Provider()
    install(replace(world, mailer=provider))
    return provider


async def queued(mail: QueueMail = SIGN_IN) -> UUID:
    """The id of a mail that was just put on its way."""
    before = {waiting.id for waiting in await waiting_mails(WaitingMails())}
    await queue_mail(mail)
    (fresh,) = {waiting.id for waiting in await waiting_mails(WaitingMails())} - before
    return fresh


async def row(database: AsyncConnection, mail_id: UUID) -> dict[str, object]:
    found = await database.execute(text("SELECT * FROM mail WHERE id = :id"), {"id": mail_id})
    return dict(found.mappings().one())


async def test_what_a_mail_says_is_not_readable_in_the_database(database: AsyncConnection) -> None:
    told = await row(database, await queued())
    assert "t0psecret" not in repr(told)
    assert told["sent_at"] is told["refused"] is None


async def test_a_mail_is_queued_with_the_fact_or_not_at_all(database: AsyncConnection) -> None:
    async def register() -> None:
        async with transaction():
            await queue_mail(SIGN_IN)
            raise RuntimeError("the fact did not come true")

    with pytest.raises(RuntimeError):
        await register()
    assert await waiting_mails(WaitingMails()) == ()


@pytest.mark.parametrize(
    "words",
    [
        {"link": LINK},
        {"minutes": "15"},
        {"link": "/sign-in", "minutes": "15"},
        {"link": LINK, "minutes": "15", "expires_at": "soon"},
    ],
)
async def test_a_mail_that_could_not_be_written_is_not_queued(words: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"word|link|isoformat"):
        await queue_mail(replace(SIGN_IN, words=words))
    assert await waiting_mails(WaitingMails()) == ()


async def test_mails_wait_in_their_order_with_their_cause_until_they_are_confirmed(
    clock: FixedClock,
) -> None:
    organization = await an_organization()
    with caused_by(Cause("r-1", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")):
        await queue_mail(replace(SIGN_IN, organization_id=organization.id))
    clock.moment += timedelta(seconds=1)
    await queue_mail(SIGN_IN)
    first, second = await waiting_mails(WaitingMails())
    assert (first.organization_id, second.organization_id) == (organization.id, None)
    assert first.cause == Cause("r-1", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert "ada@" not in repr(first)
    assert await waiting_mails(WaitingMails(limit=1)) == (first,)
    await confirm_mails(ConfirmMails((first.id,)))
    assert await waiting_mails(WaitingMails()) == (second,)


async def test_a_mail_waits_for_its_time_and_is_then_tried_for_a_day(
    provider: Provider, clock: FixedClock
) -> None:
    at = clock.now() + timedelta(hours=9)
    await queue_mail(replace(INVITE, not_before=at))
    assert await waiting_mails(WaitingMails()) == ()
    clock.moment = at
    (mail,) = await waiting_mails(WaitingMails())
    clock.moment += timedelta(hours=23)
    assert (await deliver_mail(DeliverMail(mail.id))).status == "sent"


async def test_mails_of_the_future_are_not_read_until_they_are_due(
    database: AsyncConnection, clock: FixedClock
) -> None:
    """However many wait for their morning: single ones, and those of groups."""
    organization = await an_organization()
    await queue_mail(SIGN_IN)
    given = {"id": organization.id, "at": clock.now(), "later": clock.now() + timedelta(hours=8)}
    await database.execute(text(MANY), given)
    await database.execute(text("ANALYZE mail"))
    before = (await database.execute(text(READ))).scalar_one()
    assert len(await waiting_mails(WaitingMails())) == 1
    assert await waiting_mail_groups(WaitingMailGroups()) == ()
    assert (await database.execute(text(READ))).scalar_one() - before < 10
    clock.moment += timedelta(hours=8)
    assert len(await waiting_mails(WaitingMails(limit=3000))) == 1001
    assert len(await waiting_mail_groups(WaitingMailGroups(limit=100))) == 21


async def test_a_mail_says_its_kind_and_how_such_mails_end(provider: Provider) -> None:
    end = "https://ink.test/u?t=abc"
    words = {"link": LINK, "organization": "Acme", "name": "Spring", "what": "quiet"}
    alert = await queued(QueueMail("scan_alert", "ada@example.com", {**words, "unsubscribe": end}))
    await deliver_mail(DeliverMail(alert))
    await deliver_mail(DeliverMail(await queued()))
    told = [(mail.kind, mail.unsubscribe) for mail in provider.taken]
    assert told == [("scan_alert", end), ("sign_in", None)]


async def test_a_caller_may_know_the_mail() -> None:
    mail_id = uuid4()
    assert await queued(replace(SIGN_IN, id=mail_id)) == mail_id


async def test_a_mail_is_sent_once_and_then_forgotten(
    database: AsyncConnection, provider: Provider, clock: FixedClock
) -> None:
    mail_id = await queued()
    assert await deliver_mail(DeliverMail(mail_id)) == MailReport("sent")
    assert await deliver_mail(DeliverMail(mail_id)) == MailReport("sent")
    (mail,) = provider.taken
    assert (mail.id, mail.recipient) == (mail_id, "ada@example.com")
    assert LINK in mail.text
    assert LINK in mail.html
    told = await row(database, mail_id)
    assert told["sealed_words"] is None
    assert (told["provider_id"], told["sent_at"]) == (f"re_{mail_id}", clock.now())


async def test_no_transaction_is_open_while_the_provider_is_asked(
    database: AsyncConnection, world: Outside
) -> None:
    class Asking(Provider):
        async def send(self, mail: OutgoingMail) -> str:
            assert not database.in_nested_transaction()
            return await super().send(mail)

    install(replace(world, mailer=Asking()))
    mail_id = await queued()
    assert (await deliver_mail(DeliverMail(mail_id))).status == "sent"


async def test_a_refusal_is_final_and_written_down(
    database: AsyncConnection, provider: Provider
) -> None:
    provider.fault = MailRefused("Resend refused it: 422 validation_error")
    mail_id = await queued()
    refused = MailReport("refused", "Resend refused it: 422 validation_error")
    assert await deliver_mail(DeliverMail(mail_id)) == refused
    provider.fault = None
    assert await deliver_mail(DeliverMail(mail_id)) == refused
    assert provider.taken == []
    told = await row(database, mail_id)
    assert told["refused"] == refused.reason
    assert told["sealed_words"] is told["sent_at"] is None


async def test_while_the_provider_is_away_a_mail_stays_as_it_is(provider: Provider) -> None:
    provider.fault = MailerAway("away")
    mail_id = await queued()
    with pytest.raises(MailerAway):
        await deliver_mail(DeliverMail(mail_id))
    provider.fault = None
    assert (await deliver_mail(DeliverMail(mail_id))).status == "sent"


async def test_a_mail_that_comes_too_late_is_not_sent(
    database: AsyncConnection, provider: Provider, clock: FixedClock
) -> None:
    dying, lasting = await queued(SIGN_IN), await queued(INVITE)
    soon = (clock.now() + timedelta(minutes=1)).isoformat()
    ended = await queued(replace(INVITE, words={**INVITE.words, "expires_at": soon}))
    clock.moment += timedelta(minutes=1)
    assert await deliver_mail(DeliverMail(ended)) == MailReport("refused", "too late")
    clock.moment += timedelta(minutes=14)
    assert await deliver_mail(DeliverMail(dying)) == MailReport("refused", "too late")
    assert (await row(database, dying))["sealed_words"] is None
    clock.moment += timedelta(hours=23, minutes=44)
    assert (await deliver_mail(DeliverMail(lasting))).status == "sent"
    old = await queued(INVITE)
    clock.moment += timedelta(hours=24)
    assert await deliver_mail(DeliverMail(old)) == MailReport("refused", "too late")


async def test_a_deleted_mail_is_gone(provider: Provider) -> None:
    assert await deliver_mail(DeliverMail(uuid4())) == MailReport("gone")


async def test_a_seal_that_cannot_be_opened_is_tried_for_a_day(
    provider: Provider, world: Outside, clock: FixedClock
) -> None:
    mail_id = await queued()
    install(replace(world, vault=Vault(bytes(32)), mailer=provider))
    with pytest.raises(SealBroken):
        await deliver_mail(DeliverMail(mail_id))
    clock.moment += timedelta(days=1)
    assert await deliver_mail(DeliverMail(mail_id)) == MailReport("refused", "too late")


async def test_production_without_a_provider_sends_nothing_and_says_so(world: Outside) -> None:
    install(replace(world, mailer=NoMailer()))
    mail_id = await queued()
    with pytest.raises(MailerAway, match="RESEND_API_KEY"):
        await deliver_mail(DeliverMail(mail_id))


async def test_the_mailbox_shows_the_newest_mails_first(clock: FixedClock) -> None:
    first = await queued()
    clock.moment += timedelta(seconds=1)
    second = await queued(replace(SIGN_IN, recipient="bo@example.com"))
    await deliver_mail(DeliverMail(first))
    newest, oldest = await read_mailbox(ReadMailbox())
    assert (newest.id, newest.recipient, newest.sent_at) == (second, "bo@example.com", None)
    assert (oldest.id, oldest.sent_at, oldest.link) == (first, clock.now(), LINK)
    assert LINK in oldest.text
    assert "t0psecret" not in repr(oldest)
    assert await read_mailbox(ReadMailbox(limit=1)) == (newest,)
    assert await read_mailbox(ReadMailbox(mail_id=first)) == (oldest,)
    assert await read_mailbox(ReadMailbox(mail_id=uuid4())) == ()
    assert LINK in oldest.html
    assert oldest.unsubscribe == ""


async def test_the_mailbox_leaves_out_what_another_key_sealed(world: Outside) -> None:
    await queue_mail(SIGN_IN)
    install(replace(world, vault=Vault(bytes(32))))
    await queue_mail(replace(SIGN_IN, recipient="bo@example.com"))
    assert [mail.recipient for mail in await read_mailbox(ReadMailbox())] == ["bo@example.com"]


async def test_there_is_no_mailbox_beside_a_provider(provider: Provider) -> None:
    await queue_mail(SIGN_IN)
    with pytest.raises(NotFound):
        await read_mailbox(ReadMailbox())
