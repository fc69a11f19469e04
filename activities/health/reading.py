"""How the destinations of links and codes are, what looks at them showed, and a look on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.health.picking import BeginToLook, begin_to_look
from activities.health.showing import DestinationView, Kind, ReadDestinations, read_destinations
from activities.links.finding import meant, only_one
from activities.meters import Take, take
from activities.permits import needs
from activities.qr_codes.finding import the_code, there
from activities.rules.actors import Actor
from activities.rules.errors import NotNow
from activities.rules.health import USUAL_INTERVAL, Outcome, State, interval
from activities.rules.paging import Page, PageRequest
from activities.rules.plans import plan_of
from activities.rules.runs import RunKind, check_id
from activities.rules.throttles import HEALTH_CHECKS
from activities.runs import (
    FindUnderWay,
    NoteRun,
    RunsUnderWay,
    RunView,
    find_under_way,
    note_run,
)
from schema.db import transaction
from schema.pages import read_page
from schema.tables import LinkCheckRow, LinkRow, QrCodeRow


@dataclass(frozen=True)
class ReadHealth:
    """How the destinations of a link or code are, with a page of looks at them."""

    by: Actor
    kind: Kind
    id: UUID
    page: PageRequest


@dataclass(frozen=True)
class AskCheck:
    """A look at the destinations of a link or code, now, whether it is monitored or not."""

    by: Actor
    kind: Kind
    id: UUID


@dataclass(frozen=True)
class CheckView:
    """One look: `status`, or a `reason` that `detail` puts into words; spans in milliseconds."""

    checked_at: datetime
    url: str
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
    """How the worst destination is `since` then. `failures` are those in a row; `every` is how
    often each is looked at while it is monitored, as the plan allows.

    `checked_at` is the last look at any of the `destinations`, `next_check_at` the next.
    """

    kind: Kind
    asset_id: UUID
    organization_id: UUID
    is_monitored: bool
    every: timedelta
    state: State
    since: datetime | None
    failures: int
    reason: str | None
    checked_at: datetime | None
    next_check_at: datetime | None
    destinations: tuple[DestinationView, ...]
    checks: Page[CheckView]

    @property
    def noun(self) -> str:
        """What operators read."""
        return "code" if self.kind == "qr" else "link"


@dataclass(frozen=True)
class HealthLook:
    """A look that was asked for, as a run, and how the destinations were before it."""

    run: RunView
    before: HealthView


@needs("assets.read")
async def read_health(command: ReadHealth) -> HealthView:
    """The state and the looks of the last 30 days, newest first. Raises `NotFound`."""
    by, asked = command.by, command.page
    looks = select(LinkCheckRow).where(LinkCheckRow.asset_id == command.id)
    async with transaction() as session:
        asset = await _asset(session, by, command.kind, command.id)
        known = await read_destinations(ReadDestinations(command.kind, frozenset((asset.id,))))
        rows, total = await read_page(
            session, looks, LinkCheckRow, offset=asked.offset, size=asked.size
        )
    checks = Page([_check(one) for (one,) in rows], total, asked)
    return _view(by, asset, known.of.get(asset.id, ()), checks)


@needs("assets.write")
async def checks_under_way(command: AskCheck) -> RunsUnderWay:
    """Looks at it that, as far as is known, are not over. Raises `NotFound`."""
    async with transaction() as session:
        asset = await _asset(session, command.by, command.kind, command.id)
        return await find_under_way(FindUnderWay(command.by, asset.id))


@needs("assets.write")
async def ask_check(command: AskCheck) -> HealthLook:
    """The look whose workflow is to be started, and which `check_one_link` then makes: the one that
    is under way, as far as is known, else a new one.

    Raises `NotFound`, `NotNow` for a static code, and `RateLimited` for an organization that asks
    too often.
    """
    by = command.by
    async with transaction() as session:
        asset = await _asset(session, by, command.kind, command.id)
        if isinstance(asset, QrCodeRow) and not asset.is_dynamic:
            raise NotNow("Only what a dynamic code leads to is looked at.")
        await take(Take(HEALTH_CHECKS, str(by.organization_id)))
        await begin_to_look(BeginToLook(asset.id, interval_of(asset.health_check, by.plan)))
        run = await _joined(session, by, asset)
    page = PageRequest(size=1)
    return HealthLook(run, await read_health(ReadHealth(by, command.kind, asset.id, page)))


async def _joined(session: AsyncSession, by: Actor, asset: LinkRow | QrCodeRow) -> RunView:
    """Who asks at the same moment waits, and finds the run of the other."""
    model = type(asset)
    held = select(model.id).where(col(model.id) == asset.id)
    await session.execute(held.with_for_update(key_share=True))
    asked = FindUnderWay(by, asset.id)
    if not (await find_under_way(asked)).runs:
        kind: RunKind = "code_check" if isinstance(asset, QrCodeRow) else "check"
        name = check_id(asset.id, uuid4())
        await note_run(NoteRun(by, kind, asset.id, name, 1, asset.workspace_id))
    return (await find_under_way(asked)).runs[0]


def interval_of(health_check: Mapping[str, object], plan: str) -> timedelta:
    """How often a link or code with these wishes is looked at on this plan."""
    asked = health_check.get("intervalMinutes", USUAL_INTERVAL)
    assert isinstance(asked, int)
    return interval(asked, plan_of(plan).health_minutes)


async def _asset(session: AsyncSession, by: Actor, kind: Kind, id_: UUID) -> LinkRow | QrCodeRow:
    if kind == "qr":
        return there((await session.execute(the_code(by, id=id_))).scalar_one_or_none())
    return only_one((await session.execute(meant(by, id_, None))).scalars().all())


def _view(
    by: Actor,
    asset: LinkRow | QrCodeRow,
    known: Sequence[DestinationView],
    checks: Page[CheckView],
) -> HealthView:
    """What is known of addresses that it leads to no more is left out."""
    is_monitored = asset.health_check.get("enabled") is True
    worst = max(known, key=lambda each: each.rank, default=None)
    looks = [each.checked_at for each in known if each.checked_at]
    due = [each.next_check_at for each in known if each.next_check_at and is_monitored]
    return HealthView(
        kind="qr" if isinstance(asset, QrCodeRow) else "link",
        asset_id=asset.id,
        organization_id=asset.organization_id,
        is_monitored=is_monitored,
        every=interval_of(asset.health_check, by.plan),
        state=worst.state if worst else "unknown",
        since=worst.since if worst else None,
        failures=worst.failures if worst else 0,
        reason=worst.reason if worst else None,
        checked_at=max(looks, default=None),
        next_check_at=min(due, default=None),
        destinations=tuple(known),
        checks=checks,
    )


def _check(row: LinkCheckRow) -> CheckView:
    return CheckView(
        checked_at=row.created_at,
        url=row.url,
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
