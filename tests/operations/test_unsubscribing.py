"""The address in a mail ends its sort for its reader, and for nobody else."""

from __future__ import annotations

import base64
from uuid import uuid4

import pytest

from activities.notices.leaving import Subscription, leaving_address, read_leaving
from activities.notices.preferences import ReadPreferences, read_preferences
from activities.notices.unsubscribing import (
    Leave,
    ReadSubscription,
    Rejoin,
    leave,
    read_subscription,
    rejoin,
)
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.notices import TOPICS, Topic
from tests.builders.members import a_member
from tests.builders.notices import a_home, mails, one, run, tell

pytestmark = pytest.mark.usefixtures("database", "world")


def token_for(by: Actor, topic: Topic = "alerts") -> str:
    assert by.user_id
    return leaving_address(Subscription(by.user_id, by.organization_id, topic)).partition("t=")[2]


async def mailing(by: Actor, topic: Topic = "alerts") -> str:
    found = await read_preferences(ReadPreferences(by))
    return {one.topic: one.wish.mail for one in found.topics}[topic]


@pytest.mark.parametrize("topic", TOPICS)
async def test_every_topic_is_ended_by_itself(topic: Topic) -> None:
    _, owner = await a_home()
    ended = await leave(Leave(token_for(owner, topic)))
    assert (ended.topic, ended.organization, ended.mail) == (topic, "Acme", "never")
    found = await read_preferences(ReadPreferences(owner))
    usual = {one.topic for one in found.topics if one.wish.mail == "never"}
    assert usual - {"jobs"} == {topic} - {"jobs"}


async def test_looking_changes_nothing() -> None:
    _, owner = await a_home()
    found = await read_subscription(ReadSubscription(token_for(owner)))
    assert (found.mail, found.undo) == ("now", "now")
    assert await one("SELECT count(*) FROM notice_preference") == 0


async def test_doing_it_again_is_no_mistake_and_it_can_be_taken_back() -> None:
    home, owner = await a_home()
    other = await a_member(home, "admin")
    token = token_for(owner)
    for _ in range(2):
        ended = await leave(Leave(token))
        assert (ended.mail, ended.undo) == ("never", "now")
    assert await mailing(other) == "now"
    assert (await rejoin(Rejoin(token, "daily"))).mail == "daily"
    assert await mailing(owner) == "daily"
    with pytest.raises(InvalidFields):
        await rejoin(Rejoin(token_for(owner, "trial"), "daily"))


async def test_after_it_nothing_of_the_sort_is_mailed() -> None:
    home, owner = await a_home()
    words = {"name": "Menu", "host": "example.com", "why": "it answers 500"}
    await tell(home, "first", "link_failing", **words)
    (mail,) = await mails()
    await leave(Leave(mail.unsubscribe.partition("t=")[2]))
    await tell(home, "second", "link_failing", **words)
    assert len(await mails()) == 1
    assert owner.user_id
    shown = "SELECT count(*) FROM notification WHERE is_shown"
    assert await one(shown) == 2


async def test_a_forged_token_ends_nothing() -> None:
    _, owner = await a_home()
    _, victim = await a_home("victim")
    assert victim.user_id
    token = token_for(owner)
    whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    forged = [
        victim.user_id.bytes + whole[16:],
        whole[:32] + bytes([3]) + whole[33:],
        whole[:-1] + bytes([whole[-1] ^ 1]),
        whole[:33],
        whole + b"x",
    ]
    tokens = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in forged]
    for wrong in (*tokens, "", "x", "ü", token[:-2], "A" * 5000):
        for asked in (
            read_subscription(ReadSubscription(wrong)),
            leave(Leave(wrong)),
            rejoin(Rejoin(wrong, "now")),
        ):
            with pytest.raises(NotFound):
                await asked
    assert await one("SELECT count(*) FROM notice_preference") == 0
    assert read_leaving(token) is not None


async def test_a_token_of_somebody_who_left_or_never_was_is_fine() -> None:
    home, owner = await a_home()
    gone = await a_member(home, "admin", "eve")
    await run("DELETE FROM membership WHERE user_id = :id", id=gone.user_id)
    assert (await leave(Leave(token_for(gone)))).mail == "never"
    nobody = leaving_address(Subscription(uuid4(), owner.organization_id, "alerts"))
    ended = await leave(Leave(nobody.partition("t=")[2]))
    assert (ended.mail, ended.organization) == ("never", None)
