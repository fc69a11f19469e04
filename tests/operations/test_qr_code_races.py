"""QR codes when many come at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from activities.gateways.clock import SystemClock
from activities.outside import Outside, install
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import DomainError
from activities.workspaces import DeleteWorkspace, delete_workspace
from schema.db import connect, transaction
from tests.builders.databases import a_database
from tests.builders.keys import a_workspace, an_actor
from tests.builders.qr_codes import HOME, a_dynamic, changed, claims
from tests.builders.tenants import an_organization
from workers.embedded_postgres import EmbeddedPostgres

CONNECTIONS, MANY = 24, 64
PATIENCE = 60
"""Seconds that the last of many may wait for its turn, on a machine that does other things too."""


@pytest_asyncio.fixture(autouse=True)
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    install(replace(world, clock=SystemClock()))
    async with a_database(postgres.url, connections=CONNECTIONS) as url:
        await connect(url, pool_size=CONNECTIONS, patience=PATIENCE)
        yield url


async def outcomes(*asked: Awaitable[Any]) -> tuple[list[Any], list[str]]:
    """What was answered, and the codes of what was refused; any other fault is a failure."""
    ended = await asyncio.gather(*asked, return_exceptions=True)
    faults = [one for one in ended if isinstance(one, BaseException)]
    assert all(isinstance(fault, DomainError) for fault in faults), faults
    made = [one for one in ended if not isinstance(one, BaseException)]
    return made, [fault.code for fault in faults if isinstance(fault, DomainError)]


async def count(table: str) -> int:
    async with transaction() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def tenants(number: int, plan: str = "enterprise") -> list[Actor]:
    made = [await an_organization(f"tenant-{n}") for n in range(number)]
    return [await an_actor(home, plan=plan) for home in made]


async def test_of_many_who_want_one_code_one_gets_it() -> None:
    many = await tenants(4)
    wishes = (
        create_qr_code(CreateQrCode(many[n % 4], HOME, short_code="summer24")) for n in range(MANY)
    )
    made, refused = await outcomes(*wishes)
    assert (len(made), refused) == (1, ["short_code_taken"] * (MANY - 1))
    assert await claims() == {"summer24": made[0].id}
    assert (await count("qr_code"), await count("event")) == (1, 1)


async def test_of_many_codes_that_change_to_one_short_code_one_does() -> None:
    many = await tenants(8)
    codes = [await a_dynamic(by) for by in many]
    wishes = (
        changed(by, code, short_code="summer24") for by, code in zip(many, codes, strict=True)
    )
    made, refused = await outcomes(*wishes)
    assert (len(made), refused) == (1, ["short_code_taken"] * 7)
    assert (await claims())["summer24"] == made[0].id


async def test_a_plan_limit_holds_when_many_codes_are_made_at_once() -> None:
    (by,) = await tenants(1, "free")
    for _ in range(40):
        await a_dynamic(by)
    made, refused = await outcomes(*(create_qr_code(CreateQrCode(by, HOME)) for _ in range(16)))
    assert (len(made), refused) == (10, ["plan_limit_reached"] * 6)


async def test_of_two_who_read_the_same_version_one_changes_it() -> None:
    (by,) = await tenants(1)
    code = await a_dynamic(by)
    wishes = (changed(by, code, name=f"name {n}", version=1) for n in range(8))
    made, refused = await outcomes(*wishes)
    assert (len(made), refused) == (1, ["version_mismatch"] * 7)
    assert await read_qr_code(ReadQrCode(by, id=code.id)) == made[0]
    assert await count("event") == 2


async def test_changes_of_different_fields_all_stay() -> None:
    (by,) = await tenants(1)
    code = await a_dynamic(by)
    wishes: list[dict[str, Any]] = [
        {"name": "Menu"},
        {"description": "At the bar"},
        {"tags": ("summer",)},
        {"scan_limit": 5},
        {"destination_url": HOME + "b"},
        {"short_code": "menu-24"},
    ]
    made, _ = await outcomes(*(update_qr_code(UpdateQrCode(by, code.id, **w)) for w in wishes))
    assert len(made) == 6
    after = await read_qr_code(ReadQrCode(by, id=code.id))
    assert (after.name, after.description, after.tags) == ("Menu", "At the bar", ("summer",))
    assert (after.scan_limit, after.destination_url) == (5, HOME + "b")
    assert (after.short_code, after.version) == ("menu-24", 7)
    assert await count("destination_change") == 1


async def test_a_code_is_deleted_once() -> None:
    (by,) = await tenants(1)
    code = await a_dynamic(by)
    done, refused = await outcomes(*(delete_qr_code(DeleteQrCode(by, code.id)) for _ in range(8)))
    assert (len(done), refused) == (1, ["not_found"] * 7)
    assert await count("event") == 2


async def test_no_code_is_left_in_a_workspace_that_goes() -> None:
    home = await an_organization()
    by = await an_actor(home, plan="enterprise")
    await a_dynamic(by)
    for _ in range(5):
        aside = await a_workspace(home)
        await outcomes(
            create_qr_code(CreateQrCode(by, HOME, workspace_id=aside)),
            delete_workspace(DeleteWorkspace(by, aside)),
        )
    async with transaction() as session:
        stranded = text(
            "SELECT count(*) FROM qr_code JOIN workspace w ON w.id = workspace_id "
            "WHERE w.deleted_at IS NOT NULL AND qr_code.deleted_at IS NULL"
        )
        assert await session.scalar(stranded) == 0


async def test_the_same_new_tags_at_once_are_made_once() -> None:
    (by,) = await tenants(1)
    orders = [("summer", "bar"), ("bar", "summer")] * 8
    made, refused = await outcomes(
        *(create_qr_code(CreateQrCode(by, HOME, tags=tags)) for tags in orders)
    )
    assert (len(made), refused) == (16, [])
    assert await count("tag") == 2
