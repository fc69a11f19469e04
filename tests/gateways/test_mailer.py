"""Mail through Resend's SDK, against a server that behaves as its documents say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from activities.gateways.clock import FixedClock
from activities.gateways.mailer import Mailbox, MailerAway, MailRefused, NoMailer, OutgoingMail
from activities.gateways.resend import ResendMailer
from schema.settings import load_settings
from tests.fakes.resend import KEY, Resend, Trouble, resending
from workers.bootstrap import make_mailer

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SENDER = "Inkloom <mail@ink.test>"
MAIL = OutgoingMail(uuid4(), "ada@example.com", "Hello", "Hello, Ada.", "<p>Hello, Ada.</p>")


@asynccontextmanager
async def sending(
    key: str = KEY, sender: str = SENDER, clock: FixedClock | None = None
) -> AsyncIterator[tuple[ResendMailer, Resend]]:
    async with resending() as fake:
        mailer = ResendMailer(
            key,
            base_url=fake.url,
            sender=sender,
            total_seconds=1.0,
            now=(clock or FixedClock(NOON)).now,
        )
        try:
            yield mailer, fake
        finally:
            await mailer.close()


async def test_a_mail_arrives_whole() -> None:
    async with sending() as (mailer, fake):
        assert await mailer.send(MAIL)
    (mail,) = fake.mails
    assert (mail["from"], mail["to"]) == (SENDER, ["ada@example.com"])
    assert (mail["subject"], mail["text"], mail["html"]) == (MAIL.subject, MAIL.text, MAIL.html)
    assert mail["headers"]["Auto-Submitted"] == "auto-generated"
    assert fake.asked == [str(MAIL.id)]


async def test_a_mail_sent_twice_arrives_once() -> None:
    async with sending() as (mailer, fake):
        assert await mailer.send(MAIL) == await mailer.send(MAIL)
        assert len(fake.mails) == 1
        await mailer.send(replace(MAIL, id=uuid4()))
        assert len(fake.mails) == 2


async def test_a_lost_answer_is_asked_for_again_under_the_same_id() -> None:
    async with sending() as (mailer, fake):
        fake.troubles.append("taken_then_dropped")
        with pytest.raises(MailerAway):
            await mailer.send(MAIL)
        assert await mailer.send(MAIL)
        assert len(fake.mails) == 1


@pytest.mark.parametrize("trouble", ["dropped", "silent", "busy", "broken", "not_json"])
async def test_a_fault_of_the_moment_means_again(trouble: Trouble) -> None:
    clock = FixedClock(NOON)
    async with sending(clock=clock) as (mailer, fake):
        fake.troubles.append(trouble)
        with pytest.raises(MailerAway) as caught:
            await mailer.send(MAIL)
        assert caught.value.wait_seconds == (7.0 if trouble == "busy" else None)
        clock.moment += timedelta(seconds=caught.value.wait_seconds or 0)
        assert await mailer.send(MAIL)


async def test_a_wait_may_be_asked_for_as_a_date() -> None:
    async with sending() as (mailer, fake):
        fake.retry_after = "Sat, 21 Nov 2026 12:01:30 GMT"
        fake.troubles.append("busy")
        with pytest.raises(MailerAway) as caught:
            await mailer.send(MAIL)
    assert caught.value.wait_seconds == 90.0


async def test_nobody_waits_longer_than_the_deadline() -> None:
    async with sending() as (mailer, fake):
        fake.working.clear()
        began = time.monotonic()
        with pytest.raises(MailerAway, match="no answer"):
            await mailer.send(MAIL)
        assert time.monotonic() - began < 3


async def test_a_mail_that_is_being_taken_is_waited_for() -> None:
    async with sending() as (mailer, fake):
        fake.working.clear()
        first = asyncio.create_task(mailer.send(MAIL))
        while not fake.known:
            await asyncio.sleep(0.01)
        with pytest.raises(MailerAway, match="409 concurrent_idempotent_requests"):
            await mailer.send(MAIL)
        fake.working.set()
        assert await first == await mailer.send(MAIL)


async def test_an_address_that_cannot_be_is_refused_without_being_repeated() -> None:
    async with sending() as (mailer, _):
        with pytest.raises(MailRefused) as caught:
            await mailer.send(replace(MAIL, recipient="adä@example.com"))
    assert caught.value.reason == "Resend refused it: 422 validation_error"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_another_mail_under_a_used_id_is_refused() -> None:
    async with sending() as (mailer, _):
        await mailer.send(MAIL)
        with pytest.raises(MailRefused, match="409 invalid_idempotent_request"):
            await mailer.send(replace(MAIL, subject="Goodbye"))


async def test_a_wrong_key_or_sender_is_for_the_operator_to_mend() -> None:
    async with sending(key="re_of_yesterday") as (mailer, _):
        with pytest.raises(MailerAway, match="403 invalid_api_key") as caught:
            await mailer.send(MAIL)
        assert "yesterday" not in str(caught.value)
    async with sending(sender="no-reply@localhost") as (mailer, _):
        with pytest.raises(MailerAway, match="422 invalid_from_address"):
            await mailer.send(MAIL)


async def test_a_mail_says_nothing_of_itself_in_a_log() -> None:
    shown = f"{MAIL!r} {MAIL}"
    assert str(MAIL.id) in shown
    assert "ada@" not in shown.lower()
    assert "Hello" not in shown


async def test_the_mailbox_takes_everything_and_keeps_its_words() -> None:
    assert Mailbox().keeps_words
    assert await Mailbox().send(MAIL)


async def test_production_without_a_provider_makes_mails_wait() -> None:
    with pytest.raises(MailerAway, match="RESEND_API_KEY is not set"):
        await NoMailer().send(MAIL)


async def test_the_settings_choose_who_takes_mails() -> None:
    safe = {"secret_key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "resend_api_key": ""}
    production = {"environment": "production", "public_url": "https://ink.example"}
    assert isinstance(make_mailer(load_settings(**safe)), Mailbox)
    assert isinstance(make_mailer(load_settings(**safe, **production)), NoMailer)
    async with resending() as fake:
        mailer = make_mailer(
            load_settings(resend_api_key=KEY, resend_base_url=f"{fake.url}/", mail_from=SENDER)
        )
        await mailer.send(MAIL)
        await mailer.close()
        assert len(fake.mails) == 1
