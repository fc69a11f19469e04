"""Mail: queued where the reason for it becomes true, sent by the workflow `SendMail`.

`queue_mail` runs inside the operation's transaction. The words are sealed, because they may hold a
link that signs somebody in; they are forgotten when the provider has the mail. The relay starts a
workflow for each of `waiting_mails` and confirms with `confirm_mails`; a crash in between starts it
again under the same id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import func, update
from sqlmodel import col, select
from temporalio import activity

from activities.cause import Cause, current_cause
from activities.gateways.mailer import MOST_AT_ONCE, MailRefused
from activities.gateways.vault import SealBroken
from activities.letters import TOO_LATE, outgoing, sealed, words_of
from activities.outside import outside
from activities.render.mails import write_letter
from activities.rules.errors import NotFound
from activities.rules.mails import MailKind, can_expire, clean_words, last_moment
from schema.db import transaction
from schema.tables import MailRow

MOST_IN_GROUP = MOST_AT_ONCE
"""What the provider takes in one request."""


@dataclass(frozen=True)
class QueueMail:
    """A mail to `recipient`; `words` fill the template of its kind (`activities/rules/mails.py`).

    It is not sent later than its words `minutes` and `expires_at` say, where it has them, and not
    before `not_before`. Mails of one `group_id` are written in one transaction, at most
    `MOST_IN_GROUP`, and go to the provider in one request (`activities/mail_groups.py`): when the
    last of them may, and none has words that make it expire. Its word `unsubscribe`, where it has
    one, is the address that ends such mails by one click. `id` is for who has to know the mail.
    """

    kind: MailKind
    recipient: str
    words: Mapping[str, str]
    organization_id: UUID | None = None
    not_before: datetime | None = None
    group_id: UUID | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class WaitingMails:
    """Mails of no group that are due, whose workflow is not known to have been started, those that
    are due for longest first.
    """

    limit: int = 200


@dataclass(frozen=True)
class WaitingMail:
    """A mail for one workflow, without its words and its reader."""

    id: UUID
    organization_id: UUID | None
    kind: str
    cause: Cause


@dataclass(frozen=True)
class ConfirmMails:
    """The workflows of these mails are started."""

    mail_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class DeliverMail:
    """Hand one mail to the provider."""

    mail_id: UUID


@dataclass(frozen=True)
class MailReport:
    """How it ended; `gone` is a mail that was deleted. `reason` says why one is refused."""

    status: Literal["sent", "refused", "gone"]
    reason: str = ""


@dataclass(frozen=True)
class ReadMailbox:
    """The last `limit` mails of a machine under development, or the one of this id."""

    limit: int = 50
    mail_id: UUID | None = None


@dataclass(frozen=True)
class MailView:
    """A mail as its reader would see it; not sent yet where `sent_at` is None.

    `unsubscribe` is the address that ends such mails, or "".
    """

    id: UUID
    kind: str
    at: datetime
    sent_at: datetime | None
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    link: str = field(repr=False)
    unsubscribe: str = field(repr=False)


async def queue_mail(command: QueueMail) -> None:
    """Put a mail on its way in the open transaction; the relay is woken when that commits.

    Raises `ValueError` when the words do not fill the template: a mistake of the caller.
    """
    now, mail_id, cause = outside().clock.now(), command.id or uuid4(), current_cause()
    clean_words(command.kind, command.words)
    last_moment(now, command.words)
    if command.group_id is not None and can_expire(command.words):
        raise ValueError("a mail of a group cannot expire: they are sent as they are, or none is")
    async with transaction() as session:
        session.add(
            MailRow(
                id=mail_id,
                created_at=now,
                organization_id=command.organization_id,
                kind=command.kind,
                recipient=command.recipient,
                sealed_words=sealed(command.words, command.organization_id, mail_id),
                group_id=command.group_id,
                not_before=command.not_before,
                request_id=cause.request_id,
                traceparent=cause.traceparent,
            )
        )
        await session.flush()


async def waiting_mails(command: WaitingMails) -> tuple[WaitingMail, ...]:
    """Mails to start; starting one again is safe."""
    # As `ix_mail_waiting` has it: those of the future are not read.
    due_at = func.coalesce(col(MailRow.not_before), col(MailRow.created_at))
    query = (
        select(MailRow)
        .where(
            col(MailRow.started_at).is_(None),
            col(MailRow.group_id).is_(None),
            due_at <= outside().clock.now(),
        )
        .order_by(due_at)
        .limit(command.limit)
    )
    async with transaction() as session:
        return tuple(
            WaitingMail(
                row.id, row.organization_id, row.kind, Cause(row.request_id, row.traceparent)
            )
            for row in (await session.execute(query)).scalars()
        )


async def confirm_mails(command: ConfirmMails) -> None:
    """Remember that the workflows of these mails are started."""
    confirm = (
        update(MailRow)
        .where(col(MailRow.id).in_(command.mail_ids))
        .values(started_at=outside().clock.now())
    )
    async with transaction() as session:
        await session.execute(confirm, execution_options={"synchronize_session": False})


@activity.defn
async def deliver_mail(command: DeliverMail) -> MailReport:
    """Send the mail unless that is done already or too late; no transaction is open meanwhile.

    May be run again after a crash at any moment: the provider knows the mail by its id. Raises
    `MailerAway` while the provider does not take it.
    """
    async with transaction() as session:
        row = await session.get(MailRow, command.mail_id)
    if row is None:
        return MailReport("gone")
    if row.sent_at is not None:
        return MailReport("sent")
    if row.refused is not None:
        return MailReport("refused", row.refused)
    if outside().clock.now() >= last_moment(row.created_at, {}, row.not_before):
        return await _refuse(row.id, TOO_LATE)
    if outside().clock.now() >= last_moment(row.created_at, words_of(row), row.not_before):
        return await _refuse(row.id, TOO_LATE)
    return await _send(row)


async def read_mailbox(command: ReadMailbox) -> tuple[MailView, ...]:
    """What was mailed, newest first. `NotFound` where mails go to a provider."""
    if not outside().mailer.keeps_words:
        raise NotFound("mailbox")
    wanted = [] if command.mail_id is None else [MailRow.id == command.mail_id]
    query = (
        select(MailRow)
        .where(col(MailRow.sealed_words).is_not(None), *wanted)
        .order_by(col(MailRow.created_at).desc(), col(MailRow.id))
        .limit(command.limit)
    )
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
    return tuple(view for view in map(_view, rows) if view is not None)


async def _send(row: MailRow) -> MailReport:
    mailer = outside().mailer
    try:
        provider_id = await mailer.send(outgoing(row))
    except MailRefused as refusal:
        return await _refuse(row.id, refusal.reason)
    await _close(
        row.id,
        sent_at=outside().clock.now(),
        provider_id=provider_id,
        sealed_words=row.sealed_words if mailer.keeps_words else None,
    )
    return MailReport("sent")


async def _refuse(mail_id: UUID, reason: str) -> MailReport:
    await _close(mail_id, refused=reason, sealed_words=None)
    return MailReport("refused", reason)


async def _close(mail_id: UUID, **values: Any) -> None:
    close = (
        update(MailRow)
        .where(
            col(MailRow.id) == mail_id,
            col(MailRow.sent_at).is_(None),
            col(MailRow.refused).is_(None),
        )
        .values(**values)
    )
    async with transaction() as session:
        await session.execute(close, execution_options={"synchronize_session": False})


def _view(row: MailRow) -> MailView | None:
    """None for a mail that was sealed with a SECRET_KEY of before."""
    try:
        words = words_of(row)
    except SealBroken:
        return None
    letter = write_letter(row.kind, words)
    return MailView(
        id=row.id,
        kind=row.kind,
        at=row.created_at,
        sent_at=row.sent_at,
        recipient=row.recipient,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        link=letter.link,
        unsubscribe=words.get("unsubscribe", ""),
    )
