"""The mail of the week: on Mondays, to each member of an organization where something was scanned.

When a Monday begins, and at which hour the mail comes, is as on the person's own clocks. A digest
of which there is nothing to say is decided too, without a mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
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
from activities.notices.weeks import ReadWeek, WeekTold, read_week
from activities.rules.local_times import Clocks, last_due
from activities.rules.weeks import Week, period_of, week_before
from activities.shifts import Shift
from schema.db import through_deadlocks, transaction

MONDAY = 0

LATE = timedelta(hours=48)
"""How late the mail of the week may come; after that it is left out."""

_Key = tuple[UUID, UUID]
_Told = dict[tuple[UUID, Week], WeekTold]

_CLOCKS = """
SELECT DISTINCT u.time_zone, u.digest_at FROM account_user AS u WHERE u.proved_at IS NOT NULL
"""

# Who came, or proved the address, after the moment was not meant by it.
_DUE = f"""
SELECT m.organization_id, m.user_id, o.name AS organization, u.email, u.time_zone, u.digest_at,
  u.quiet_from, u.quiet_until, d.day, d.moment
FROM membership AS m JOIN account_user AS u ON u.id = m.user_id
JOIN organization AS o ON o.id = m.organization_id
JOIN {DUE_CLOCKS} ON d.zone = u.time_zone AND d.minutes = u.digest_at
WHERE (m.organization_id, m.user_id) > (:organization, :user)
AND m.created_at <= d.moment AND u.proved_at <= d.moment AND NOT EXISTS (
  SELECT FROM digest AS g WHERE g.user_id = m.user_id AND g.organization_id = m.organization_id
  AND g.kind = 'weekly' AND g.period = to_char(d.day, 'IYYY"-W"IW')
) AND NOT EXISTS (
  SELECT FROM notice_preference AS p WHERE p.user_id = m.user_id
  AND p.organization_id = m.organization_id AND p.topic = 'weekly_digest' AND p.mail = 'never'
)
ORDER BY m.organization_id, m.user_id LIMIT :most
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class SendWeeklyDigests:
    """Send what is due at `now`, for `seconds` at most."""

    now: datetime
    seconds: float = 60.0


@activity.defn
async def send_weekly_digests(command: SendWeeklyDigests) -> DigestsSent:
    """One mail to each whose Monday has come within the last 48 hours, and who has none yet."""
    async with transaction() as session:
        found = (await session.execute(text(_CLOCKS))).all()
    last = [(one, last_due(one, command.now, MONDAY)) for one in (Clocks(*row) for row in found)]
    due = due_values((one, (day, at)) for one, (day, at) in last if command.now - at <= LATE)
    if not due["zones"]:
        return DigestsSent(0, is_done=True)
    shift, place, told = Shift(command.seconds), (NOBODY, NOBODY), _Told()

    async def part() -> tuple[int, bool]:
        nonlocal place
        sent, behind = await through_deadlocks(lambda: _send(due, place, told))
        place = behind or place
        return sent, behind is not None

    return DigestsSent(await shift.work(part), shift.is_done)


async def _send(due: Mapping[str, Any], place: _Key, told: _Told) -> tuple[int, _Key | None]:
    """How many mails were queued, and the place behind the last one; None when nobody is left."""
    asked = {**due, "organization": place[0], "user": place[1], "most": AT_ONCE}
    async with transaction() as session:
        rows: Sequence[Any] = (await session.execute(text(_DUE), asked)).all()
    weeks = {(row.user_id, row.organization_id): week_before(row.day, row.moment) for row in rows}
    await _read(
        told, {(row.organization_id, weeks[row.user_id, row.organization_id]) for row in rows}
    )
    async with transaction():
        claims = tuple(Claim(receiver_of(row), period_of(row.day)) for row in rows)
        claimed = await claim_digests(ClaimDigests("weekly", claims))
        said = (
            (claim, told[claim.receiver.organization_id, weeks[claim.receiver.key]])
            for claim in claimed
        )
        mails = tuple(DigestMail(claim, week.words) for claim, week in said if week.sections)
        await mail_digests(MailDigests("weekly", mails))
    behind = (rows[-1].organization_id, rows[-1].user_id) if len(rows) == AT_ONCE else None
    return len(mails), behind


async def _read(told: _Told, wanted: set[tuple[UUID, Week]]) -> None:
    """Once for each organization and week: people come in the order of their organizations."""
    for gone in told.keys() - wanted:
        del told[gone]
    for organization_id, week in wanted - told.keys():
        told[organization_id, week] = await read_week(ReadWeek(organization_id, week))
