"""How much keys were used: calls by day and calendar month in UTC, as the meter counted them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.key_ring import keys_reached
from activities.outside import outside
from activities.permits import needs
from activities.pictures.quota import Allowance, ReadAllowance, read_allowance
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.plans import month_around, plan_of
from schema.db import transaction
from schema.tables import ApiKeyRow, ApiKeyUsageRow

MOST_KEYS = 100
"""Keys that an organization's usage names; the calls of the others are in its totals."""


@dataclass(frozen=True)
class ReadKeyUsage:
    """What the calling key used in this month."""

    by: Actor


@dataclass(frozen=True)
class ReadUsage:
    """What all keys of the actor's organization used in this month."""

    by: Actor


@dataclass(frozen=True)
class DayOfUse:
    """The calls of one day in UTC."""

    day: date
    calls: int


@dataclass(frozen=True)
class MonthOfUse:
    """The calls from `began_on` until now, day by day (days without calls left out).

    Counting starts anew at `resets_at`. `renders` is what the plan allows in a month (None is
    without limit), and `allowance` what of that is left.
    """

    plan: str
    renders: int | None
    allowance: Allowance
    began_on: date
    resets_at: datetime
    calls: int
    days: tuple[DayOfUse, ...]


@dataclass(frozen=True)
class KeyUsageView:
    """A key's month, and its day, which `daily_cap` limits (None: without limit)."""

    key_id: UUID
    name: str
    prefix: str
    month: MonthOfUse
    daily_cap: int | None
    calls_today: int


@dataclass(frozen=True)
class KeyOfUse:
    """A key that was used this month; `dialect` is what it speaks."""

    id: UUID
    name: str
    dialect: str
    prefix: str
    calls: int


@dataclass(frozen=True)
class UsageView:
    """An organization's month, and its keys from the most used down."""

    month: MonthOfUse
    keys: tuple[KeyOfUse, ...]


@needs("usage.read")
async def read_key_usage(command: ReadKeyUsage) -> KeyUsageView:
    """The calling key's month; the call that asks is in it. `NotFound` for who is no key."""
    by, now = command.by, outside().clock.now()
    mine = keys_reached(by, id=by.credential_id)
    async with transaction() as session:
        key = (await session.execute(select(ApiKeyRow).where(*mine))).scalar_one_or_none()
        if key is None:
            raise NotFound("API key")
        month = await _month(session, by, mine, now)
    today = now.astimezone(UTC).date()
    return KeyUsageView(
        key_id=key.id,
        name=key.name,
        prefix=key.prefix,
        month=month,
        daily_cap=key.daily_cap,
        calls_today=sum(day.calls for day in month.days if day.day == today),
    )


@needs("usage.read")
async def read_usage(command: ReadUsage) -> UsageView:
    """The organization's month; keys that ended since are in it."""
    by, now = command.by, outside().clock.now()
    mine = keys_reached(by)
    calls = func.sum(col(ApiKeyUsageRow.calls))
    by_key = (
        select(ApiKeyRow, calls)
        .join(ApiKeyUsageRow, col(ApiKeyUsageRow.key_id) == col(ApiKeyRow.id))
        .where(*mine, *_within_month(now))
        .group_by(col(ApiKeyRow.id))
        .order_by(calls.desc(), col(ApiKeyRow.id))
        .limit(MOST_KEYS)
    )
    async with transaction() as session:
        used = (await session.execute(by_key)).all()
        month = await _month(session, by, mine, now)
    keys = (KeyOfUse(row.id, row.name, row.dialect, row.prefix, calls) for row, calls in used)
    return UsageView(month, tuple(keys))


async def _month(
    session: AsyncSession, by: Actor, mine: Sequence[ColumnElement[bool]], now: datetime
) -> MonthOfUse:
    calls = func.sum(col(ApiKeyUsageRow.calls))
    by_day = (
        select(col(ApiKeyUsageRow.day), calls)
        .join(ApiKeyRow, col(ApiKeyUsageRow.key_id) == col(ApiKeyRow.id))
        .where(*mine, *_within_month(now))
        .group_by(col(ApiKeyUsageRow.day))
        .order_by(col(ApiKeyUsageRow.day))
    )
    days = tuple(DayOfUse(*row) for row in (await session.execute(by_day)).all())
    began, following = month_around(now)
    return MonthOfUse(
        plan=by.plan,
        renders=plan_of(by.plan).renders_a_month,
        allowance=await read_allowance(ReadAllowance(by.organization_id, by.plan)),
        began_on=began,
        resets_at=datetime.combine(following, time(), UTC),
        calls=sum(day.calls for day in days),
        days=days,
    )


def _within_month(now: datetime) -> tuple[ColumnElement[bool], ...]:
    began, following = month_around(now)
    day = col(ApiKeyUsageRow.day)
    return day >= began, day < following
