"""`/api/v1/usage/`: what was used in this calendar month (UTC), by the key or by all keys."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from activities.key_usage import (
    KeyUsageView,
    MonthOfUse,
    ReadKeyUsage,
    ReadUsage,
    UsageView,
    read_key_usage,
    read_usage,
)
from api.routers import By, make_router
from api.scalars import Id, Moment
from api.studio.auth import (
    authenticate,
    authenticate_key_only,
    documented,
    documented_for_keys,
)

of_keys = make_router(authenticate_key_only, dependencies=[documented_for_keys], tags=["usage"])
router = make_router(authenticate, dependencies=[documented], tags=["usage"])


class DayOut(BaseModel):
    """The requests of one day in UTC."""

    date: date
    requests: int


class QuotaOut(BaseModel):
    """Renders that the plan allows the organization in a month; null is without limit.

    `used` were rendered in it. What is beyond the plan is paid with `credits`.
    """

    limit: int | None
    used: int
    remaining: int | None
    credits: int = Field(description="renders beyond the plan that are paid for")


class MonthOut(BaseModel):
    """A calendar month until now; days without requests are left out."""

    plan: str
    period_start: date
    resets_at: Moment
    requests: int
    quota: QuotaOut
    days: list[DayOut]


class DailyOut(BaseModel):
    """The key's requests of today; `limit` and `remaining` are null without a daily cap."""

    limit: int | None
    used: int
    remaining: int | None


class KeyNameOut(BaseModel):
    """Which key it is."""

    id: Id
    name: str
    prefix: str


class KeyUsageOut(MonthOut):
    """The month of the calling key, this request included."""

    key: KeyNameOut
    daily: DailyOut


class UsedKeyOut(KeyNameOut):
    """A key that was used this month; `api` is which of the APIs it speaks."""

    api: str
    requests: int


class UsageOut(MonthOut):
    """The month of all keys, of every API; the 100 that were used most are listed."""

    keys: list[UsedKeyOut] = Field(max_length=100)


@of_keys.get("/api/v1/usage/", summary="Current month of the calling key")
async def of_the_key(by: By) -> KeyUsageOut:
    """The request that asks is counted already."""
    return present_key_usage(await read_key_usage(ReadKeyUsage(by)))


@router.get("/api/v1/usage/me/", summary="Current month of every key together")
async def of_all(by: By) -> UsageOut:
    return present_usage(await read_usage(ReadUsage(by)))


def present_key_usage(usage: KeyUsageView) -> KeyUsageOut:
    """A key's month in this dialect's words."""
    cap, used = usage.daily_cap, usage.calls_today
    return KeyUsageOut(
        **present_month(usage.month).model_dump(),
        key=KeyNameOut(id=usage.key_id, name=usage.name, prefix=usage.prefix),
        daily=DailyOut(limit=cap, used=used, remaining=None if cap is None else max(0, cap - used)),
    )


def present_usage(usage: UsageView) -> UsageOut:
    """An organization's month in this dialect's words."""
    return UsageOut(
        **present_month(usage.month).model_dump(),
        keys=[
            UsedKeyOut(
                id=key.id, name=key.name, prefix=key.prefix, api=key.dialect, requests=key.calls
            )
            for key in usage.keys
        ],
    )


def present_month(month: MonthOfUse) -> MonthOut:
    """What both have in common."""
    return MonthOut(
        plan=month.plan,
        period_start=month.began_on,
        resets_at=month.resets_at,
        requests=month.calls,
        quota=QuotaOut(
            limit=month.renders,
            used=month.allowance.used,
            remaining=month.allowance.remaining,
            credits=month.allowance.credits,
        ),
        days=[DayOut(date=day.day, requests=day.calls) for day in month.days],
    )
