"""Telling people of a fact, in the transaction in which it becomes true: a notification each, and
by mail at once, with the day's digest or not at all, as each of them wishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from activities.mail import QueueMail, queue_mail
from activities.notices.leaving import Subscription, leaving_address
from activities.outside import outside
from activities.rules.local_times import Clocks, not_quiet
from activities.rules.notices import ABOUT, KINDS, Topic, Wish, title_of
from schema.db import transaction
from schema.tables import (
    MembershipRow,
    NoticePreferenceRow,
    NotificationRow,
    OrganizationRow,
    UserRow,
)

LEADERS = ("owner", "admin")

# Until the transaction ends nobody of them leaves, or ends a topic: `withdraw_mails` waits.
_HOLD = """
SELECT FROM membership WHERE organization_id = :organization
  AND (role = ANY (:leaders) OR user_id = :also) ORDER BY user_id FOR KEY SHARE
"""

AT_ONCE = 1000
"""Readers written down by one statement, which takes 65,535 values at most."""


@dataclass(frozen=True)
class Notify:
    """A fact of an organization for its owners and admins, and `also` for one more member.

    `kind` is one of `activities.rules.notices.KINDS`; `words` fill its title, and where people hear
    of it at once the mail of the same name, to which `organization` and `link` are added. `key`
    names the fact: who was told of it is not told again.
    """

    organization_id: UUID
    kind: str
    key: str
    words: Mapping[str, str]
    asset_kind: str | None = None
    asset_id: UUID | None = None
    also: UUID | None = None


@dataclass(frozen=True)
class _Reader:
    """Somebody to tell, where mail reaches them if it does, and how they wish to hear of it."""

    id: UUID
    address: str | None
    clocks: Clocks
    wish: Wish


async def notify(command: Notify) -> None:
    """Tell them in the open transaction. Raises `ValueError` when words are missing: a mistake of
    the caller.
    """
    try:
        title_of(command.kind, command.words)
    except KeyError as fault:
        raise ValueError(f"a notification needs {fault}") from None
    asked: dict[str, Any] = {
        "organization": command.organization_id,
        "leaders": list(LEADERS),
        "also": command.also,
    }
    async with transaction() as session:
        # By itself: wishes that were written while it waited are seen by what follows only.
        await session.execute(text(_HOLD), asked)
        readers = await _readers(session, command)
        told = await _note(session, command, readers)
        organization = await session.get_one(OrganizationRow, command.organization_id)
        for reader in readers:
            if reader.id in told and _mailing(reader) == "now":
                await _mail(command, reader, organization.name)


def clocks_of(user: UserRow) -> Clocks:
    """When and where somebody reads."""
    return Clocks(user.time_zone, user.digest_at, user.quiet_from, user.quiet_until)


async def _readers(session: AsyncSession, command: Notify) -> Sequence[_Reader]:
    topic = KINDS[command.kind].topic
    wished, digest = aliased(NoticePreferenceRow), aliased(NoticePreferenceRow)
    query: Any = (
        select(UserRow, wished, digest)
        .join(MembershipRow, col(MembershipRow.user_id) == UserRow.id)
        .outerjoin(wished, _of_reader(wished, command, topic))
        .outerjoin(digest, _of_reader(digest, command, "daily_digest"))
        .where(
            MembershipRow.organization_id == command.organization_id,
            or_(col(MembershipRow.role).in_(LEADERS), col(UserRow.id) == command.also),
        )
        .order_by(UserRow.email)
    )
    return [
        _Reader(
            user.id,
            user.email if user.proved_at is not None else None,
            clocks_of(user),
            _wish(topic, wish, digest),
        )
        for user, wish, digest in (await session.execute(query)).all()
    ]


def _of_reader(table: Any, command: Notify, topic: Topic) -> ColumnElement[bool]:
    return and_(
        table.user_id == UserRow.id,
        table.organization_id == command.organization_id,
        table.topic == topic,
    )


def _wish(
    topic: Topic, wished: NoticePreferenceRow | None, digest: NoticePreferenceRow | None
) -> Wish:
    """Who wants no mail of the day gets nothing that would wait for it."""
    wish = Wish(wished.in_app, wished.mail) if wished else ABOUT[topic].wish  # type: ignore[arg-type]
    if wish.mail == "daily" and digest is not None and digest.mail == "never":
        return Wish(wish.in_app, "never")
    return wish


async def _note(
    session: AsyncSession, command: Notify, readers: Sequence[_Reader]
) -> frozenset[UUID]:
    """Write it down for each; the ids of those who did not know."""
    now = outside().clock.now()
    rows = [_row(command, reader, now) for reader in readers]
    told = set[UUID]()
    for begin in range(0, len(rows), AT_ONCE):
        note = (
            insert(NotificationRow)
            .values(rows[begin : begin + AT_ONCE])
            .on_conflict_do_nothing(index_elements=["user_id", "organization_id", "key"])
            .returning(col(NotificationRow.user_id))
        )
        told.update((await session.execute(note)).scalars())
    return frozenset(told)


def _row(command: Notify, reader: _Reader, now: datetime) -> dict[str, Any]:
    mailing = _mailing(reader)
    return {
        "id": uuid4(),
        "created_at": now,
        "organization_id": command.organization_id,
        "user_id": reader.id,
        "kind": command.kind,
        "key": command.key,
        "words": dict(command.words),
        "asset_kind": command.asset_kind,
        "asset_id": command.asset_id,
        "is_shown": reader.wish.in_app,
        "mail": mailing,
        "mailed_at": now if mailing == "now" else None,
    }


def _mailing(reader: _Reader) -> str:
    """Without a proved address nothing is mailed."""
    return reader.wish.mail if reader.address else "never"


async def _mail(command: Notify, reader: _Reader, organization: str) -> None:
    assert reader.address
    subscription = Subscription(reader.id, command.organization_id, KINDS[command.kind].topic)
    words = {
        **command.words,
        "organization": organization,
        "link": command.words.get("link", f"{outside().public_url}/sign-in"),
        "unsubscribe": leaving_address(subscription),
    }
    now = outside().clock.now()
    moment = not_quiet(reader.clocks, now)
    await queue_mail(
        QueueMail(
            command.kind,  # type: ignore[arg-type]
            reader.address,
            words,
            command.organization_id,
            not_before=moment if moment > now else None,
        )
    )
