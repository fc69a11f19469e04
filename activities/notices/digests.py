"""Mails that come once a period: who is due by their own clocks, claimed, and mailed in groups.

A digest is claimed and its mail queued in one transaction, so that each comes once however often
that is done, by however many at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from activities.mail import MOST_IN_GROUP, QueueMail, queue_mail
from activities.notices.leaving import Subscription, leaving_address
from activities.outside import outside
from activities.rules.local_times import Clocks, not_quiet
from schema.db import transaction
from schema.tables import DigestRow

Kind = Literal["daily", "weekly"]

_TOPICS: Mapping[Kind, Literal["daily_digest", "weekly_digest"]] = {
    "daily": "daily_digest",
    "weekly": "weekly_digest",
}

AT_ONCE = MOST_IN_GROUP
"""Digests of one transaction."""

NOBODY = UUID(int=0)

_CLAIMED = (col(DigestRow.user_id), col(DigestRow.organization_id), col(DigestRow.period))

_MAILED = """
UPDATE digest AS g SET mail_id = d.mail_id
FROM unnest(CAST(:users AS uuid[]), CAST(:organizations AS uuid[]), CAST(:periods AS text[]),
  CAST(:mails AS uuid[])) AS d (user_id, organization_id, period, mail_id)
WHERE g.user_id = d.user_id AND g.organization_id = d.organization_id AND g.kind = :kind
  AND g.period = d.period
"""

# Until the transaction ends nobody of them leaves, or ends a topic: `withdraw_mails` waits.
_HOLD = """
SELECT m.user_id, m.organization_id
FROM unnest(CAST(:users AS uuid[]), CAST(:organizations AS uuid[])) AS d (user_id, organization_id)
JOIN membership AS m ON m.user_id = d.user_id AND m.organization_id = d.organization_id
ORDER BY m.user_id, m.organization_id FOR KEY SHARE OF m
"""

_LEFT = """
SELECT p.user_id, p.organization_id
FROM unnest(CAST(:users AS uuid[]), CAST(:organizations AS uuid[])) AS d (user_id, organization_id)
JOIN notice_preference AS p ON p.user_id = d.user_id AND p.organization_id = d.organization_id
WHERE p.topic = :topic AND p.mail = 'never'
"""

DUE_CLOCKS = """
unnest(
  CAST(:zones AS text[]), CAST(:minutes AS int[]), CAST(:days AS date[]),
  CAST(:moments AS timestamptz[])
) AS d (zone, minutes, day, moment)
"""
"""The values of `due_values` as a table; clocks are joined by zone and minutes."""


@dataclass(frozen=True)
class DigestsSent:
    """How many mails were queued; `is_done` when nobody is due any more."""

    mails: int
    is_done: bool


@dataclass(frozen=True)
class Receiver:
    """A person of an organization."""

    user_id: UUID
    organization_id: UUID
    organization: str
    address: str = field(repr=False)
    clocks: Clocks

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.user_id, self.organization_id


@dataclass(frozen=True)
class Claim:
    """The digest of a receiver for a period."""

    receiver: Receiver
    period: str


@dataclass(frozen=True)
class ClaimDigests:
    """Whose digests shall be decided now."""

    kind: Kind
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class DigestMail:
    """What a claimed digest says."""

    claim: Claim
    words: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class MailDigests:
    """At most `AT_ONCE` mails."""

    kind: Kind
    mails: tuple[DigestMail, ...]


async def claim_digests(command: ClaimDigests) -> tuple[Claim, ...]:
    """Those that nobody has decided before and that are wanted still; the open transaction decides
    them, or nobody has.

    Who claims the same at the same time, or wants it no more, waits for its end.
    """
    now = outside().clock.now()
    async with transaction() as session:
        wanting = await _wanting(session, command) if command.claims else frozenset()
        claims = {
            (*one.receiver.key, one.period): one
            for one in command.claims
            if one.receiver.key in wanting
        }
        if not claims:
            return ()
        rows = [
            {
                "id": uuid4(),
                "created_at": now,
                "user_id": user_id,
                "organization_id": organization_id,
                "kind": command.kind,
                "period": period,
            }
            # In one order, so that two who claim the same do not wait for each other.
            for user_id, organization_id, period in sorted(claims)
        ]
        claim = insert(DigestRow).values(rows).on_conflict_do_nothing().returning(*_CLAIMED)
        made = (await session.execute(claim)).all()
    return tuple(claims[user, organization, period] for user, organization, period in made)


async def mail_digests(command: MailDigests) -> None:
    """Queue them in the open transaction: those that may leave at the same moment as one group."""
    now, groups, mails = outside().clock.now(), dict[datetime, UUID](), dict[Claim, UUID]()
    topic = _TOPICS[command.kind]
    for mail in command.mails:
        receiver = mail.claim.receiver
        moment = not_quiet(receiver.clocks, now)
        subscription = Subscription(receiver.user_id, receiver.organization_id, topic)
        words = {
            "organization": receiver.organization,
            "link": f"{outside().public_url}/sign-in",
            "unsubscribe": leaving_address(subscription),
            **mail.words,
        }
        mails[mail.claim] = mail_id = uuid4()
        await queue_mail(
            QueueMail(
                topic,
                receiver.address,
                words,
                receiver.organization_id,
                not_before=moment if moment > now else None,
                group_id=groups.setdefault(moment, uuid4()),
                id=mail_id,
            )
        )
    values: dict[str, Any] = {
        "kind": command.kind,
        "users": [claim.receiver.user_id for claim in mails],
        "organizations": [claim.receiver.organization_id for claim in mails],
        "periods": [claim.period for claim in mails],
        "mails": list(mails.values()),
    }
    async with transaction() as session:
        await session.execute(text(_MAILED), values)


async def _wanting(session: AsyncSession, command: ClaimDigests) -> frozenset[tuple[UUID, UUID]]:
    """Who is a member and did not end the topic, which stays so until the transaction ends."""
    keys = sorted({claim.receiver.key for claim in command.claims})
    values: dict[str, Any] = {
        "users": [user_id for user_id, _ in keys],
        "organizations": [organization_id for _, organization_id in keys],
        "topic": _TOPICS[command.kind],
    }
    held = {tuple(row) for row in await session.execute(text(_HOLD), values)}
    # By itself: what was written while the others were waited for is seen now only.
    left = {tuple(row) for row in await session.execute(text(_LEFT), values)}
    return frozenset(held - left)


def due_values(found: Iterable[tuple[Clocks, tuple[date, datetime]]]) -> dict[str, Any]:
    """When something was due last on which clocks, as `DUE_CLOCKS` takes it."""
    due = list(found)
    return {
        "zones": [clocks.time_zone for clocks, _ in due],
        "minutes": [clocks.digest_at for clocks, _ in due],
        "days": [day for _, (day, _) in due],
        "moments": [moment for _, (_, moment) in due],
    }


def receiver_of(row: Any) -> Receiver:
    """The receiver that a row tells of."""
    clocks = Clocks(row.time_zone, row.digest_at, row.quiet_from, row.quiet_until)
    return Receiver(row.user_id, row.organization_id, row.organization, row.email, clocks)
