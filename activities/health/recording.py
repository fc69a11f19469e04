"""What looks showed, written down and told: state, history, event and mails in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.gateways.destinations import Look
from activities.health.picking import Picked
from activities.health.telling import Change, TellChange, tell_change
from activities.outside import outside
from activities.rules.health import Seen, Standing, Verdict, news, next_look, stands, verdict
from schema.db import transaction
from schema.tables import LinkCheckRow, LinkHealthRow, LinkRow

_SHOW = text(
    "UPDATE link AS l SET health = h.state FROM link_health AS h WHERE l.id = ANY (:ids) "
    "AND h.link_id = l.id AND h.url = l.destination_url AND l.health <> h.state"
)
"""Also what was found before a link was not monitored for a time."""


@dataclass(frozen=True)
class Looked:
    """A look at a link, and under which claim it was."""

    picked: Picked
    look: Look


@dataclass(frozen=True)
class RecordLooks:
    """Looks that are over, each of another link."""

    looks: tuple[Looked, ...]


@dataclass(frozen=True)
class LooksRecorded:
    """How many looks counted, and how many of them changed the state of their link."""

    looks: int
    changes: int


async def record_looks(command: RecordLooks) -> LooksRecorded:
    """Write them down. One whose claim is over counts nothing: somebody else looks again."""
    claims = {looked.picked.claim: looked for looked in command.looks}
    query = (
        select(LinkHealthRow)
        .where(col(LinkHealthRow.claim).in_(claims))
        .order_by(col(LinkHealthRow.link_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    changes = 0
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
        for row in rows:
            assert row.claim is not None
            changes += await _record(session, row, claims[row.claim].look)
        await session.flush()
        await session.execute(_SHOW, {"ids": [row.link_id for row in rows]})
    return LooksRecorded(len(rows), changes)


async def _record(session: AsyncSession, row: LinkHealthRow, look: Look) -> bool:
    """Whether the state is another one."""
    now = outside().clock.now()
    seen = Seen(look.status, look.error, look.duration_ms, look.certificate_until)
    said = verdict(seen, now)
    before = Standing(row.state, row.since, row.failures, row.reason, row.told_until)  # type: ignore[arg-type]
    after = stands(before, said, now)
    told = news(before, after, look.certificate_until)
    row.state, row.since, row.failures, row.reason = (
        *(after.state, after.since),
        *(after.failures, after.reason),
    )
    if told.mail == "link_certificate":
        row.told_until = look.certificate_until
    row.checked_at, row.claim, row.claimed_until = now, None, None
    if row.next_check_at is not None:
        row.next_check_at = next_look(now, timedelta(minutes=row.every_minutes), after)
    session.add(_history(row, look, said))
    if told.event or told.mail:
        await session.flush()
        await _apply(session, row, Change(before.state, told, look.certificate_until))
    return before.state != after.state


async def _apply(session: AsyncSession, row: LinkHealthRow, change: Change) -> None:
    """The link shows its new state, unless it leads elsewhere by now."""
    query = select(LinkRow).where(LinkRow.id == row.link_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    link = (await session.execute(locked)).scalar_one()
    if link.destination_url != row.url:
        return
    link.health = row.state
    await session.flush()
    if row.next_check_at is not None:
        await tell_change(TellChange(link.id, change, row.reason))


def _history(row: LinkHealthRow, look: Look, said: Verdict) -> LinkCheckRow:
    assert row.checked_at is not None
    return LinkCheckRow(
        created_at=row.checked_at,
        link_id=row.link_id,
        state=row.state,
        outcome=said.outcome,
        status=look.status,
        reason=said.reason,
        detail=look.detail,
        method=look.method,
        redirects=look.redirects,
        duration_ms=round(look.duration_ms, 1),
        phases={name: round(value, 1) for name, value in look.phases.items()},
        certificate_until=look.certificate_until,
    )
