"""One mail that Resend tells to wait makes all the others wait, without a request each."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from activities.gateways.clock import FixedClock
from activities.gateways.mailer import MailerAway, OutgoingMail, Sent
from activities.gateways.resend import A_SECOND, LONGEST_HOLD, SPREAD_SECONDS, ResendMailer
from tests.fakes.resend import Trouble
from tests.gateways.test_mail_batches import some_mails
from tests.gateways.test_mailer import MAIL, NOON, sending


async def waited(mailer: ResendMailer, mail: OutgoingMail) -> float | None:
    """How long a mail that is not taken is told to wait."""
    with pytest.raises(MailerAway) as caught:
        await mailer.send(mail)
    return caught.value.wait_seconds


async def test_twenty_mails_cost_one_request_while_it_wants_to_be_left_alone() -> None:
    clock, mails = FixedClock(NOON), some_mails(20)
    async with sending(clock=clock) as (mailer, fake):
        fake.troubles, fake.retry_after = ["busy"] * 20, "5"
        waits = [await waited(mailer, mail) for mail in mails]
        assert fake.asked == [str(mails[0].id)]
        assert waits[:2] == [5.0, 5.0]
        fake.troubles = []
        clock.moment += timedelta(seconds=5)
        for mail in mails:
            await mailer.send(mail)
    assert [mail["to"] for mail in fake.mails] == [[mail.recipient] for mail in mails]


async def test_who_was_held_comes_back_as_quickly_as_mails_are_taken() -> None:
    clock = FixedClock(NOON)
    async with sending(clock=clock) as (mailer, fake):
        fake.troubles.append("busy")
        await waited(mailer, MAIL)
        clock.moment += timedelta(seconds=3)
        held = [await waited(mailer, MAIL) for _ in range(SPREAD_SECONDS * A_SECOND + 1)]
    assert held[: A_SECOND + 1] == [4 + turn / A_SECOND for turn in range(A_SECOND + 1)]
    assert (max(wait or 0 for wait in held), held[-1]) == (4 + SPREAD_SECONDS - 1 / A_SECOND, 4)


async def test_groups_and_single_mails_hold_each_other_back() -> None:
    clock, mails = FixedClock(NOON), some_mails(2)
    async with sending(clock=clock) as (mailer, fake):
        fake.troubles.append("busy")
        with pytest.raises(MailerAway, match="429"):
            await mailer.send_all(uuid4(), mails)
        assert await waited(mailer, MAIL) == 7.0
        with pytest.raises(MailerAway, match="left alone"):
            await mailer.send_all(uuid4(), mails)
        assert len(fake.asked) == 1
        clock.moment += timedelta(seconds=7)
        assert all(isinstance(one, Sent) for one in await mailer.send_all(uuid4(), mails))


@pytest.mark.parametrize("trouble", ["broken", "dropped", "not_json"])
async def test_other_faults_hold_nobody_back(trouble: Trouble) -> None:
    async with sending() as (mailer, fake):
        fake.troubles.append(trouble)
        await waited(mailer, MAIL)
        await mailer.send(MAIL)


async def test_nobody_is_held_for_ever() -> None:
    clock = FixedClock(NOON)
    async with sending(clock=clock) as (mailer, fake):
        fake.troubles, fake.retry_after = ["busy"], "9" * 40
        await waited(mailer, MAIL)
        assert await waited(mailer, MAIL) == LONGEST_HOLD
        clock.moment += timedelta(seconds=LONGEST_HOLD)
        await mailer.send(MAIL)
