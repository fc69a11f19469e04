"""Totals and what waits are together what happened, in whatever order and by whomever."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.rules.actors import Actor
from activities.statistics.reading import Kind, ReadStatistics, read_statistics
from activities.statistics.rolling import RolledUp, RollUp, roll_up
from activities.statistics.views import Figures
from schema.db import transaction
from tests.builders.batches import Seen, a_batch, brute_force, in_batches, later, some_scans
from tests.builders.tenants import a_code, a_tenant
from tests.builders.visits import a_link, count
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Africa/Cairo"),
)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)


async def roll_all(limit: int = 60) -> int:
    """Round after round; how many scans."""
    done = 0
    while (rolled := await roll_up(RollUp(limit))).batches:
        done += rolled.scans
    return done


async def two_assets(by: Actor) -> list[tuple[UUID, UUID, str]]:
    """A code and a link of one organization."""
    code, link = await a_code(by), await a_link(by)
    return [(code.id, by.organization_id, "qr"), (link.id, by.organization_id, "link")]


@pytest.mark.parametrize("seed", range(6))
async def test_totals_and_what_waits_are_what_happened(seed: int) -> None:
    dice, by, stranger = Random(seed), await a_tenant(), await a_tenant("other")
    assets = await two_assets(by)
    everyone = [*assets, *await two_assets(stranger)]
    scans = some_scans(dice, everyone, MIDNIGHT - timedelta(days=2), 80, 700)
    batches, written = in_batches(dice, scans), 0
    for batch in batches:
        await a_batch(batch)
        written += len(batch)
        if dice.random() < 0.3:
            await roll_up(RollUp(dice.randint(1, 90)))
    for rolled in (False, True):
        if rolled:
            await roll_all()
        for kind, scope in (("qr", assets[0][0]), ("link", assets[1][0])):
            await the_same(by, kind, scope, scans, dice)  # type: ignore[arg-type]
        await the_same(by, "organization", by.organization_id, scans, dice)


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        (date(2026, 3, 29), "Europe/Berlin"),
        (date(2026, 10, 25), "Europe/Berlin"),
        (date(2026, 11, 1), "America/St_Johns"),
        (date(2026, 4, 5), "Australia/Lord_Howe"),
        (date(2026, 4, 24), "Africa/Cairo"),
    ],
)
async def test_days_on_which_clocks_are_changed_are_right(day: date, zone: str) -> None:
    by = await a_tenant()
    code = await a_code(by)
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    assets = [(code.id, by.organization_id, "qr")]
    scans = some_scans(Random(day.day), assets, begin, 72, 400)
    for batch in in_batches(Random(1), scans):
        await a_batch(batch)
    for rolled in (False, True):
        if rolled:
            assert await roll_all() == len(scans)
        for first, last in ((day, day), (day - timedelta(1), day), (day, day + timedelta(1))):
            told = await read_statistics(
                ReadStatistics(by, "qr", code.id, first=first, last=last, time_zone=zone)
            )
            assert told == brute_force(scans, code.id, first, last, zone)


async def test_an_interrupted_roll_up_has_not_happened(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_code(by)
    seen = Seen(code.id, by.organization_id, NOW - timedelta(hours=1), visitor=1)
    await a_batch([seen])
    await roll_all()
    await a_batch([later(seen, at=NOW - timedelta(hours=2)), later(seen, visitor=2)])
    before = await everything(database)
    with pytest.raises(RuntimeError):
        await roll_up_and_die()
    assert await everything(database) == before
    assert await roll_up(RollUp()) == RolledUp(2, 1, None)
    assert await everything(database) != before


async def roll_up_and_die() -> None:
    async with transaction():
        assert (await roll_up(RollUp())).scans == 2
        raise RuntimeError("the process is killed")


async def everything(database: AsyncConnection) -> list[list[str]]:
    """All that a roll-up writes."""
    tables = ("scan_batch", "scan_hour", "scan_day", "scan_visitor", "qr_code", "link")
    return [
        sorted((await database.execute(text(f"SELECT t::text FROM {table} AS t"))).scalars())
        for table in tables
    ]


async def test_rounds_are_bounded_and_say_what_is_left() -> None:
    by = await a_tenant()
    code = await a_code(by)
    seen = Seen(code.id, by.organization_id, NOW - timedelta(hours=1))
    for hours in range(5, 0, -1):
        await a_batch([later(seen, at=NOW - timedelta(hours=hours))] * 10)
    assert await roll_up(RollUp(15)) == RolledUp(20, 2, NOW - timedelta(hours=3))
    assert await roll_up(RollUp(30)) == RolledUp(30, 3, None)
    assert await roll_up(RollUp(30)) == RolledUp(0, 0, None)


async def test_counters_have_what_is_rolled_up_and_not_what_they_had(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    (code, owner, _), (link, _, _) = await two_assets(by)
    seen = Seen(code, owner, NOW - timedelta(hours=1), visitor=1)
    await a_batch(
        [
            seen,
            later(seen, at=NOW - timedelta(minutes=5), visitor=2),
            later(seen, at=NOW, is_bot=True),
            later(seen, at=NOW, is_counted=True),
            later(seen, asset_id=link, kind="link", at=NOW - timedelta(hours=3)),
        ]
    )
    await roll_all()
    kept = "scan_count = 2 AND unique_count = 2"
    row = (await database.execute(text(f"SELECT last_scanned_at FROM qr_code WHERE {kept}"))).one()
    assert row.last_scanned_at == NOW - timedelta(minutes=5)
    assert await count(database, "link WHERE click_count = 1") == 1
    await a_batch([later(seen, at=NOW - timedelta(hours=9), visitor=1)])
    await roll_all()
    kept = "scan_count = 3 AND unique_count = 2 AND last_scanned_at"
    assert await count(database, f"qr_code WHERE {kept} = '{row.last_scanned_at}'") == 1


async def test_a_day_ends_with_its_last_microsecond() -> None:
    by = await a_tenant()
    code = await a_code(by)
    begin = datetime(2099, 7, 1, tzinfo=UTC)
    seen = Seen(code.id, by.organization_id, begin, visitor=1)
    scans = [seen, later(seen, at=begin - timedelta(microseconds=1))]
    scans.append(later(seen, at=begin + timedelta(minutes=15, microseconds=-1)))
    await a_batch(scans)
    first, last = begin.date() - timedelta(1), begin.date()
    for _ in range(2):
        told = await read_statistics(ReadStatistics(by, "qr", code.id, first=first, last=last))
        assert told == brute_force(scans, code.id, first, last, "UTC")
        assert [day.figures for day in told.days] == [Figures(1, 1, 0), Figures(2, 1, 0)]
        await roll_all()


async def test_a_visitor_who_comes_again_another_day_is_another_one() -> None:
    by = await a_tenant()
    code = await a_code(by)
    seen = Seen(code.id, by.organization_id, NOW, visitor=1)
    await a_batch([later(seen, at=NOW - timedelta(days=days)) for days in range(3)])
    await a_batch([later(seen, at=NOW - timedelta(days=days, hours=1)) for days in range(3)])
    await roll_all()
    told = await read_statistics(ReadStatistics(by, "qr", code.id, days=3))
    assert told.figures == Figures(6, 3, 0)
    assert [day.figures for day in told.days] == [Figures(2, 1, 0)] * 3


async def test_a_visitor_of_very_many_codes_is_looked_up_once() -> None:
    by = await a_tenant()
    seen = Seen(uuid4(), by.organization_id, NOW, visitor=1)
    everywhere = [later(seen, asset_id=uuid4()) for _ in range(4000)]
    for minutes in range(2):
        again = NOW - timedelta(minutes=minutes)
        await a_batch([later(one, at=again) for one in everywhere])
        # Looked up for each code, the second round would read sixteen million rows.
        rolled = await asyncio.wait_for(roll_up(RollUp()), 15)
        assert rolled.scans == len(everywhere)


async def the_same(by: Actor, kind: Kind, scope: UUID, scans: list[Seen], dice: Random) -> None:
    """What is read in some zone is what each scan says."""
    for zone in dice.sample(ZONES, 3):
        first = MIDNIGHT.date() - timedelta(days=dice.randint(0, 3))
        last = first + timedelta(days=dice.randint(0, 4))
        told = await read_statistics(
            ReadStatistics(by, kind, scope, first=first, last=last, time_zone=zone)
        )
        assert told == brute_force(scans, scope, first, last, zone)
