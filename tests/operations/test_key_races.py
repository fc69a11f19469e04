"""Keys when two come at once, and on several processes: on connections of their own."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.gateways.clock import SystemClock
from activities.key_ends import RevokeKey, RotateKey, revoke_key, rotate_key
from activities.key_ring import IssueKey, KeyView, ListKeys, issue_key, list_keys
from activities.outside import Outside, install
from activities.rules.actors import Actor
from activities.rules.errors import DomainError
from activities.rules.paging import PageRequest
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.keys import an_actor, secret_of
from tests.builders.tenants import an_organization
from tests.conftest import KEY
from workers.embedded_postgres import EmbeddedPostgres

AT_ONCE = 8


@pytest_asyncio.fixture
async def own_database(postgres: EmbeddedPostgres, world: Outside) -> AsyncIterator[str]:
    install(replace(world, clock=SystemClock()))
    async with a_database(postgres.url, connections=AT_ONCE) as url:
        await asyncio.gather(*(connected() for _ in range(AT_ONCE)))
        yield url


async def connected() -> None:
    """Hold a connection, so that as many are open: who has to connect first comes too late."""
    async with transaction() as session:
        await session.execute(text("SELECT pg_sleep(0.1)"))


@pytest_asyncio.fixture
async def owner(own_database: str) -> Actor:
    return await an_actor(await an_organization())


async def outcomes(*asked: Awaitable[KeyView]) -> tuple[list[KeyView], list[str]]:
    """What was made, and the codes of what was refused; any other fault is a failure."""
    ended = await asyncio.gather(*asked, return_exceptions=True)
    faults = [one for one in ended if isinstance(one, BaseException)]
    assert all(isinstance(fault, DomainError) for fault in faults), faults
    made = [one for one in ended if isinstance(one, KeyView)]
    return made, [fault.code for fault in faults if isinstance(fault, DomainError)]


async def living(owner: Actor) -> int:
    page = await list_keys(ListKeys(owner, PageRequest(size=100)))
    return sum(key.status == "active" for key in page.items)


async def test_a_plan_limit_holds_when_many_keys_are_made_at_once(owner: Actor) -> None:
    wishes = (issue_key(IssueKey(owner, "studio", f"Key {n}")) for n in range(AT_ONCE))
    made, refused = await outcomes(*wishes)
    assert (len(made), refused) == (5, ["plan_limit_reached"] * 3)
    assert await living(owner) == 5


async def test_organizations_do_not_wait_for_each_others_limit(owner: Actor) -> None:
    other = await an_actor(await an_organization("other"))
    both = (issue_key(IssueKey(by, "studio", "Key")) for by in (owner, other) for _ in range(4))
    made, refused = await outcomes(*both)
    assert (len(made), refused) == (8, [])


@pytest.mark.parametrize("grace", [0, 3600])
async def test_of_rotations_at_once_one_wins(owner: Actor, grace: int) -> None:
    old = await issue_key(IssueKey(owner, "studio", "Key"))
    made, refused = await outcomes(
        *(rotate_key(RotateKey(owner, old.id, grace)) for _ in range(AT_ONCE))
    )
    assert (len(made), refused) == (1, ["invalid_fields"] * (AT_ONCE - 1))
    assert await living(owner) == 1


async def test_a_revocation_and_a_rotation_at_once_leave_no_old_secret(owner: Actor) -> None:
    old = await issue_key(IssueKey(owner, "studio", "Key"))
    await asyncio.gather(
        rotate_key(RotateKey(owner, old.id, grace_seconds=3600)),
        revoke_key(RevokeKey(owner, old.id)),
        return_exceptions=True,
    )
    page = await list_keys(ListKeys(owner, PageRequest()))
    assert {key.id: key.status for key in page.items}[old.id] == "revoked"


@asynccontextmanager
async def asking(own_database: str, secret: str) -> AsyncIterator[asyncio.StreamReader]:
    """What another process prints, which keeps asking who is behind the key."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.operations.asking_process"),
        env={
            **os.environ,
            "DATABASE_URL": own_database,
            "SECRET_KEY": base64.b64encode(KEY).decode(),
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{secret}\n".encode())
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def told(printed: asyncio.StreamReader) -> tuple[str, float]:
    """The next outcome and when it was asked for."""
    outcome, at = (await asyncio.wait_for(printed.readline(), 30)).decode().split()
    return outcome, float(at)


async def last_let_through(printed: asyncio.StreamReader) -> float:
    """When the key was good for the last time; a hundred askings after it are all refused."""
    last, refused = 0.0, 0
    while refused < 100:
        outcome, at = await told(printed)
        if outcome == "ok":
            last, refused = at, 0
        else:
            assert outcome == "credential_revoked"
            refused += 1
    return last


async def test_a_revoked_key_stops_within_a_second_in_every_process(
    owner: Actor, own_database: str
) -> None:
    key = await issue_key(IssueKey(owner, "studio", "Key"))
    async with (
        asking(own_database, secret_of(key)) as one,
        asking(own_database, secret_of(key)) as other,
    ):
        for printed in (one, other):
            assert (await told(printed))[0] == "ok"
        await revoke_key(RevokeKey(owner, key.id))
        revoked_at = time.time()
        for printed in (one, other):
            assert await last_let_through(printed) < revoked_at + 1


async def test_the_answer_of_a_rotation_is_the_newest_key(owner: Actor) -> None:
    old = await issue_key(IssueKey(owner, "studio", "Key"))
    new = await rotate_key(RotateKey(owner, old.id))
    first = (await list_keys(ListKeys(owner, PageRequest(size=1)))).items[0]
    assert first == replace(new, secret=None)
