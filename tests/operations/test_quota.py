"""Renders are counted exactly: the plan's first, then credits, and what was not made comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.outside import Outside
from activities.pictures.quota import (
    Allowance,
    GiveBackRenders,
    GrantCredits,
    ReadAllowance,
    SpendRenders,
    give_back_renders,
    grant_credits,
    read_allowance,
    spend_renders,
)
from activities.rules.actors import Actor
from activities.rules.errors import QuotaSpent
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.tenants import a_tenant
from workers.embedded_postgres import EmbeddedPostgres

MONTH = date(2026, 11, 1)


async def left(by: Actor) -> tuple[int, int | None, int]:
    told = await read_allowance(ReadAllowance(by.organization_id, by.plan))
    return told.used, told.remaining, told.credits


async def give_back(by: Actor, count: int) -> None:
    await give_back_renders(GiveBackRenders(by.organization_id, MONTH, count))


async def is_spent(by: Actor, count: int = 1) -> bool:
    try:
        await spend_renders(SpendRenders(by, count))
    except QuotaSpent:
        return False
    return True


async def ledger_adds_up() -> bool:
    async with transaction() as session:
        balance = await session.scalar(text("SELECT coalesce(sum(balance), 0) FROM render_credit"))
        noted = await session.scalar(text("SELECT coalesce(sum(change), 0) FROM credit_entry"))
        paid = await session.scalar(text("SELECT coalesce(sum(credits), 0) FROM render_month"))
        granted = await session.scalar(
            text("SELECT coalesce(sum(change), 0) FROM credit_entry WHERE reference LIKE 'grant %'")
        )
    return bool(balance == noted and granted - balance == paid)


@pytest.mark.usefixtures("database", "world")
async def test_what_is_left_is_told() -> None:
    by = await a_tenant()
    assert await spend_renders(SpendRenders(by, 3)) == Allowance(
        plan="free",
        used=3,
        remaining=497,
        credits=0,
        month=MONTH,
        resets_at=datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert await left(by) == (3, 497, 0)


@pytest.mark.usefixtures("database", "world")
async def test_beyond_the_plan_nothing_is_counted() -> None:
    by = await a_tenant()
    assert not await is_spent(by, 501)
    assert await is_spent(by, 499)
    with pytest.raises(QuotaSpent) as refused:
        await spend_renders(SpendRenders(by, 2))
    assert (refused.value.left, refused.value.wanted) == (1, 2)
    assert refused.value.resets_on == date(2026, 12, 1)
    assert await left(by) == (499, 1, 0)
    assert await is_spent(by)
    assert await left(by) == (500, 0, 0)


@pytest.mark.usefixtures("database", "world")
async def test_a_month_begins_anew(clock: FixedClock) -> None:
    by = await a_tenant()
    assert await is_spent(by, 500)
    clock.moment = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    assert not await is_spent(by)
    clock.moment += timedelta(seconds=1)
    assert await left(by) == (0, 500, 0)
    assert await is_spent(by, 500)


@pytest.mark.usefixtures("database", "world")
async def test_an_unlimited_plan_is_counted_all_the_same() -> None:
    by = replace(await a_tenant(), plan="enterprise")
    assert (await spend_renders(SpendRenders(by, 10**6))).remaining is None
    assert await left(by) == (10**6, None, 0)


@pytest.mark.usefixtures("database", "world")
async def test_credits_pay_for_what_the_plan_does_not_cover() -> None:
    by = await a_tenant()
    assert await grant_credits(GrantCredits(by.organization_id, 100, "invoice 1"))
    assert await is_spent(by, 550)
    assert await left(by) == (550, 0, 50)
    assert not await is_spent(by, 51)
    assert await is_spent(by, 50)
    assert await left(by) == (600, 0, 0)
    assert await ledger_adds_up()


@pytest.mark.usefixtures("database", "world")
async def test_credits_are_granted_once_for_one_reason() -> None:
    by = await a_tenant()
    grants = [
        await grant_credits(GrantCredits(by.organization_id, 5, reference))
        for reference in ("invoice 1", "invoice 1", "invoice 2")
    ]
    assert grants == [True, False, True]
    assert await left(by) == (0, 500, 10)
    assert await ledger_adds_up()


@pytest.mark.usefixtures("database", "world")
async def test_what_was_not_made_comes_back_credits_first() -> None:
    by = await a_tenant()
    await grant_credits(GrantCredits(by.organization_id, 100, "invoice 1"))
    await spend_renders(SpendRenders(by, 530))
    await give_back(by, 10)
    assert await left(by) == (520, 0, 80)
    await give_back(by, 25)
    assert await left(by) == (495, 5, 100)
    assert await ledger_adds_up()


@pytest.mark.usefixtures("database", "world")
async def test_what_is_undone_with_its_transaction_was_not_spent() -> None:
    by = await a_tenant()

    async def fail() -> None:
        async with transaction():
            await spend_renders(SpendRenders(by, 3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await left(by) == (0, 500, 0)


@pytest.mark.usefixtures("world")
async def test_tenants_do_not_share(database: AsyncConnection) -> None:
    one, other = await a_tenant("one"), await a_tenant("other")
    await grant_credits(GrantCredits(one.organization_id, 5, "invoice 1"))
    await spend_renders(SpendRenders(one, 500))
    assert await left(other) == (0, 500, 0)


@pytest_asyncio.fixture
async def tenant(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[Actor]:
    """On connections of its own, so that two commit at once."""
    async with a_database(postgres.url, connections=8):
        yield await a_tenant()


async def test_of_many_at_once_exactly_what_the_plan_includes_passes(tenant: Actor) -> None:
    await spend_renders(SpendRenders(tenant, 480))
    passed = await asyncio.gather(*(is_spent(tenant) for _ in range(64)))
    assert sum(passed) == 20
    assert await left(tenant) == (500, 0, 0)


async def test_the_first_renders_of_a_month_at_once_do_not_pass_the_plan(tenant: Actor) -> None:
    passed = await asyncio.gather(*(is_spent(tenant, 200) for _ in range(8)))
    assert sum(passed) == 2
    assert await left(tenant) == (400, 100, 0)


async def test_of_many_at_once_exactly_the_credits_pass(tenant: Actor) -> None:
    await grant_credits(GrantCredits(tenant.organization_id, 30, "invoice 1"))
    await spend_renders(SpendRenders(tenant, 490))

    async def spend_and_return() -> bool:
        if not await is_spent(tenant, 5):
            return False
        await give_back(tenant, 2)
        return True

    passed = await asyncio.gather(*(spend_and_return() for _ in range(40)))
    used, remaining, credit = await left(tenant)
    assert used == 490 + 3 * sum(passed) <= 530
    assert (remaining, credit) == (max(0, 500 - used), 30 - max(0, used - 500))
    assert sum(passed) >= 8
    assert await ledger_adds_up()


async def test_credits_of_one_reason_at_once_are_granted_once(tenant: Actor) -> None:
    command = GrantCredits(tenant.organization_id, 7, "invoice 1")
    granted = await asyncio.gather(*(grant_credits(command) for _ in range(8)))
    assert sum(granted) == 1
    assert (await left(tenant))[2] == 7
