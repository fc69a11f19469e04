"""Finished pictures are kept for a while, within their room, and are never in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.outside import Outside, install
from activities.pictures.cache import (
    LARGEST,
    FindPicture,
    KeepPicture,
    TrimPictures,
    find_picture,
    keep_picture,
    trim_pictures,
)
from activities.pictures.keys import key_of, score_read, score_told
from activities.render.pictures import Picture
from activities.render.proving import Reason, Score
from activities.rules.looks import Gradient, Logo, Stop, Style
from schema.db import connect, disconnect

HOME, OTHER = UUID(int=1), UUID(int=2)


async def keep(key: str, size: int = 10) -> None:
    await keep_picture(KeepPicture(key, b"x" * size, "image/png"))


async def kept(database: AsyncConnection) -> list[str]:
    query = text("SELECT key FROM picture_cache ORDER BY used_at, key")
    return list((await database.execute(query)).scalars())


@pytest.mark.usefixtures("database", "world")
async def test_what_was_kept_is_found_with_its_score() -> None:
    score = Score(85, (Reason("contrast", "It is faint.", 15),), 300)
    await keep_picture(KeepPicture("k", b"\x89PNG\x00", "image/png", score_told(score)))
    found = await find_picture(FindPicture("k"))
    assert found is not None
    assert (found.content, found.media_type) == (b"\x89PNG\x00", "image/png")
    assert score_read(found.score) == score
    assert await find_picture(FindPicture("other")) is None
    await keep("plain")
    plain = await find_picture(FindPicture("plain"))
    assert plain is not None
    assert score_read(plain.score) is None


@pytest.mark.usefixtures("world")
async def test_the_last_use_is_noted_once_an_hour(
    database: AsyncConnection, clock: FixedClock
) -> None:
    await keep("k")
    noted = []
    for _ in range(3):
        clock.moment += timedelta(minutes=40)
        await find_picture(FindPicture("k"))
        noted.append(await database.scalar(text("SELECT used_at FROM picture_cache")))
    began = clock.moment - timedelta(hours=2)
    assert noted == [began, began + timedelta(minutes=80), began + timedelta(minutes=80)]


async def test_what_was_not_used_for_longest_goes_first(
    database: AsyncConnection, clock: FixedClock, world: Outside
) -> None:
    for n in range(6):
        clock.moment += timedelta(hours=2)
        await keep(f"k{n}", 100)
    clock.moment += timedelta(hours=2)
    await find_picture(FindPicture("k0"))
    install(replace(world, picture_cache_bytes=300))
    assert (await trim_pictures(TrimPictures())).rows == 3
    assert await kept(database) == ["k4", "k5", "k0"]


async def test_a_process_that_fills_the_room_looks_by_itself(
    database: AsyncConnection, clock: FixedClock, world: Outside
) -> None:
    install(replace(world, picture_cache_bytes=1000))
    for n in range(30):
        clock.moment += timedelta(seconds=1)
        await keep(f"k{n:02d}", 100)
    assert await kept(database) == [f"k{n:02d}" for n in range(20, 30)]


async def test_large_pictures_are_not_kept_and_no_room_keeps_none(
    database: AsyncConnection, world: Outside
) -> None:
    await keep("large", LARGEST + 1)
    assert await kept(database) == []
    await keep("k")
    install(replace(world, picture_cache_bytes=0))
    assert await find_picture(FindPicture("k")) is None
    await keep("another")
    assert await kept(database) == ["k"]


@pytest_asyncio.fixture
async def door(database_url: str, world: Outside) -> AsyncIterator[str]:
    """The real door, with real connections; what is written is taken away again."""
    await connect(database_url)
    yield database_url
    await disconnect()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("DELETE FROM picture_cache")


async def test_a_table_that_cannot_be_reached_is_nobody_s_fault(door: str) -> None:
    await keep("k")
    async with await psycopg.AsyncConnection.connect(door) as connection:
        await connection.execute("LOCK TABLE picture_cache IN ACCESS EXCLUSIVE MODE")
        assert await find_picture(FindPicture("k")) is None
        await keep("another")
        assert (await trim_pictures(TrimPictures())).rows == 0
        await connection.rollback()
    assert await find_picture(FindPicture("k")) is not None


def test_everything_that_a_picture_is_made_from_changes_its_key() -> None:
    base = Picture("payload", style=Style(logo=Logo(url="https://a.example/x.png")), logo=b"png")
    stops = (Stop(0, "#000000"), Stop(1, "#111111"))
    others = [
        replace(base, payload="other"),
        replace(base, output="svg"),
        replace(base, symbology="CODE128"),
        replace(base, size_px=1025),
        replace(base, dpi=300),
        replace(base, logo=b"other"),
        replace(base, logo=None),
        replace(base, title="other"),
        *(
            replace(base, style=replace(base.style, **change))
            for change in (
                {"foreground": "#111111"},
                {"background": None},
                {"module_shape": "dot"},
                {"quiet_zone": 4},
                {"error_correction": "M"},
                {"gradient": Gradient("linear", stops)},
                {"logo": Logo(url="https://a.example/x.png", size=0.3)},
            )
        ),
    ]
    keys = {key_of(picture, HOME) for picture in (base, *others)}
    assert len(keys) == len(others) + 1
    assert key_of(replace(base), HOME) == key_of(base, HOME)
    assert key_of(base, OTHER) not in keys
    assert len(key_of(replace(base, payload="\ud800"), HOME)) == 64
