"""Visits when many come at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.outside import Outside
from activities.rules.actors import Actor
from activities.visits.following import follow
from activities.visits.leading import Follow, Gone, Redirection
from activities.visits.targets import Kind
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.tenants import PERSON, ROBOT, a_code, a_heard_tenant
from tests.builders.visits import a_link
from workers.embedded_postgres import EmbeddedPostgres

CONNECTIONS = 16
AT_ONCE, LIMIT = 32, 12


@pytest_asyncio.fixture
async def by(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[Actor]:
    async with a_database(postgres.url, connections=CONNECTIONS):
        yield await a_heard_tenant()


async def told(statement: str) -> Any:
    async with transaction() as session:
        return await session.scalar(text(statement))


@pytest.mark.parametrize(
    ("kind", "counted", "announced"),
    [
        ("qr", "SELECT scan_count FROM qr_code", "qr.scanned"),
        ("link", "SELECT click_count FROM link", "link.clicked"),
    ],
)
async def test_of_many_at_once_exactly_as_many_as_the_limit_pass(
    by: Actor, kind: Kind, counted: str, announced: str
) -> None:
    if kind == "qr":
        await a_code(by, short_code="hot", scan_limit=LIMIT)  # type: ignore[arg-type]
    else:
        await a_link(by, slug="hot", click_limit=LIMIT)
    visits = (follow(Follow(kind, "hot", PERSON)) for _ in range(AT_ONCE))
    bots = (follow(Follow(kind, "hot", ROBOT)) for _ in range(LIMIT))
    outcomes, _ = await asyncio.gather(asyncio.gather(*visits), asyncio.gather(*bots))
    assert Counter(map(type, outcomes)) == {Redirection: LIMIT, Gone: AT_ONCE - LIMIT}
    assert await told(counted) == LIMIT
    assert await told("SELECT count(*) FROM scan WHERE NOT is_bot") == LIMIT
    assert await told(f"SELECT count(*) FROM event WHERE kind = '{announced}'") == LIMIT
    reached = await told("SELECT count(*) FROM event WHERE kind = 'qr.scan_limit_reached'")
    assert reached == (1 if kind == "qr" else 0)


async def test_without_a_limit_every_visit_of_many_at_once_is_counted(by: Actor) -> None:
    await a_code(by, short_code="hot")
    visits = [follow(Follow("qr", "hot", PERSON)) for _ in range(AT_ONCE)]
    assert {type(outcome) for outcome in await asyncio.gather(*visits)} == {Redirection}
    assert await told("SELECT count(*) FROM scan") == AT_ONCE
