"""The mail of the day: one to each person of an organization for whom something waits.

A digest is of a day on the person's own clocks, and of what was told before its moment. Its row,
its mail and the marks on what it tells are written in one transaction: whoever does it again, or at
the same time, does the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.notices.digests import (
    AT_ONCE,
    DUE_CLOCKS,
    NOBODY,
    Claim,
    ClaimDigests,
    DigestMail,
    DigestsSent,
    MailDigests,
    claim_digests,
    due_values,
    mail_digests,
    receiver_of,
)
from activities.outside import outside
from activities.rules.local_times import Clocks, last_due, local_day
from activities.rules.mail_lists import MOST_LINES
from activities.rules.notices import KINDS, title_of
from activities.shifts import Shift
from schema.db import through_deadlocks, transaction

_Key = tuple[UUID, UUID]

_CLOCKS = """
SELECT DISTINCT u.time_zone, u.digest_at
FROM (SELECT DISTINCT user_id FROM notification WHERE mail = 'daily' AND mailed_at IS NULL) AS n
JOIN account_user AS u ON u.id = n.user_id
"""

_DUE = f"""
SELECT n.user_id, n.organization_id, o.name AS organization, u.email, u.time_zone, u.digest_at,
  u.quiet_from, u.quiet_until, d.day, d.moment
FROM (
  SELECT user_id, organization_id, min(created_at) AS since FROM notification
  WHERE mail = 'daily' AND mailed_at IS NULL AND (user_id, organization_id) > (:user, :organization)
  GROUP BY user_id, organization_id
) AS n
JOIN account_user AS u ON u.id = n.user_id AND u.proved_at IS NOT NULL
JOIN membership AS m ON m.user_id = n.user_id AND m.organization_id = n.organization_id
JOIN organization AS o ON o.id = n.organization_id
JOIN {DUE_CLOCKS} ON d.zone = u.time_zone AND d.minutes = u.digest_at
WHERE n.since <= d.moment AND NOT EXISTS (
  SELECT FROM digest AS g WHERE g.user_id = n.user_id AND g.organization_id = n.organization_id
  AND g.kind = 'daily' AND g.period = d.day::text
) AND NOT EXISTS (
  SELECT FROM notice_preference AS p WHERE p.user_id = n.user_id
  AND p.organization_id = n.organization_id AND p.topic = 'daily_digest' AND p.mail = 'never'
)
ORDER BY n.user_id, n.organization_id LIMIT :most
"""  # noqa: S608 - made of constants

_TAKE = """
UPDATE notification AS n SET mailed_at = :now
FROM unnest(CAST(:users AS uuid[]), CAST(:organizations AS uuid[]), CAST(:moments AS timestamptz[]))
  AS d (user_id, organization_id, moment)
WHERE n.user_id = d.user_id AND n.organization_id = d.organization_id
  AND n.mail = 'daily' AND n.mailed_at IS NULL AND n.created_at <= d.moment
RETURNING n.user_id, n.organization_id, n.created_at, n.kind, n.words
"""


@dataclass(frozen=True)
class SendDailyDigests:
    """Send what is due at `now`, for `seconds` at most."""

    now: datetime
    seconds: float = 60.0


@activity.defn
async def send_daily_digests(command: SendDailyDigests) -> DigestsSent:
    """One mail to each for whom something waits since before their last digest was due."""
    async with transaction() as session:
        clocks = [
            Clocks(zone, minutes) for zone, minutes in (await session.execute(text(_CLOCKS))).all()
        ]
    due = due_values((one, last_due(one, command.now)) for one in clocks)
    shift, place = Shift(command.seconds), (NOBODY, NOBODY)

    async def part() -> tuple[int, bool]:
        nonlocal place
        sent, behind = await through_deadlocks(lambda: _send(due, place))
        place = behind or place
        return sent, behind is not None

    return DigestsSent(await shift.work(part), shift.is_done)


async def _send(due: Mapping[str, Any], place: _Key) -> tuple[int, _Key | None]:
    """How many mails were queued, and the place behind the last one; None when nobody is left."""
    asked = {**due, "user": place[0], "organization": place[1], "most": AT_ONCE}
    async with transaction() as session:
        rows = (await session.execute(text(_DUE), asked)).all()
        claims = tuple(Claim(receiver_of(row), str(row.day)) for row in rows)
        claimed = await claim_digests(ClaimDigests("daily", claims))
        told = await _take(session, claimed, {(r.user_id, r.organization_id): r for r in rows})
        mails = tuple(
            DigestMail(claim, told[claim.receiver.key])
            for claim in claimed
            if claim.receiver.key in told
        )
        await mail_digests(MailDigests("daily", mails))
    behind = (rows[-1].user_id, rows[-1].organization_id) if len(rows) == AT_ONCE else None
    return len(mails), behind


async def _take(
    session: AsyncSession, claimed: Sequence[Claim], rows: Mapping[_Key, Any]
) -> Mapping[_Key, Mapping[str, str]]:
    """Everything that waited for them, which waits no more, as the words of their mails."""
    values: dict[str, Any] = {
        "now": outside().clock.now(),
        "users": [claim.receiver.user_id for claim in claimed],
        "organizations": [claim.receiver.organization_id for claim in claimed],
        "moments": [rows[claim.receiver.key].moment for claim in claimed],
    }
    told: dict[_Key, list[Any]] = {}
    for row in await session.execute(text(_TAKE), values):
        if row.kind in KINDS:
            told.setdefault((row.user_id, row.organization_id), []).append(row)
    return {key: _words(rows[key], notes) for key, notes in told.items()}


def _words(due: Any, notes: Sequence[Any]) -> Mapping[str, str]:
    """The newest come first, each with its day on the clocks of who reads it."""
    clocks = Clocks(due.time_zone)
    newest = sorted(notes, key=lambda note: (note.created_at, note.kind), reverse=True)
    lines = [
        f"{local_day(clocks, note.created_at):%-d %B}: {title_of(note.kind, note.words)}"
        for note in newest[:MOST_LINES]
    ]
    return {
        "day": f"{due.day:%-d %B %Y}",
        "lines": json.dumps(lines),
        "more": str(len(notes) - len(lines)),
    }
