"""The salts of visitor ids: a new one every day, the same for every process, soon forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.outside import Outside
from activities.sweeping import SweepExpired, sweep_expired
from activities.visits.salts import DailySalt, ReadSalts, Salts, read_salts
from schema.db import DatabaseAway, connect, disconnect
from tests.builders.databases import a_database
from tests.conftest import NOW

TODAY = NOW.date()
DAY = timedelta(days=1)

rolled_back = pytest.mark.usefixtures("database", "world")


async def days(database: AsyncConnection) -> list[date]:
    return list(
        (await database.execute(text("SELECT day FROM visitor_salt ORDER BY day"))).scalars()
    )


@rolled_back
async def test_the_salts_of_today_and_tomorrow_are_made_once() -> None:
    first = await read_salts(ReadSalts(TODAY))
    assert (first.day, len(first.salt), len(first.next_salt)) == (TODAY, 32, 32)
    assert first.salt != first.next_salt
    assert await read_salts(ReadSalts(TODAY)) == first


@rolled_back
async def test_tomorrow_begins_with_the_salt_that_was_made_today() -> None:
    today = await read_salts(ReadSalts(TODAY))
    tomorrow = await read_salts(ReadSalts(TODAY + DAY))
    assert tomorrow.salt == today.next_salt
    assert tomorrow.next_salt not in (today.salt, today.next_salt)


@rolled_back
async def test_a_salt_is_kept_for_a_day_after_its_own_and_then_gone(
    database: AsyncConnection,
) -> None:
    await read_salts(ReadSalts(TODAY))
    await read_salts(ReadSalts(TODAY + DAY))
    assert await days(database) == [TODAY, TODAY + DAY, TODAY + 2 * DAY]
    await read_salts(ReadSalts(TODAY + 2 * DAY))
    assert await days(database) == [TODAY + DAY, TODAY + 2 * DAY, TODAY + 3 * DAY]
    await read_salts(ReadSalts(TODAY + 10 * DAY))
    assert await days(database) == [TODAY + 10 * DAY, TODAY + 11 * DAY]


@rolled_back
async def test_a_salt_goes_even_when_nobody_visits(
    database: AsyncConnection, clock: FixedClock
) -> None:
    await read_salts(ReadSalts(TODAY))
    clock.moment = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    await sweep_expired(SweepExpired())
    assert await days(database) == [TODAY, TODAY + DAY]
    clock.moment = datetime(2026, 11, 23, 0, 0, 0, tzinfo=UTC)
    await sweep_expired(SweepExpired())
    assert await days(database) == [TODAY + DAY]


@rolled_back
async def test_a_salt_that_was_forgotten_never_comes_back() -> None:
    first = await read_salts(ReadSalts(TODAY))
    await read_salts(ReadSalts(TODAY + 2 * DAY))
    assert (await read_salts(ReadSalts(TODAY))).salt != first.salt


def test_a_salt_is_shown_nowhere() -> None:
    salts = Salts(TODAY, b"hunter2" * 4, b"hunter3" * 4)
    assert "hunter" not in f"{salts!r} {salts}"


async def test_processes_that_start_at_once_have_the_same_salts(
    database_url: str, world: Outside
) -> None:
    async with a_database(database_url, connections=8):
        read = await asyncio.gather(*(read_salts(ReadSalts(TODAY)) for _ in range(24)))
        assert all(salts == read[0] for salts in read)
        after = await asyncio.gather(
            *(read_salts(ReadSalts(TODAY + (n % 2 + 1) * DAY)) for n in range(24))
        )
        assert {salts.salt for salts in after if salts.day == TODAY + DAY} == {read[0].next_salt}
        assert len({salts.next_salt for salts in after}) == 2


@rolled_back
async def test_before_the_first_refresh_there_is_no_salt() -> None:
    assert DailySalt().current(NOW) is None


@rolled_back
async def test_the_salt_changes_at_midnight_of_utc_without_a_refresh() -> None:
    salt = DailySalt()
    await salt.refresh(NOW)
    read = await read_salts(ReadSalts(TODAY))
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    assert salt.current(NOW) == salt.current(midnight - timedelta(microseconds=1)) == read.salt
    assert salt.current(midnight) == read.next_salt
    elsewhere = midnight.astimezone(timezone(timedelta(hours=-8)))
    assert salt.current(elsewhere) == read.next_salt
    assert salt.current(midnight + DAY) is None


@rolled_back
async def test_a_visit_of_before_midnight_has_its_salt_after_it() -> None:
    salt = DailySalt()
    await salt.refresh(NOW)
    before = salt.current(NOW)
    await salt.refresh(NOW + DAY)
    assert before is not None
    assert salt.current(NOW) == before
    await salt.refresh(NOW + 2 * DAY)
    assert salt.current(NOW) is None, "no process remembers it longer than the database"


async def test_a_database_that_is_away_at_midnight_is_not_missed(
    database_url: str, world: Outside
) -> None:
    salt = DailySalt()
    async with a_database(database_url, connections=2):
        await salt.refresh(NOW)
        read = await read_salts(ReadSalts(TODAY))
    await connect("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1, patience=0.5)
    try:
        with pytest.raises(DatabaseAway):
            await salt.refresh(NOW + DAY)
        assert salt.current(NOW + DAY) == read.next_salt
        with pytest.raises(DatabaseAway):
            await salt.refresh(NOW + 2 * DAY)
        assert salt.current(NOW) is None
    finally:
        await disconnect()
