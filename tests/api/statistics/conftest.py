"""Visits that all tests of a file read: to make them takes longer than to ask for them.

A file says with `PLAN` and `VISITS` which plan the organization has, and how many are made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.gateways.clock import FixedClock
from activities.gateways.drawers import Drawers
from activities.outside import Outside
from tests.api.conftest import a_tenant_of_all
from tests.api.staging import Stage, a_stage
from tests.api.traffic import Traffic, some_traffic

Busy = tuple[Stage, Traffic]


@pytest_asyncio.fixture(scope="module")
async def busy(
    request: pytest.FixtureRequest, engine: AsyncEngine, drawers: Drawers
) -> AsyncIterator[Busy]:
    async with a_stage(engine, drawers) as stage:
        plan = getattr(request.module, "PLAN", "free")
        tenant = await a_tenant_of_all(stage.database, "busy", plan)
        yield stage, await some_traffic(tenant, getattr(request.module, "VISITS", 1500))


@pytest_asyncio.fixture
async def database(busy: Busy) -> AsyncIterator[AsyncConnection]:
    async with busy[0].scene() as database:
        yield database


@pytest.fixture
def clock(busy: Busy) -> FixedClock:
    return busy[0].clock


@pytest.fixture
def world(busy: Busy) -> Outside:
    return busy[0].world


@pytest.fixture
def traffic(busy: Busy, database: AsyncConnection) -> Traffic:
    return busy[1]
