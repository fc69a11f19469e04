"""Usage is what was counted: by day and calendar month in UTC, of one key or of all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.key_ends import RevokeKey, revoke_key
from activities.key_ring import IssueKey, KeyView, ListKeys, issue_key, list_keys
from activities.key_usage import (
    DayOfUse,
    ReadKeyUsage,
    ReadUsage,
    read_key_usage,
    read_usage,
)
from activities.keys import AuthenticateKey, authenticate_key
from activities.meters import Meter, meter
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, NotFound, RateLimited
from activities.rules.paging import PageRequest
from tests.builders.keys import a_key_of, a_workspace, an_actor, secret_of
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def behind(key: KeyView) -> Actor:
    return await authenticate_key(AuthenticateKey(key.dialect, secret_of(key)))


async def counted(database: AsyncConnection, key_id: UUID, day: str, calls: int) -> None:
    await database.execute(
        text("INSERT INTO api_key_usage (key_id, day, calls) VALUES (:key, :day, :calls)"),
        {"key": key_id, "day": date.fromisoformat(day), "calls": calls},
    )


async def test_a_key_reads_its_own_month_by_day(database: AsyncConnection) -> None:
    by = await an_actor(await an_organization(), plan="pro")
    key, other = await a_key_of(by), await a_key_of(by)
    for day, calls in (("2026-10-31", 7), ("2026-11-01", 3), ("2026-11-21", 5), ("2026-12-01", 9)):
        await counted(database, key.id, day, calls)
    await counted(database, other.id, "2026-11-21", 100)
    usage = await read_key_usage(ReadKeyUsage(await behind(key)))
    month = usage.month
    assert (usage.key_id, usage.prefix, usage.calls_today) == (key.id, key.prefix, 5)
    assert (month.calls, month.plan, month.renders) == (8, "pro", 50_000)
    assert month.days == (DayOfUse(date(2026, 11, 1), 3), DayOfUse(date(2026, 11, 21), 5))
    assert month.began_on == date(2026, 11, 1)
    assert month.resets_at == datetime(2026, 12, 1, tzinfo=UTC)


async def test_what_the_meter_counts_is_told(clock: FixedClock) -> None:
    by = await an_actor(await an_organization())
    key = await issue_key(IssueKey(by, "studio", "Capped", daily_cap=2))
    actor = await behind(key)
    for _ in range(2):
        await meter(Meter(actor))
    with pytest.raises(RateLimited):
        await meter(Meter(actor))
    usage = await read_key_usage(ReadKeyUsage(actor))
    assert (usage.calls_today, usage.daily_cap, usage.month.calls) == (2, 2, 2)
    (listed,) = (await list_keys(ListKeys(by, PageRequest()))).items
    assert listed.calls_today == 2
    clock.moment = datetime(2026, 12, 1, tzinfo=UTC)
    assert (await read_key_usage(ReadKeyUsage(actor))).month.calls == 0
    assert (await list_keys(ListKeys(by, PageRequest()))).items[0].calls_today == 0


async def test_a_year_ends_with_its_last_month(clock: FixedClock) -> None:
    clock.moment = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    by = await an_actor(await an_organization())
    month = (await read_usage(ReadUsage(by))).month
    assert (month.began_on, month.resets_at) == (
        date(2026, 12, 1),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert (month.calls, month.days) == (0, ())


async def test_an_organization_reads_all_its_keys_together(database: AsyncConnection) -> None:
    by = await an_actor(await an_organization("mine"))
    theirs = await a_key_of(await an_actor(await an_organization("theirs")))
    studio, links = await a_key_of(by), await a_key_of(by, "links")
    await counted(database, studio.id, "2026-11-20", 1)
    await counted(database, links.id, "2026-11-20", 2)
    await counted(database, links.id, "2026-11-21", 4)
    await counted(database, theirs.id, "2026-11-21", 100)
    await revoke_key(RevokeKey(by, links.id))
    usage = await read_usage(ReadUsage(by))
    assert usage.month.calls == 7
    assert [day.calls for day in usage.month.days] == [3, 4]
    told = [(key.id, key.dialect, key.prefix, key.calls) for key in usage.keys]
    assert told == [
        (links.id, "links", links.prefix, 6),
        (studio.id, "studio", studio.prefix, 1),
    ]


async def test_who_is_restricted_to_a_workspace_reads_its_keys_only(
    database: AsyncConnection,
) -> None:
    home = await an_organization()
    by, aside = await an_actor(home), await a_workspace(home)
    wide = await issue_key(IssueKey(by, "business", "Wide"))
    narrow = await issue_key(IssueKey(by, "business", "Narrow", workspace_id=aside))
    await counted(database, wide.id, "2026-11-21", 100)
    await counted(database, narrow.id, "2026-11-21", 1)
    assert (await read_usage(ReadUsage(await behind(narrow)))).month.calls == 1
    assert (await read_usage(ReadUsage(await behind(wide)))).month.calls == 101


async def test_who_is_no_key_has_no_usage_of_its_own() -> None:
    with pytest.raises(NotFound):
        await read_key_usage(ReadKeyUsage(await an_actor(await an_organization())))


async def test_a_key_without_the_scope_reads_no_usage() -> None:
    by = await an_actor(await an_organization())
    actor = await behind(await issue_key(IssueKey(by, "studio", "Key", scopes=("assets.read",))))
    for act in (read_key_usage(ReadKeyUsage(actor)), read_usage(ReadUsage(actor))):
        with pytest.raises(Forbidden, match=r"usage\.read"):
            await act
