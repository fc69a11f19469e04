"""Mails ended by who reads them, through the address that each of them carries (RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.notices.leaving import Subscription, read_leaving
from activities.notices.preferences import Wanted, keep_wish
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.notices import ABOUT, Mailing, Topic
from schema.db import transaction

_STANDING = """
SELECT o.name, p.mail FROM organization AS o JOIN account_user AS u ON u.id = :user
LEFT JOIN notice_preference AS p
  ON p.user_id = u.id AND p.organization_id = o.id AND p.topic = :topic
WHERE o.id = :organization
"""


@dataclass(frozen=True)
class ReadSubscription:
    """What a token is about."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Leave:
    """No mail of this sort any more."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Rejoin:
    """The mails again, as they came before."""

    token: str = field(repr=False)
    mail: Mailing


@dataclass(frozen=True)
class SubscriptionView:
    """How the person hears of a topic of an organization by mail.

    `mail` is as it is now, `undo` what takes an end back. `organization` is None where that, or the
    person, is gone: then nothing comes anyway.
    """

    topic: Topic
    organization: str | None
    mail: Mailing
    undo: Mailing


async def read_subscription(command: ReadSubscription) -> SubscriptionView:
    """How it is; changes nothing. Raises `NotFound` for a token that is not ours."""
    subscription = _understood(command.token)
    async with transaction() as session:
        return await _standing(session, subscription)


async def leave(command: Leave) -> SubscriptionView:
    """End it; doing it again changes nothing. Raises `NotFound` for a token that is not ours."""
    return await _set(_understood(command.token), "never")


async def rejoin(command: Rejoin) -> SubscriptionView:
    """Take the end back. Raises `NotFound` for a token that is not ours, `InvalidFields` for what
    the topic does not know.
    """
    subscription = _understood(command.token)
    if command.mail not in ABOUT[subscription.topic].mails:
        raise InvalidFields({"undo": ["This does not come in this way."]})
    return await _set(subscription, command.mail)


async def _set(subscription: Subscription, mail: Mailing) -> SubscriptionView:
    async with transaction() as session:
        found = await _standing(session, subscription)
        if found.organization is not None and found.mail != mail:
            wanted = Wanted(
                subscription.user_id, subscription.organization_id, subscription.topic, mail=mail
            )
            await keep_wish(wanted)
    return SubscriptionView(found.topic, found.organization, mail, found.undo)


def _understood(token: str) -> Subscription:
    subscription = read_leaving(token)
    if subscription is None:
        raise NotFound("subscription")
    return subscription


async def _standing(session: AsyncSession, subscription: Subscription) -> SubscriptionView:
    topic = subscription.topic
    values: dict[str, Any] = {
        "user": subscription.user_id,
        "organization": subscription.organization_id,
        "topic": topic,
    }
    found = (await session.execute(text(_STANDING), values)).one_or_none()
    about = ABOUT[topic]
    mail: Mailing = found.mail if found and found.mail else about.wish.mail
    undo = next(way for way in (mail, about.wish.mail, *about.mails) if way != "never")
    return SubscriptionView(topic, found.name if found else None, mail, undo)
