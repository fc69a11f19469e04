"""A group of mails reaches the provider once, through the real activity, worker and server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.mail import QueueMail, queue_mail
from activities.mail_groups import (
    DeliverMails,
    MailsReport,
    WaitingMailGroups,
    deliver_mails,
    waiting_mail_groups,
)
from tests.fakes.resend import Resend
from workers.work import make_worker
from workflows.queues import SEARCH_ATTRIBUTES, SHORT
from workflows.send_mails import SendMails
from workflows.starter import Starter

pytestmark = pytest.mark.usefixtures("database")

WORDS = {
    "link": "https://ink.test/sign-in",
    "unsubscribe": "https://ink.test/u?t=t0psecret",
    "organization": "Lovelace Ltd",
    "day": "21 November 2026",
    "lines": json.dumps(["Spring has ended"]),
}
PRIVATE = ("lovelace", "t0psecret", "example.com", "spring")

Handle = WorkflowHandle[SendMails, MailsReport]


async def a_group(size: int) -> UUID:
    group_id = uuid4()
    for number in range(size):
        reader = f"ada{number}@example.com"
        await queue_mail(QueueMail("daily_digest", reader, WORDS, group_id=group_id))
    return group_id


@asynccontextmanager
async def started(temporal: WorkflowEnvironment, size: int = 5) -> AsyncIterator[Handle]:
    """A group, queued and started as the relay does it, and a worker as in production."""
    await a_group(size)
    (group,) = await waiting_mail_groups(WaitingMailGroups())

    async def connect() -> object:
        return temporal.client

    starter = Starter(connect)  # type: ignore[arg-type]
    async with make_worker(temporal.client, SHORT):
        await starter.send_mails(group)
        await starter.send_mails(group)
        yield temporal.client.get_workflow_handle_for(SendMails.run, f"mails/{group.id}")


async def test_a_group_arrives_in_one_request_and_tells_an_operator(
    temporal: WorkflowEnvironment, resend: Resend, database: AsyncConnection
) -> None:
    resend.rejects = {"ada3@example.com"}
    async with started(temporal) as handle:
        assert await handle.result() == MailsReport(sent=4, refused=1)
    assert len(resend.mails) == 4
    assert resend.asked == [handle.id.removeprefix("mails/")]
    assert await database.scalar(text("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL")) == 4
    description = await handle.describe()
    assert await description.static_summary() == "5 daily_digest mails"
    assert description.typed_search_attributes[SEARCH_ATTRIBUTES[0]] == "everybody"
    assert description.typed_search_attributes[SEARCH_ATTRIBUTES[2]] == "mail.daily_digest"
    assert description.raw_description.workflow_execution_info.priority.priority_key == 5
    told = (await handle.fetch_history()).to_json() + str(description.raw_description)
    assert not [word for word in PRIVATE if word in told.lower()]


async def test_a_group_whose_answer_was_lost_arrives_once(
    temporal: WorkflowEnvironment, resend: Resend
) -> None:
    resend.troubles = ["taken_then_dropped", "busy"]
    resend.retry_after = "120"
    async with started(temporal) as handle:
        assert await handle.result() == MailsReport(sent=5, refused=0)
    description = await handle.describe()
    assert description.close_time is not None
    assert description.close_time - description.start_time >= timedelta(seconds=120)
    assert len(resend.mails) == 5
    assert len(resend.asked) == 3
    assert len(set(resend.asked)) == 1


async def test_a_worker_that_dies_before_it_writes_results_down_sends_nothing_twice(
    resend: Resend, database: AsyncConnection
) -> None:
    group_id = await a_group(3)
    savepoint = await database.begin_nested()
    assert await deliver_mails(DeliverMails(group_id)) == MailsReport(sent=3, refused=0)
    await savepoint.rollback()
    assert await database.scalar(text("SELECT count(*) FROM mail WHERE sent_at IS NULL")) == 3
    assert await deliver_mails(DeliverMails(group_id)) == MailsReport(sent=3, refused=0)
    assert len(resend.asked) == 2
    assert len(resend.mails) == 3
