"""A mail reaches the provider once, through the real activity, worker and server."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.gateways.clock import FixedClock
from activities.gateways.mailer import NoMailer
from activities.mail import MailReport, QueueMail, WaitingMails, queue_mail, waiting_mails
from activities.outside import Outside, install
from tests.fakes.resend import KEY, Resend
from workers.work import make_worker
from workflows.queues import SEARCH_ATTRIBUTES, SHORT
from workflows.send_mail import MailToSend, SendMail
from workflows.starter import Starter

pytestmark = pytest.mark.usefixtures("database")

ADDRESS = "Ada.Lovelace+ink@example.com"
LINK = "https://ink.test/sign-in?token=t0psecret"
MAIL = QueueMail("sign_in", ADDRESS, {"link": LINK, "minutes": "15"})
PRIVATE = ("lovelace", "t0psecret", "example.com", KEY)

Handle = WorkflowHandle[SendMail, MailReport]


@asynccontextmanager
async def started(temporal: WorkflowEnvironment, mail: QueueMail = MAIL) -> AsyncIterator[Handle]:
    """A mail, queued and started as the relay does it, and a worker as in production."""
    await queue_mail(mail)
    (waiting,) = await waiting_mails(WaitingMails())

    async def connect() -> object:
        return temporal.client

    starter = Starter(connect)  # type: ignore[arg-type]
    async with make_worker(temporal.client, SHORT):
        await starter.send_mail(waiting)
        yield temporal.client.get_workflow_handle_for(SendMail.run, f"mail/{waiting.id}")


async def told(handle: Handle) -> str:
    """Everything that Temporal knows of the run."""
    description = await handle.describe()
    return (await handle.fetch_history()).to_json() + str(description.raw_description)


async def lasted(handle: Handle) -> timedelta:
    description = await handle.describe()
    assert description.close_time is not None
    return description.close_time - description.start_time


async def test_a_mail_arrives(
    temporal: WorkflowEnvironment, resend: Resend, database: AsyncConnection
) -> None:
    async with started(temporal) as handle:
        assert await handle.result() == MailReport("sent")
    (mail,) = resend.mails
    assert mail["to"] == [ADDRESS]
    assert LINK in mail["text"]
    row = (await database.execute(text("SELECT provider_id, sealed_words FROM mail"))).one()
    assert {"id": row.provider_id} == resend.known[handle.id.removeprefix("mail/")][1]
    assert row.sealed_words is None


async def test_a_mail_whose_answer_was_lost_arrives_once(
    temporal: WorkflowEnvironment, resend: Resend
) -> None:
    resend.troubles = ["taken_then_dropped", "taken_then_dropped"]
    async with started(temporal) as handle:
        assert await handle.result() == MailReport("sent")
    assert len(resend.mails) == 1
    assert len(resend.asked) == 3
    assert len(set(resend.asked)) == 1


async def test_a_provider_that_asks_for_time_is_left_alone_that_long(
    temporal: WorkflowEnvironment, resend: Resend
) -> None:
    resend.troubles, resend.retry_after = ["busy"], "300"
    async with started(temporal) as handle:
        assert await handle.result() == MailReport("sent")
    assert timedelta(seconds=300) <= await lasted(handle) < timedelta(seconds=330)
    assert len(resend.asked) == 2


async def test_a_provider_that_fails_is_asked_again(
    temporal: WorkflowEnvironment, resend: Resend
) -> None:
    resend.troubles = ["broken", "not_json", "dropped"]
    async with started(temporal) as handle:
        assert await handle.result() == MailReport("sent")
    assert len(resend.mails) == 1


async def test_a_refusal_ends_the_workflow_and_says_why(
    temporal: WorkflowEnvironment, resend: Resend, database: AsyncConnection
) -> None:
    async with started(temporal, replace(MAIL, recipient="lovelacé@example.com")) as handle:
        report = await handle.result()
    assert report == MailReport("refused", "Resend refused it: 422 validation_error")
    assert len(resend.asked) == 1
    assert await database.scalar(text("SELECT refused FROM mail")) == report.reason
    history = await told(handle)
    assert not [word for word in PRIVATE if word in history.lower()]


async def test_a_mail_that_nobody_takes_is_given_up_after_a_day(
    temporal: WorkflowEnvironment, world: Outside, clock: FixedClock
) -> None:
    class Slowly(NoMailer):
        """Each try is half a day later."""

        async def send(self, mail: object) -> str:
            clock.moment += timedelta(hours=12)
            return await super().send(mail)  # type: ignore[arg-type]

    install(replace(world, mailer=Slowly()))
    words = {"organization": "Acme", "inviter": "Bo", "role": "editor", "days": "7", "link": LINK}
    async with started(temporal, QueueMail("team_invite", ADDRESS, words)) as handle:
        assert await handle.result() == MailReport("refused", "too late")
    assert (await handle.describe()).history_length < 20


async def test_nobody_finds_a_reader_or_a_link_in_histories_and_logs(
    temporal: WorkflowEnvironment,
    resend: Resend,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    resend.troubles = ["broken", "busy", "taken_then_dropped"]
    with structlog.testing.capture_logs() as entries:
        async with started(temporal) as handle:
            assert await handle.result() == MailReport("sent")
    history, (out, err) = await told(handle), capsys.readouterr()
    logged = f"{caplog.text} {entries} {out} {err}"
    assert handle.id in history
    assert "500 internal_server_error" in logged
    for kept in (history, logged):
        assert not [word for word in PRIVATE if word in kept.lower()]


async def test_a_mail_is_started_once_urgent_and_findable(
    temporal: WorkflowEnvironment, resend: Resend
) -> None:
    async with started(temporal) as handle:
        await handle.result()
    mail_id = UUID(handle.id.removeprefix("mail/"))
    with pytest.raises(WorkflowAlreadyStartedError):
        await temporal.client.start_workflow(
            SendMail.run,
            MailToSend("nobody", mail_id, Cause("")),
            id=handle.id,
            task_queue=SHORT,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
    description = await handle.describe()
    assert description.typed_search_attributes[SEARCH_ATTRIBUTES[0]] == "nobody"
    assert description.raw_description.workflow_execution_info.priority.priority_key == 1
    assert await description.static_summary() == "sign_in mail"
