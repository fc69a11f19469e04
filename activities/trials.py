"""Trials: when the plan of an organization ends by itself, and who is reminded of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from temporalio import activity

from activities.notices.telling import Notify, notify
from activities.rules.errors import NotFound
from activities.rules.expiry import days_left
from activities.rules.spelling import unprefixed
from activities.rules.trials import REMINDED_BEFORE_DAYS, reminder_due, reminder_key
from activities.shifts import Shift
from schema.db import transaction
from schema.tables import OrganizationRow

MOST_LISTED = 1000

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class SetTrial:
    """The trial of an organization ends then; None when it has none."""

    organization_id: UUID
    ends_at: datetime | None


@dataclass(frozen=True)
class FindTrial:
    """That of the organization with this slug or id."""

    organization: str


@dataclass(frozen=True)
class ListTrials:
    """All of them, the next to end first."""

    most: int = MOST_LISTED


@dataclass(frozen=True)
class RemindOfTrials:
    """Remind of those that end soon after `now`, for `seconds` at most.

    `after` is the organization that was looked at last: they are walked through by their ids.
    """

    now: datetime
    after: UUID = NOBODY
    seconds: float = 60.0


@dataclass(frozen=True)
class TrialView:
    """The trial of an organization; `ends_at` is None where there is none."""

    organization_id: UUID
    name: str
    slug: str
    plan: str
    ends_at: datetime | None


@dataclass(frozen=True)
class TrialsRecalled:
    """How many trials end within a week, and where to go on; None when all were looked at."""

    trials: int
    after: UUID | None


async def set_trial(command: SetTrial) -> TrialView:
    """The trial as it is from now on; reminders of another day come anew. Raises `NotFound`."""
    query = select(OrganizationRow).where(OrganizationRow.id == command.organization_id)
    async with transaction() as session:
        row = await session.scalar(query.with_for_update(key_share=True))
        if row is None:
            raise NotFound("organization")
        row.trial_ends_at = command.ends_at
        await session.flush()
        return _view(row)


async def find_trial(command: FindTrial) -> TrialView:
    """Raises `NotFound` when there is no such organization."""
    named = unprefixed("org", command.organization)
    query = select(OrganizationRow).where(
        or_(OrganizationRow.slug == command.organization, OrganizationRow.id == named)  # type: ignore[arg-type]
    )
    async with transaction() as session:
        row = (await session.execute(query)).scalars().first()
    if row is None:
        raise NotFound("organization")
    return _view(row)


async def list_trials(command: ListTrials) -> tuple[TrialView, ...]:
    """Those that are over are there too."""
    query = (
        select(OrganizationRow)
        .where(col(OrganizationRow.trial_ends_at).is_not(None))
        .order_by(col(OrganizationRow.trial_ends_at), OrganizationRow.slug)
        .limit(command.most)
    )
    async with transaction() as session:
        return tuple(map(_view, (await session.execute(query)).scalars()))


@activity.defn
async def remind_of_trials(command: RemindOfTrials) -> TrialsRecalled:
    """Tell owners and admins 7, 3 and 1 days before, each of them once for each date."""
    now = command.now
    latest = now + timedelta(days=max(REMINDED_BEFORE_DAYS))
    query = (
        select(OrganizationRow)
        .where(
            col(OrganizationRow.trial_ends_at) > now,
            col(OrganizationRow.trial_ends_at) <= latest,
            col(OrganizationRow.id) > command.after,
        )
        .order_by(col(OrganizationRow.id))
    )
    async with transaction() as session:
        trials = [_view(row) for row in (await session.execute(query)).scalars()]
    shift = Shift(command.seconds)
    for number, trial in enumerate(trials, 1):
        await _remind(trial, now)
        if number < len(trials) and shift.is_over():
            return TrialsRecalled(number, trial.organization_id)
    return TrialsRecalled(len(trials), None)


async def _remind(trial: TrialView, now: datetime) -> None:
    assert trial.ends_at is not None
    days = reminder_due(trial.ends_at, now)
    assert days is not None
    ends_on = trial.ends_at.astimezone(UTC)
    words = {
        "organization": trial.name,
        "when": f"on {ends_on:%-d %B %Y}",
        "days": str(days_left(trial.ends_at, now)),
    }
    key = reminder_key(ends_on, days)
    await notify(Notify(trial.organization_id, "trial_ending", key, words))


def _view(row: OrganizationRow) -> TrialView:
    return TrialView(row.id, row.name, row.slug, row.plan, row.trial_ends_at)
