"""The captcha when two come at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.captcha import SpendCaptcha, VerifySolution, spend_captcha, verify_solution
from activities.rules.errors import CaptchaRefused
from schema.db import connect, disconnect, transaction
from tests.builders.captcha import a_captcha_token, a_solution

pytestmark = pytest.mark.usefixtures("open_door", "world")

AT_ONCE = 8


@pytest_asyncio.fixture
async def open_door(database_url: str) -> AsyncIterator[None]:
    await connect(database_url, pool_size=AT_ONCE)
    yield
    async with transaction() as session:
        await session.execute(text("DELETE FROM solved_captcha"))
    await disconnect()


async def let_through(*asked: Awaitable[object]) -> int:
    """How many were not refused; any other fault is a failure."""
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(fault, CaptchaRefused) for fault in refused), refused
    return len(outcomes) - len(refused)


async def test_of_many_with_one_solution_one_earns_a_token() -> None:
    payload = await a_solution()
    asked = [verify_solution(VerifySolution(payload)) for _ in range(AT_ONCE)]
    assert await let_through(*asked) == 1


async def test_of_many_with_one_token_one_spends_it() -> None:
    token = await a_captcha_token()
    asked = [spend_captcha(SpendCaptcha(token)) for _ in range(AT_ONCE)]
    assert await let_through(*asked) == 1


async def test_who_waits_for_a_transaction_that_fails_spends_the_token() -> None:
    token = await a_captcha_token()
    spent = asyncio.Event()

    async def fail() -> None:
        async with transaction():
            await spend_captcha(SpendCaptcha(token))
            spent.set()
            await asyncio.sleep(0.1)
            raise CaptchaRefused

    async def wait() -> None:
        await spent.wait()
        await spend_captcha(SpendCaptcha(token))

    assert await let_through(fail(), wait()) == 1
