"""The relay takes mails to their workflows: each once, in any weather."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from activities.cause import Cause, caused_by, current_cause
from activities.gateways.clock import FixedClock
from activities.mail import QueueMail, WaitingMail, WaitingMails, queue_mail, waiting_mails
from activities.mail_groups import MailGroup
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from tests.workers.test_relay import Scripted
from workers.relay import Relay
from workflows.starter import TemporalAway

pytestmark = pytest.mark.usefixtures("database", "world")

MAIL = QueueMail("sign_in", "ada@example.com", {"link": "https://ink.test/s", "minutes": "15"})


class Posting(Scripted):
    """A starter that keeps the mails it started; `lost` of them it starts without an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[UUID] = []
        self.groups: list[UUID] = []
        self.causes: list[Cause] = []
        self.lost = 0
        self.unwanted: set[UUID] = set()

    async def send_mail(self, mail: WaitingMail) -> None:
        if self.away:
            raise TemporalAway("away")
        if mail.id in self.unwanted:
            raise ValueError("Temporal does not take this")
        self.mails.append(mail.id)
        self.causes.append(current_cause())
        if self.lost:
            self.lost -= 1
            raise TemporalAway("no answer in time")

    async def send_mails(self, group: MailGroup) -> None:
        if self.away:
            raise TemporalAway("away")
        self.groups.append(group.id)
        self.causes.append(current_cause())
        if self.lost:
            self.lost -= 1
            raise TemporalAway("no answer in time")


async def waiting() -> tuple[UUID, ...]:
    return tuple(mail.id for mail in await waiting_mails(WaitingMails()))


async def test_a_mail_is_started_once_with_its_cause() -> None:
    starter = Posting()
    relay = Relay(starter)
    with caused_by(Cause("r-1")):
        await queue_mail(MAIL)
    (mail,) = await waiting()
    assert await relay.turn() == 1
    assert await relay.turn() == 0
    assert starter.mails == [mail]
    assert starter.causes[0].request_id == "r-1"


async def test_a_group_is_started_once_when_it_is_due(clock: FixedClock) -> None:
    starter, group_id = Posting(), uuid4()
    relay = Relay(starter)
    trial = QueueMail(
        "trial_ending",
        "ada@example.com",
        {"link": "https://ink.test/s", "organization": "Acme", "when": "soon", "days": "7"},
        not_before=clock.now() + timedelta(hours=9),
        group_id=group_id,
    )
    with caused_by(Cause("r-1")):
        for _ in range(3):
            await queue_mail(trial)
    assert await relay.turn() == 0
    clock.moment += timedelta(hours=9)
    starter.lost = 1
    assert [await relay.turn() for _ in range(3)] == [0, 1, 0]
    assert (starter.groups, starter.mails) == ([group_id, group_id], [])
    assert starter.causes[0].request_id == "r-1"


async def test_while_temporal_is_away_mails_wait() -> None:
    starter = Posting()
    relay = Relay(starter)
    starter.away = True
    await queue_mail(MAIL)
    assert [await relay.turn() for _ in range(3)] == [0, 0, 0]
    assert len(await waiting()) == 1
    starter.away = False
    assert await relay.turn() == 1
    assert await waiting() == ()


async def test_a_mail_that_finds_temporal_away_keeps_events_in_the_outbox() -> None:
    by = await a_tenant()
    await an_endpoint(by)
    starter = Posting()
    relay = Relay(starter)
    starter.lost = 1
    await queue_mail(MAIL)
    await a_code(by)
    assert await relay.turn() == 0
    assert starter.started == []
    assert await relay.turn() == 2
    assert starter.started == [by.organization_id]


async def test_a_start_whose_answer_was_lost_is_made_again_under_the_same_id() -> None:
    starter = Posting()
    relay = Relay(starter)
    starter.lost = 1
    await queue_mail(MAIL)
    (mail,) = await waiting()
    assert await relay.turn() == 0
    assert await relay.turn() == 1
    assert starter.mails == [mail, mail]
    assert await waiting() == ()


async def test_a_mail_that_is_refused_stops_nobody_else(clock: FixedClock) -> None:
    by = await a_tenant()
    await an_endpoint(by)
    starter = Posting()
    relay = Relay(starter)
    await queue_mail(MAIL)
    (bad,) = await waiting()
    starter.unwanted.add(bad)
    clock.moment += timedelta(seconds=1)
    await queue_mail(MAIL)
    await a_code(by)
    assert await relay.turn() == 2
    assert starter.started == [by.organization_id]
    assert await waiting() == (bad,)
    starter.unwanted.clear()
    assert await relay.turn() == 1
    assert await waiting() == ()
