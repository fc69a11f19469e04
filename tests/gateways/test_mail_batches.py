"""Many mails in one request through Resend's SDK, and what each of them says of itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from activities.gateways.mailer import (
    Mailbox,
    MailerAway,
    MailRefused,
    NoMailer,
    OutgoingMail,
    Refused,
    Sent,
)
from tests.fakes.resend import Trouble
from tests.gateways.test_mailer import MAIL, SENDER, sending

GROUP = uuid4()
WRONG = Refused("Resend refused it: 422 validation_error")
END = "https://ink.test/u?t=abc&x=1"


def some_mails(count: int) -> list[OutgoingMail]:
    return [
        replace(MAIL, id=uuid4(), recipient=f"reader{number}@example.com", kind="weekly_digest")
        for number in range(count)
    ]


async def test_a_mail_says_its_kind_and_how_it_ends() -> None:
    async with sending() as (mailer, fake):
        await mailer.send(replace(MAIL, kind="scan_alert", unsubscribe=END))
        await mailer.send(replace(MAIL, id=uuid4()))
    told, bare = fake.mails
    assert told["tags"] == [{"name": "kind", "value": "scan_alert"}]
    assert told["headers"]["List-Unsubscribe"] == f"<{END}>"
    assert told["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "tags" not in bare
    assert not [name for name in bare["headers"] if name.startswith("List-")]


async def test_a_group_arrives_whole_in_one_request() -> None:
    mails = [replace(mail, unsubscribe=END) for mail in some_mails(100)]
    async with sending() as (mailer, fake):
        outcomes = await mailer.send_all(GROUP, mails)
    assert fake.asked == [str(GROUP)]
    assert [mail["to"] for mail in fake.mails] == [[mail.recipient] for mail in mails]
    assert all(isinstance(outcome, Sent) and outcome.provider_id for outcome in outcomes)
    assert len(set(outcomes)) == 100
    last = fake.mails[-1]
    assert last["from"] == SENDER
    assert last["tags"] == [{"name": "kind", "value": "weekly_digest"}]
    assert last["headers"]["X-Entity-Ref-ID"] == str(mails[-1].id)
    assert last["headers"]["List-Unsubscribe"] == f"<{END}>"


async def test_one_that_is_refused_stops_no_other() -> None:
    mails = some_mails(4)
    async with sending() as (mailer, fake):
        fake.rejects = {mails[0].recipient, mails[2].recipient}
        first = await mailer.send_all(GROUP, mails)
        assert await mailer.send_all(GROUP, mails) == first
    assert (first[0], first[2]) == (WRONG, WRONG)
    assert isinstance(first[1], Sent)
    assert isinstance(first[3], Sent)
    assert [mail["to"] for mail in fake.mails] == [[mails[1].recipient], [mails[3].recipient]]


async def test_a_group_whose_answer_was_lost_arrives_once() -> None:
    mails = some_mails(3)
    async with sending() as (mailer, fake):
        fake.troubles = ["taken_then_dropped"]
        with pytest.raises(MailerAway):
            await mailer.send_all(GROUP, mails)
        assert len(fake.mails) == 3
        assert await mailer.send_all(GROUP, mails) == await mailer.send_all(GROUP, mails)
    assert len(fake.mails) == 3


async def test_other_mails_under_the_id_of_a_group_are_refused() -> None:
    mails = some_mails(2)
    async with sending() as (mailer, fake):
        await mailer.send_all(GROUP, mails)
        told = await mailer.send_all(GROUP, mails[:1])
    assert told == (Refused("Resend refused it: 409 invalid_idempotent_request"),)
    assert len(fake.mails) == 2


@pytest.mark.parametrize("trouble", ["dropped", "silent", "busy", "broken", "not_json"])
async def test_a_fault_of_the_moment_means_again(trouble: Trouble) -> None:
    async with sending() as (mailer, fake):
        fake.troubles.append(trouble)
        with pytest.raises(MailerAway) as caught:
            await mailer.send_all(GROUP, some_mails(1))
    assert caught.value.wait_seconds == (7.0 if trouble == "busy" else None)


async def test_a_provider_with_a_rate_says_how_long_to_wait() -> None:
    async with sending() as (mailer, fake):
        fake.rate = 2
        asked = [mailer.send(mail) for mail in some_mails(9)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    away = [answer for answer in answers if isinstance(answer, MailerAway)]
    assert {(str(fault), fault.wait_seconds) for fault in away} == {
        ("Resend did not take it: 429 rate_limit_exceeded", 1.0)
    }
    # The second may turn meanwhile.
    assert len(fake.mails) == 9 - len(away) in (2, 4)


async def test_a_wrong_sender_is_not_the_fault_of_one_mail() -> None:
    async with sending(key="re_of_yesterday") as (mailer, _):
        with pytest.raises(MailerAway, match="403 invalid_api_key"):
            await mailer.send_all(GROUP, some_mails(2))


@pytest.mark.parametrize("count", [0, 101])
async def test_a_request_has_a_size(count: int) -> None:
    async with sending() as (mailer, fake):
        with pytest.raises(ValueError, match="1 to 100"):
            await mailer.send_all(GROUP, some_mails(count))
    assert fake.asked == []


async def test_a_rejected_address_is_refused_alone_as_well() -> None:
    async with sending() as (mailer, fake):
        fake.rejects = {MAIL.recipient}
        with pytest.raises(MailRefused) as caught:
            await mailer.send(MAIL)
    assert Refused(caught.value.reason) == WRONG


async def test_the_mailbox_takes_groups_and_production_without_a_provider_waits() -> None:
    mails = some_mails(2)
    assert await Mailbox().send_all(GROUP, mails) == tuple(
        Sent(f"mailbox/{mail.id}") for mail in mails
    )
    with pytest.raises(MailerAway, match="RESEND_API_KEY"):
        await NoMailer().send_all(GROUP, mails)


async def test_how_a_mail_ends_is_not_in_a_log() -> None:
    assert END not in repr(replace(MAIL, unsubscribe=END))
