"""Months are made ahead; what a plan does not keep is forgotten, and no total with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.statistics import storage
from activities.statistics.reading import ReadStatistics, read_statistics
from activities.statistics.rolling import RollUp, roll_up
from activities.statistics.storage import KeepScanStorage, StorageKept, keep_scan_storage
from tests.builders.batches import Seen, a_batch, later
from tests.builders.tenants import a_code, a_tenant
from tests.builders.visits import count
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")


async def months(database: AsyncConnection) -> set[str]:
    found = await database.execute(text("SELECT relid::text FROM pg_partition_tree('scan')"))
    return {name for name in found.scalars() if name.startswith("scan_2")}


async def kept(**more: Any) -> StorageKept:
    report = await keep_scan_storage(KeepScanStorage(**more))
    assert report.is_done
    return report


async def days_with_scans(database: AsyncConnection) -> list[int]:
    """How many days before today the scans are that are kept."""
    ages = text("SELECT DISTINCT date '2026-11-21' - created_at::date FROM scan ORDER BY 1")
    return list((await database.execute(ages)).scalars())


async def test_months_are_made_ahead_once(database: AsyncConnection, clock: FixedClock) -> None:
    clock.moment = datetime(2031, 11, 30, 23, 59, tzinfo=UTC)
    before = await months(database)
    assert (await kept()).months_made == 4
    made = {"scan_2031_11", "scan_2031_12", "scan_2032_01", "scan_2032_02"}
    assert await months(database) == before | made
    assert (await kept()).months_made == 0


async def test_scans_of_a_month_that_was_not_there_move_into_it(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    code = await a_code(by)
    begin = datetime(2031, 12, 1, tzinfo=UTC)
    seen = Seen(code.id, by.organization_id, begin, visitor=1)
    for at in (begin - timedelta(microseconds=1), begin, begin + timedelta(days=30, hours=23)):
        await a_batch([later(seen, at=at)])
    await a_batch([later(seen, at=begin + timedelta(days=200))])
    assert await count(database, "scan_others") == 4
    clock.moment = begin
    await kept()
    assert await count(database, "scan_2031_12") == 2
    assert await count(database, "scan_others") == 2
    assert await count(database, "scan") == 4
    assert await count(database, "scan_batch") == 4
    assert (await roll_up(RollUp())).scans == 4
    indexes = "pg_index WHERE indrelid = 'scan_2031_12'::regclass"
    assert await count(database, indexes) == 2, "the key and the index by asset"


async def test_a_plan_keeps_scans_for_its_days_and_totals_for_ever(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    code = await a_code(by)
    seen = Seen(code.id, by.organization_id, NOW, visitor=1)
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    ages = (0, 1, 89, 90, 91, 92, 400, 730, 731)
    await a_batch([later(seen, at=NOW - timedelta(days=days)) for days in ages])
    await roll_up(RollUp())
    asked = ReadStatistics(by, "qr", code.id, days=731, time_zone="Asia/Kathmandu")
    before = await read_statistics(asked)
    await kept()
    assert await days_with_scans(database) == [0, 1, 89, 90, 91, 92, 400, 730]
    await database.execute(text("UPDATE organization SET plan = 'free'"))
    assert (await kept()).rows == 4
    assert await days_with_scans(database) == [0, 1, 89, 90]
    assert await read_statistics(asked) == before
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    assert (await kept()).rows == 0


async def test_each_day_one_more_day_is_forgotten(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    code = await a_code(by)
    await database.execute(text("UPDATE organization SET plan = 'free'"))
    seen = Seen(code.id, by.organization_id, NOW, visitor=1)
    await a_batch([later(seen, at=NOW - timedelta(days=days)) for days in range(85, 95)])
    await roll_up(RollUp())
    for day in range(3):
        clock.moment = NOW + timedelta(days=day)
        await kept()
        assert await days_with_scans(database) == list(range(85, 91 - day))


async def test_the_scans_of_others_stay(database: AsyncConnection) -> None:
    free, pro = await a_tenant(), await a_tenant("other")
    await database.execute(
        text("UPDATE organization SET plan = CASE slug WHEN 'acme' THEN 'free' ELSE 'pro' END")
    )
    for by in (free, pro):
        code = await a_code(by)
        await a_batch([Seen(code.id, by.organization_id, NOW - timedelta(days=200))] * 3)
    await roll_up(RollUp())
    assert (await kept()).rows == 3
    left = (await database.execute(text("SELECT organization_id FROM scan"))).scalars()
    assert set(left) == {pro.organization_id}


async def test_scans_that_are_in_no_total_yet_stay(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_code(by)
    await database.execute(text("UPDATE organization SET plan = 'free'"))
    old = Seen(code.id, by.organization_id, NOW - timedelta(days=200), visitor=1)
    await a_batch([old])
    await roll_up(RollUp())
    await a_batch([later(old, visitor=2)])
    await kept()
    assert await count(database, "scan") == 1
    assert (await roll_up(RollUp())).scans == 1
    assert await count(database, "scan_day WHERE visits = 2 AND uniques = 2") == 2


async def test_more_than_fits_into_one_step_is_forgotten_step_by_step(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    code = await a_code(by)
    await database.execute(text("UPDATE organization SET plan = 'free'"))
    old = Seen(code.id, by.organization_id, NOW - timedelta(days=200))
    await a_batch([old] * (storage.MOST_ROWS + 7))
    await roll_up(RollUp())
    assert (await kept()).rows == storage.MOST_ROWS + 7
    assert await count(database, "scan") == 0


async def test_without_time_the_rest_is_left_for_later(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_code(by)
    await database.execute(text("UPDATE organization SET plan = 'free'"))
    await a_batch([Seen(code.id, by.organization_id, NOW - timedelta(days=200))])
    await roll_up(RollUp())
    report = await keep_scan_storage(KeepScanStorage(seconds=-1))
    assert (report.rows, report.is_done) == (0, False)
    assert (await kept()).rows == 1


async def test_months_that_no_plan_keeps_are_dropped(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    code = await a_code(by)
    await database.execute(text("UPDATE organization SET plan = 'enterprise'"))
    await database.execute(text("SELECT ink_make_scan_months('2016-10-01', 3)"))
    old = Seen(code.id, by.organization_id, datetime(2016, 10, 31, 23, tzinfo=UTC), visitor=1)
    await a_batch([old])
    clock.moment = datetime(2016, 11, 1, tzinfo=UTC) + timedelta(days=3650)
    assert (await kept()).months_dropped == 0, "its scans are in no total yet"
    await roll_up(RollUp())
    clock.moment -= timedelta(microseconds=1)
    assert (await kept()).months_dropped == 0
    clock.moment += timedelta(microseconds=1)
    assert (await kept()).months_dropped == 1
    assert await count(database, "scan") == 0
    assert "scan_2016_11" in await months(database)
    told = await read_statistics(ReadStatistics(by, "qr", code.id))
    assert told.all_time.visits == 1


async def test_what_is_remembered_for_a_while_is_forgotten(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_code(by)
    seen = Seen(code.id, by.organization_id, NOW, visitor=1)
    for days in (0, 8, 9, 733, 734):
        await a_batch([later(seen, at=NOW - timedelta(days=days))])
    await roll_up(RollUp())
    for ago in ("0 days", "1 day", "2 days"):
        moment = f"timestamptz '{NOW.isoformat()}' - interval '{ago}'"
        await database.execute(text(f"INSERT INTO visitor_salt VALUES (({moment})::date, 'x')"))
    await database.execute(text("DELETE FROM route_change"))
    for ago in ("59 minutes", "61 minutes"):
        moment = f"timestamptz '{NOW.isoformat()}' - interval '{ago}'"
        await database.execute(
            text(f"INSERT INTO route_change (changed_at, changed) VALUES ({moment}, 'x')")
        )
    await kept()
    assert await count(database, "scan_visitor") == 2
    assert await count(database, "scan_hour WHERE scope_id = organization_id") == 4
    assert await count(database, "scan_day WHERE scope_id = organization_id") == 5
    assert await count(database, "visitor_salt") == 2
    assert await count(database, "route_change") == 1
