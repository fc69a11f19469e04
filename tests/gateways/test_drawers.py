"""Processes that draw: limits of time and memory, and room for others."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from activities.gateways import drawers as gateway
from activities.gateways.drawers import Drawers, DrawersBusy, TooHeavy
from activities.render.pictures import Picture, draw_picture
from activities.render.qr import BadPayload, SizeTooSmall

MEGABYTE = 1024 * 1024


@pytest_asyncio.fixture(scope="module")
async def two() -> AsyncIterator[Drawers]:
    pool = Drawers(2, memory_mb=1024)
    yield pool
    pool.close()


async def test_work_is_done_in_another_process(two: Drawers) -> None:
    assert await two.run("a", os.getpid) != os.getpid()
    drawn = await two.run("a", draw_picture, Picture("hello"))
    assert drawn == draw_picture(Picture("hello"))


async def test_refusals_come_back_as_they_are(two: Drawers) -> None:
    with pytest.raises(BadPayload) as refused:
        await two.run("a", draw_picture, Picture("x" * 4000))
    assert refused.value.reason == "too_long"
    with pytest.raises(SizeTooSmall) as small:
        await two.run("a", draw_picture, Picture("x", size_px=8))
    assert small.value.min_px == 29


async def test_work_that_takes_too_long_is_ended_and_the_next_is_done(two: Drawers) -> None:
    began = time.perf_counter()
    with pytest.raises(TooHeavy, match=r"more than 0\.4 s"):
        await two.run("a", time.sleep, 60, seconds=0.4)
    assert time.perf_counter() - began < 10
    assert await two.run("a", len, "four") == 4


async def test_work_that_takes_too_much_memory_is_ended(two: Drawers) -> None:
    with pytest.raises(TooHeavy, match="memory"):
        await two.run("a", bytearray, 2048 * MEGABYTE)
    assert await two.run("a", len, "four") == 4


async def test_a_process_that_dies_harms_nobody_else(two: Drawers) -> None:
    with pytest.raises(TooHeavy):
        await two.run("a", os._exit, 1)
    assert await two.run("a", len, "four") == 4


async def test_a_caller_who_goes_away_ends_his_work(two: Drawers) -> None:
    work = asyncio.create_task(two.run("a", time.sleep, 60, seconds=60))
    await asyncio.sleep(0.3)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    for _ in range(4):  # more than there are processes
        assert await two.run("b", len, "four", seconds=10) == 4


async def test_one_tenant_leaves_a_process_for_the_others(two: Drawers) -> None:
    greedy = [asyncio.create_task(two.run("greedy", time.sleep, 0.5)) for _ in range(6)]
    await asyncio.sleep(0.1)
    began = time.perf_counter()
    assert await two.run("other", len, "four") == 4
    assert time.perf_counter() - began < 1.0, "it did not wait for three seconds of the other's"
    assert not all(work.done() for work in greedy)
    await asyncio.gather(*greedy)


async def test_beyond_what_may_wait_callers_are_told_to_come_back(two: Drawers) -> None:
    waiting = [
        asyncio.create_task(two.run("a", time.sleep, 0.0)) for _ in range(gateway.MOST_WAITING)
    ]
    await asyncio.sleep(0)
    with pytest.raises(DrawersBusy):
        await two.run("b", len, "four")
    await asyncio.gather(*waiting)
    assert await two.run("b", len, "four") == 4


async def test_a_closed_pool_leaves_no_process() -> None:
    pool = Drawers(1)
    number = await pool.run("a", os.getpid)
    await asyncio.to_thread(pool.close)
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
