"""Renders counted exactly: those of the plan in a calendar month (UTC), credits beyond them.

What is spent is spent in the open transaction: when that fails, nothing was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import QuotaSpent
from activities.rules.plans import month_around, plan_of
from schema.db import transaction

_SPEND = text("""
INSERT INTO render_month AS month (organization_id, month, renders, credits)
SELECT :organization, :month, :count, 0
WHERE CAST(:limit AS bigint) IS NULL OR CAST(:count AS bigint) <= CAST(:limit AS bigint)
ON CONFLICT (organization_id, month) DO UPDATE SET renders = month.renders + :count
WHERE CAST(:limit AS bigint) IS NULL
  OR month.renders - month.credits + CAST(:count AS bigint) <= CAST(:limit AS bigint)
RETURNING renders, credits,
  coalesce((SELECT balance FROM render_credit WHERE organization_id = :organization), 0)
""")
"""All of it from the plan, or nothing: a row that came meanwhile is looked at as it is now."""

_HOLD = text("""
INSERT INTO render_month AS month (organization_id, month, renders, credits)
VALUES (:organization, :month, 0, 0)
ON CONFLICT (organization_id, month) DO UPDATE SET renders = month.renders
RETURNING renders, credits
""")

_COUNT = text("""
UPDATE render_month SET renders = renders + :count, credits = credits + :credits
WHERE organization_id = :organization AND month = :month
""")

_CHANGE_BALANCE = text("""
INSERT INTO render_credit AS credit (organization_id, balance)
SELECT :organization, :change WHERE CAST(:change AS bigint) >= 0
ON CONFLICT (organization_id) DO UPDATE SET balance = credit.balance + :change
RETURNING balance
""")

_TAKE_BALANCE = text("""
UPDATE render_credit SET balance = balance - :count
WHERE organization_id = :organization AND balance >= :count RETURNING balance
""")

_NOTE = text("""
INSERT INTO credit_entry AS entry (id, created_at, organization_id, reference, change)
VALUES (:id, :now, :organization, :reference, :change)
ON CONFLICT (organization_id, reference) DO UPDATE SET change = entry.change + :change
""")

_NOTE_ONCE = text("""
INSERT INTO credit_entry (id, created_at, organization_id, reference, change)
VALUES (:id, :now, :organization, :reference, :change)
ON CONFLICT (organization_id, reference) DO NOTHING RETURNING 1
""")

_READ = text("""
SELECT coalesce(sum(renders), 0), coalesce(sum(credits), 0),
  coalesce((SELECT balance FROM render_credit WHERE organization_id = :organization), 0)
FROM render_month WHERE organization_id = :organization AND month = :month
""")


@dataclass(frozen=True)
class SpendRenders:
    """The actor's organization has `count` pictures rendered."""

    by: Actor
    count: int = 1


@dataclass(frozen=True)
class GiveBackRenders:
    """Of the renders that an organization spent in a month, so many were not made after all."""

    organization_id: UUID
    month: date
    count: int


@dataclass(frozen=True)
class GrantCredits:
    """An organization gets credits; under one `reference` it gets them once."""

    organization_id: UUID
    count: int
    reference: str


@dataclass(frozen=True)
class ReadAllowance:
    """What an organization has left on this plan."""

    organization_id: UUID
    plan: str


@dataclass(frozen=True)
class Allowance:
    """What is left of the plan in the month that began on `month` (None: without limit), and of
    credits; `used` were rendered in it, those paid with credits among them.
    """

    plan: str
    used: int
    remaining: int | None
    credits: int
    month: date
    resets_at: datetime


@needs("assets.read")
async def spend_renders(command: SpendRenders) -> Allowance:
    """Count them, and answer what is left then.

    What the plan does not cover is paid with credits. Raises `QuotaSpent` when both together do not
    suffice; then nothing is counted.
    """
    by, now = command.by, outside().clock.now()
    limit = plan_of(by.plan).renders_a_month
    month, following = month_around(now)
    values = {"organization": by.organization_id, "month": month, "count": command.count}
    async with transaction() as session:
        spent = (await session.execute(_SPEND, {**values, "limit": limit})).one_or_none()
        if spent is not None:
            told: tuple[int, int, int] = spent[0], spent[1], spent[2]
        else:
            assert limit is not None
            told = await _spend_credits(session, values, by.plan, limit, following)
    return _allowance(by.plan, now, *told)


