"""A mail arrives, whichever part is killed while it is on its way."""

from __future__ import annotations

import signal

import httpx
import pytest

from activities.mail import QueueMail, queue_mail
from tests.journeys.conftest import until
from workers.bootstrap import gateways
from workers.stack import Stack

pytestmark = pytest.mark.timeout(120)


async def queue(stack: Stack, recipient: str) -> None:
    """A mail, put on its way as an operation of the API does it."""
    words = {"link": f"{stack.api}/docs?for={recipient}", "minutes": "15"}
    async with gateways(stack.settings):
        await queue_mail(QueueMail("sign_in", recipient, words))


async def sent_to(stack: Stack, recipient: str) -> list[str]:
    """The links of mails to somebody that were handed over."""
    async with httpx.AsyncClient(base_url=stack.api) as client:
        mails = (await client.get("/dev/mailbox?format=json")).json()["items"]
    return [mail["link"] for mail in mails if mail["to"] == recipient and mail["sentAt"]]


@pytest.mark.parametrize("role", ["relay", "work"])
async def test_a_mail_arrives_although_a_part_was_killed(stack: Stack, role: str) -> None:
    recipient = f"{role}@example.com"
    stack.children[role].process.send_signal(signal.SIGKILL)
    stack.children[role].process.wait()
    await queue(stack, recipient)
    assert await sent_to(stack, recipient) == []
    await until(lambda: role in stack.restart_dead())

    async def arrived() -> bool:
        return await sent_to(stack, recipient) == [f"{stack.api}/docs?for={recipient}"]

    await until(arrived, 60)
