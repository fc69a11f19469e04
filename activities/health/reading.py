"""How the destination of a link is, what looks at it showed, and one more look on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from activities.health.picking import BeginToLook, begin_to_look
from activities.links.drafts import USUAL_INTERVAL
from activities.links.finding import meant, only_one
from activities.meters import Take, take
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.health import Outcome, State, interval
from activities.rules.paging import Page, PageRequest
from activities.rules.plans import plan_of
from activities.rules.throttles import HEALTH_CHECKS
from schema.db import transaction
from schema.pages import read_page
from schema.tables import LinkCheckRow, LinkHealthRow, LinkRow


@dataclass(frozen=True)
class ReadLinkHealth:
    """How the destination of a link is, with a page of looks at it."""

    by: Actor
    link_id: UUID
    page: PageRequest


@dataclass(frozen=True)
class AskLinkCheck:
    """One look at the destination of a link, now, whether it is monitored or not."""

    by: Actor
    link_id: UUID


@dataclass(frozen=True)
class CheckView:
    """One look: `status`, or a `reason` that `detail` puts into words; spans in milliseconds."""

    checked_at: datetime
    state: State
    outcome: Outcome
    status: int | None
    reason: str | None
    detail: str
    method: str
    redirects: int
    duration_ms: float
    phases: Mapping[str, float]
    certificate_until: datetime | None


@dataclass(frozen=True)
class HealthView:
    """How a destination is `since` then. `failures` are those in a row; `every` is how often it is
    looked at while it is monitored, as the plan allows.
    """

    link_id: UUID
    organization_id: UUID
    is_monitored: bool
    every: timedelta
    state: State
    since: datetime | None
    failures: int
    reason: str | None
    checked_at: datetime | None
    next_check_at: datetime | None
    checks: Page[CheckView]


@needs("assets.read")
async def read_link_health(command: ReadLinkHealth) -> HealthView:
    """The state and the looks of the last 30 days, newest first. Raises `NotFound`."""
    by, asked = command.by, command.page
    looks = select(LinkCheckRow).where(LinkCheckRow.link_id == command.link_id)
    async with transaction() as session:
        link = await _link(session, by, command.link_id)
        row = await session.get(LinkHealthRow, link.id)
        rows, total = await read_page(
            session, looks, LinkCheckRow, offset=asked.offset, size=asked.size
        )
    return _view(by, link, row, Page([_check(one) for (one,) in rows], total, asked))


@needs("assets.write")
async def ask_link_check(command: AskLinkCheck) -> HealthView:
    """How it is before the look, which `check_one_link` then makes.

    Raises `NotFound`, and `RateLimited` for an organization that asks too often.
    """
    by, page = command.by, PageRequest(size=1)
    async with transaction() as session:
        link = await _link(session, by, command.link_id)
        await take(Take(HEALTH_CHECKS, str(by.organization_id)))
        await begin_to_look(BeginToLook(link.id, interval_of(link.health_check, by.plan)))
    return await read_link_health(ReadLinkHealth(by, link.id, page))


def interval_of(health_check: Mapping[str, object], plan: str) -> timedelta:
    """How often a link with these wishes is looked at on this plan."""
    asked = health_check.get("intervalMinutes", USUAL_INTERVAL)
    assert isinstance(asked, int)
    return interval(asked, plan_of(plan).health_minutes)


async def _link(session: AsyncSession, by: Actor, id_: UUID) -> LinkRow:
    return only_one((await session.execute(meant(by, id_, None))).scalars().all())


def _view(
    by: Actor, link: LinkRow, row: LinkHealthRow | None, checks: Page[CheckView]
) -> HealthView:
    """A state that is about another destination is none."""
    known = row if row is not None and row.url == link.destination_url else None
    is_monitored = link.health_check.get("enabled") is True
    return HealthView(
        link_id=link.id,
        organization_id=link.organization_id,
        is_monitored=is_monitored,
        every=interval_of(link.health_check, by.plan),
        state=cast(State, known.state) if known else "unknown",
        since=known.since if known else None,
        failures=known.failures if known else 0,
        reason=known.reason if known else None,
        checked_at=known.checked_at if known else None,
        next_check_at=known.next_check_at if known and is_monitored else None,
        checks=checks,
    )


def _check(row: LinkCheckRow) -> CheckView:
    return CheckView(
        checked_at=row.created_at,
        state=cast(State, row.state),
        outcome=cast(Outcome, row.outcome),
        status=row.status,
        reason=row.reason,
        detail=row.detail,
        method=row.method,
        redirects=row.redirects,
        duration_ms=row.duration_ms,
        phases=row.phases,
        certificate_until=row.certificate_until,
    )
