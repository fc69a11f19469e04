"""What looks showed, written down and told: state, history, event and mails in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.gateways.destinations import Look
from activities.health.picking import Picked
from activities.health.showing import ShowHealth, Shown, show_health
from activities.health.telling import Change, TellChange, tell_change
from activities.outside import outside
from activities.rules.health import (
    News,
    Seen,
    Standing,
    Verdict,
    news,
    next_look,
    stands,
    verdict,
)
from schema.db import transaction
from schema.tables import LinkCheckRow, LinkHealthRow


@dataclass(frozen=True)
class Looked:
    """A look at a destination, and under which claim it was."""

    picked: Picked
    look: Look


@dataclass(frozen=True)
class RecordLooks:
    """Looks that are over, each at another destination."""

    looks: tuple[Looked, ...]


@dataclass(frozen=True)
class LooksRecorded:
    """How many looks counted, and how many of them changed the state of their destination."""

    looks: int
    changes: int


async def record_looks(command: RecordLooks) -> LooksRecorded:
    """Write them down. One whose claim is over counts nothing: somebody else looks again."""
    claims = {looked.picked.claim: looked for looked in command.looks}
    query = (
        select(LinkHealthRow)
        .where(col(LinkHealthRow.claim).in_(claims))
        .order_by(col(LinkHealthRow.asset_id), col(LinkHealthRow.url_hash))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    changes, certificates = 0, list[TellChange]()
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
        for row in rows:
            assert row.claim is not None
            look, before = claims[row.claim].look, row.state
            certificates += _record(session, row, look)
            changes += row.state != before
        await session.flush()
        shown = await show_health(ShowHealth(frozenset(row.asset_id for row in rows)))
        for change in (*(_told(one) for one in shown), *certificates):
            if change is not None:
                await tell_change(change)
    return LooksRecorded(len(rows), changes)


def _record(session: AsyncSession, row: LinkHealthRow, look: Look) -> list[TellChange]:
    """The row as it is after the look; to be told is a certificate that ends, and no more yet."""
    now = outside().clock.now()
    seen = Seen(look.status, look.error, look.duration_ms, look.certificate_until)
    said = verdict(seen, now)
    before = Standing(row.state, row.since, row.failures, row.reason, row.told_until)  # type: ignore[arg-type]
    after = stands(before, said, now)
    row.state, row.since, row.failures, row.reason = (
        *(after.state, after.since),
        *(after.failures, after.reason),
    )
    row.checked_at, row.claim, row.claimed_until = now, None, None
    if row.next_check_at is not None:
        row.next_check_at = next_look(now, timedelta(minutes=row.every_minutes), after)
    session.add(_history(row, look, said))
    if news(before, after, look.certificate_until).mail != "link_certificate":
        return []
    row.told_until = look.certificate_until
    if row.next_check_at is None:
        return []
    change = Change(row.state, News(event=False, mail="link_certificate"), look.certificate_until)
    return [TellChange(row.asset_kind, row.asset_id, change, row.reason, row.url)]


def _told(shown: Shown) -> TellChange | None:
    """What is told of a state that others see; nothing where nobody asked for it to be watched."""
    because = shown.because
    if because is None or because.next_check_at is None:
        return None
    told = news(Standing(shown.before), Standing(shown.state), None)
    if not told.event:
        return None
    change = Change(shown.before, told, None)
    return TellChange(shown.kind, shown.asset_id, change, because.reason, because.url)


def _history(row: LinkHealthRow, look: Look, said: Verdict) -> LinkCheckRow:
    assert row.checked_at is not None
    return LinkCheckRow(
        created_at=row.checked_at,
        asset_id=row.asset_id,
        url=row.url,
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