@needs("assets.read")
async def must_afford(command: SpendRenders) -> None:
    """Raise `QuotaSpent` if they cannot be paid now: nobody draws for nothing. Nothing is spent."""
    by = command.by
    left = await read_allowance(ReadAllowance(by.organization_id, by.plan))
    if left.remaining is not None and left.remaining + left.credits < command.count:
        limit = plan_of(by.plan).renders_a_month or 0
        raise QuotaSpent(
            plan=by.plan,
            limit=limit,
            left=left.remaining + left.credits,
            wanted=command.count,
            resets_on=left.resets_at.date(),
        )


async def give_back_renders(command: GiveBackRenders) -> None:
    """Credits first, for they were spent last."""
    if command.count < 1:
        return
    values = {"organization": command.organization_id, "month": command.month}
    async with transaction() as session:
        _, paid = (await session.execute(_HOLD, values)).one()
        back = min(command.count, paid)
        await session.execute(_COUNT, {**values, "count": -command.count, "credits": -back})
        if back:
            change = {"organization": command.organization_id, "change": back}
            await session.execute(_CHANGE_BALANCE, change)
            await session.execute(_NOTE, _entry(command.organization_id, command.month, back))


async def grant_credits(command: GrantCredits) -> bool:
    """Whether they were granted now; no, when they were before."""
    if command.count < 1:
        raise ValueError("Grant at least one credit.")
    values = {"organization": command.organization_id, "change": command.count}
    entry = _entry(command.organization_id, command.reference, command.count)
    async with transaction() as session:
        if not await session.scalar(_NOTE_ONCE, entry):
            return False
        await session.execute(_CHANGE_BALANCE, values)
    return True


async def read_allowance(command: ReadAllowance) -> Allowance:
    """What is left now."""
    now = outside().clock.now()
    values = {"organization": command.organization_id, "month": month_around(now)[0]}
    async with transaction() as session:
        told = (await session.execute(_READ, values)).one()
    return _allowance(command.plan, now, *map(int, told))


async def _spend_credits(
    session: AsyncSession, values: dict[str, Any], plan: str, limit: int, resets_on: date
) -> tuple[int, int, int]:
    """Renders and credits of the month, and the balance, when the plan alone does not suffice."""
    renders, paid = (await session.execute(_HOLD, values)).one()
    wanted, room = values["count"], max(0, limit - (renders - paid))
    beyond = wanted - min(wanted, room)
    cost = {"organization": values["organization"], "count": beyond}
    balance = await session.scalar(_TAKE_BALANCE, cost)
    if balance is None:
        held = int((await session.execute(_READ, values)).one()[2])
        raise QuotaSpent(
            plan=plan, limit=limit, left=room + held, wanted=wanted, resets_on=resets_on
        )
    await session.execute(_COUNT, {**values, "credits": beyond})
    await session.execute(_NOTE, _entry(values["organization"], values["month"], -beyond))
    return renders + wanted, paid + beyond, balance


def _entry(organization_id: UUID, cause: date | str, change: int) -> dict[str, Any]:
    """A line of the ledger; the renders of a month are one."""
    reference = f"renders {cause:%Y-%m}" if isinstance(cause, date) else f"grant {cause}"
    return {
        "id": uuid4(),
        "now": outside().clock.now(),
        "organization": organization_id,
        "reference": reference,
        "change": change,
    }


def _allowance(plan: str, now: datetime, used: int, paid: int, credits: int) -> Allowance:
    limit = plan_of(plan).renders_a_month
    month, following = month_around(now)
    return Allowance(
        plan=plan,
        used=used,
        remaining=None if limit is None else max(0, limit - (used - paid)),
        credits=credits,
        month=month,
        resets_at=datetime.combine(following, time(), UTC),
    )
