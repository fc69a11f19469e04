"""Short links when many come at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from typing import Any

import pytest_asyncio
from sqlalchemy import text

from activities.gateways.clock import SystemClock
from activities.links.reading import ReadLink, read_link
from activities.links.shelving import DeleteLink, delete_link
from activities.outside import Outside, install
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import DomainError
from schema.db import connect, transaction
from tests.builders.databases import a_database
from tests.builders.keys import an_actor
from tests.builders.links import changed, claims
from tests.builders.qr_codes import a_dynamic
from tests.builders.tenants import an_organization
from tests.builders.visits import a_domain, a_link
from workers.embedded_postgres import EmbeddedPostgres

CONNECTIONS, MANY = 8, 64


@pytest_asyncio.fixture(autouse=True)
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    install(replace(world, clock=SystemClock()))
    async with a_database(postgres.url, connections=CONNECTIONS) as url:
        # All wait for one who wins: how long that takes is not what is asked here.
        await connect(url, pool_size=CONNECTIONS, patience=30)
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


async def test_of_sixty_four_who_want_one_slug_one_gets_it() -> None:
    many = await tenants(4)
    wishes = (a_link(many[n % 4], slug="spring", creates_qr=True) for n in range(MANY))
    made, refused = await outcomes(*wishes)
    assert (len(made), refused) == (1, ["slug_taken"] * (MANY - 1))
    assert (await claims())["/", "spring"] == made[0].id
    assert (await count("link"), await count("qr_code"), await count("event")) == (1, 1, 2)


async def test_on_two_domains_of_many_two_get_it() -> None:
    (by,) = await tenants(1)
    await a_domain(by, "links.acme.com")
    homes = (None, "links.acme.com")
    made, refused = await outcomes(
        *(a_link(by, slug="spring", domain=homes[n % 2]) for n in range(16))
    )
    assert {link.domain for link in made} == set(homes)
    assert refused == ["slug_taken"] * 14


async def test_of_many_links_that_change_to_one_slug_one_does() -> None:
    many = await tenants(8)
    links = [await a_link(by) for by in many]
    made, refused = await outcomes(
        *(changed(by, link, slug="spring") for by, link in zip(many, links, strict=True))
    )
    assert (len(made), refused) == (1, ["slug_taken"] * 7)
    assert (await claims())["/", "spring"] == made[0].id


async def test_of_changes_of_one_version_one_is_made() -> None:
    (by,) = await tenants(1)
    link = await a_link(by)
    made, refused = await outcomes(
        *(changed(by, link, version=1, name=f"name {n}") for n in range(8))
    )
    assert (len(made), refused) == (1, ["version_mismatch"] * 7)
    assert (await read_link(ReadLink(by, link.id))).name == made[0].name


async def test_changes_without_a_version_are_all_counted() -> None:
    (by,) = await tenants(1)
    link = await a_link(by)
    made, refused = await outcomes(*(changed(by, link, name=f"name {n}") for n in range(8)))
    assert (len(made), refused) == (8, [])
    assert (await read_link(ReadLink(by, link.id))).version == 9


async def test_a_link_is_deleted_once() -> None:
    (by,) = await tenants(1)
    link = await a_link(by)
    made, refused = await outcomes(*(delete_link(DeleteLink(by, link.id)) for _ in range(8)))
    assert (len(made), refused) == (1, ["not_found"] * 7)
    assert await count("event WHERE kind = 'link.deleted'") == 1


async def test_codes_are_tied_from_both_sides_at_once_without_a_deadlock() -> None:
    (by,) = await tenants(1)
    link = await a_link(by)
    codes = [await a_dynamic(by) for _ in range(8)]
    from_the_link = (changed(by, link, qr_code_id=code.id) for code in codes)
    from_the_code = (update_qr_code(UpdateQrCode(by, code.id, link_id=link.id)) for code in codes)
    made, refused = await outcomes(*from_the_link, *from_the_code)
    assert (len(made), refused) == (16, [])
    assert len((await read_link(ReadLink(by, link.id))).ties.codes) == 8


async def test_a_plan_limit_holds_when_links_with_codes_are_made_at_once() -> None:
    (by,) = await tenants(1, plan="free")
    for _ in range(44):
        await a_link(by)
    made, refused = await outcomes(*(a_link(by, creates_qr=True) for _ in range(8)))
    assert (len(made), refused) == (3, ["plan_limit_reached"] * 5)
    assert (await count("link"), await count("qr_code")) == (47, 3)
