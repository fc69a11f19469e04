"""Groups of mails: written in one transaction, sent in one request by the workflow `SendMails`.

The provider knows a request by the id of the group and takes it once, if it is the same each time:
so a group is sent whole, in one order, and its results are written down together or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, and_, case, column, false, text, true, update, values
from sqlalchemy.types import Uuid
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar
from temporalio import activity

from activities.cause import Cause
from activities.gateways.mailer import OutgoingMail, Refused, Sent
from activities.letters import TOO_LATE, outgoing
from activities.outside import outside
from activities.rules.mails import last_moment
from schema.db import transaction
from schema.tables import MailRow

_WAITING = """
SELECT group_id, array_agg(DISTINCT organization_id) AS organizations, min(kind) AS kind,
  count(*) AS size, min(request_id) AS request_id, min(traceparent) AS traceparent
FROM mail
WHERE started_at IS NULL AND group_id IS NOT NULL AND coalesce(not_before, created_at) <= :now
  AND NOT EXISTS (
    SELECT FROM mail AS later WHERE later.group_id = mail.group_id AND later.not_before > :now)
GROUP BY group_id
ORDER BY min(created_at), group_id
LIMIT :limit
"""


@dataclass(frozen=True)
class WaitingMailGroups:
    """Groups that are due, whose workflow is not known to have been started, the oldest first."""

    limit: int = 50


@dataclass(frozen=True)
class MailGroup:
    """A group for one workflow; `organization_id` is None where it belongs to none or several."""

    id: UUID
    organization_id: UUID | None
    kind: str
    size: int
    cause: Cause


@dataclass(frozen=True)
class ConfirmMailGroups:
    """The workflows of these groups are started."""

    group_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class DeliverMails:
    """Hand the mails of one group to the provider."""

    group_id: UUID


@dataclass(frozen=True)
class MailsReport:
    """How many were sent, and how many never will be; both 0 for a group that was deleted."""

    sent: int
    refused: int


async def waiting_mail_groups(command: WaitingMailGroups) -> tuple[MailGroup, ...]:
    """Groups to start; starting one again is safe."""
    limits = {"now": outside().clock.now(), "limit": command.limit}
    async with transaction() as session:
        found = (await session.execute(text(_WAITING), limits)).all()
    return tuple(
        MailGroup(
            row.group_id,
            row.organizations[0] if len(row.organizations) == 1 else None,
            row.kind,
            row.size,
            Cause(row.request_id, row.traceparent),
        )
        for row in found
    )


async def confirm_mail_groups(command: ConfirmMailGroups) -> None:
    """Remember that the workflows of these groups are started."""
    confirm = (
        update(MailRow)
        .where(col(MailRow.group_id).in_(command.group_ids))
        .values(started_at=outside().clock.now())
    )
    async with transaction() as session:
        await session.execute(confirm, execution_options={"synchronize_session": False})


@activity.defn
async def deliver_mails(command: DeliverMails) -> MailsReport:
    """Send the group unless that is done already or too late; no transaction is open meanwhile.

    May be run again after a crash at any moment: what is asked of the provider is the same until
    results are written down. Raises `MailerAway` while the provider does not take it.
    """
    async with transaction() as session:
        rows = (await session.execute(_group(command.group_id))).scalars().all()
    waiting = [row for row in rows if row.sent_at is None and row.refused is None]
    outcomes: Sequence[Sent | Refused] = ()
    if waiting and outside().clock.now() >= _last_moment(rows):
        outcomes = (Refused(TOO_LATE),) * len(waiting)
    elif waiting:
        # A letter takes a millisecond: not on the event loop.
        mails = await asyncio.to_thread(_letters, waiting)
        outcomes = await outside().mailer.send_all(command.group_id, mails)
    if waiting:
        await _close(waiting, outcomes)
    sent = [row for row in rows if row.sent_at is not None]
    sent_now = [outcome for outcome in outcomes if isinstance(outcome, Sent)]
    all_sent = len(sent) + len(sent_now)
    return MailsReport(all_sent, len(rows) - all_sent)


def _group(group_id: UUID) -> SelectOfScalar[MailRow]:
    return (
        select(MailRow)
        .where(MailRow.group_id == group_id)
        .order_by(col(MailRow.created_at), col(MailRow.id))
    )


def _last_moment(rows: Sequence[MailRow]) -> datetime:
    """One moment for all: as long as the provider knows the group."""
    return max(last_moment(row.created_at, {}, row.not_before) for row in rows)


def _letters(rows: Sequence[MailRow]) -> list[OutgoingMail]:
    return [outgoing(row) for row in rows]


async def _close(rows: Sequence[MailRow], outcomes: Sequence[Sent | Refused]) -> None:
    """Write all of them down at once; what was written down before stays."""
    told = values(
        column("id", Uuid), column("provider_id", Text), column("refused", Text), name="told"
    ).data(
        [
            (row.id, None, outcome.reason)
            if isinstance(outcome, Refused)
            else (row.id, outcome.provider_id, None)
            for row, outcome in zip(rows, outcomes, strict=True)
        ]
    )
    sent = told.c.refused.is_(None)
    kept = and_(sent, true() if outside().mailer.keeps_words else false())
    close = (
        update(MailRow)
        .where(
            col(MailRow.id) == told.c.id,
            col(MailRow.sent_at).is_(None),
            col(MailRow.refused).is_(None),
        )
        .values(
            provider_id=told.c.provider_id,
            refused=told.c.refused,
            sent_at=case((sent, outside().clock.now())),
            sealed_words=case((kept, col(MailRow.sealed_words))),
        )
    )
    async with transaction() as session:
        await session.execute(close, execution_options={"synchronize_session": False})
