"""A file of links, imported by a real worker that is killed in the middle of it."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio

from activities.accounts import CreateOrganization, create_organization
from activities.sessions import OpenSession, open_session
from tests.journeys.conftest import until
from workers.bootstrap import gateways
from workers.stack import Stack

pytestmark = pytest.mark.timeout(180)

LINES = 600 if os.environ.get("INKLOOM_PROOF") == "full" else 300


@pytest_asyncio.fixture
async def office(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody with an organization of their own."""
    slug = f"importing-{uuid4().hex[:8]}"
    async with gateways(stack.settings):
        made = await create_organization(
            CreateOrganization(slug.title(), slug, f"{slug}@example.com", "Ada", "pro")
        )
        token = (await open_session(OpenSession(made.owner_id))).token
    headers = {"Cookie": f"ink_session={token}", "X-Forwarded-For": "203.0.113.90"}
    async with httpx.AsyncClient(base_url=stack.api, headers=headers, timeout=30) as client:
        yield client


async def begun(office: httpx.AsyncClient, prefix: str) -> str:
    """An import of many lines, looked at and started."""
    rows = "".join(f"https://example.com/{n},{prefix}-{n}\n" for n in range(LINES))
    made = await office.post("/api/imports", json={"csv": f"url,slug\n{rows}"})
    assert (made.status_code, made.json()["good"]) == (201, LINES), made.text
    job = str(made.json()["id"])
    answer = await office.post(f"/api/imports/{job}/run")
    assert answer.status_code == 202, answer.text
    return job


async def read(office: httpx.AsyncClient, job: str) -> dict[str, object]:
    return dict((await office.get(f"/api/imports/{job}")).json())


async def test_a_killed_worker_makes_every_link_once(
    stack: Stack, office: httpx.AsyncClient
) -> None:
    prefix = f"kill{uuid4().hex[:6]}"
    job = await begun(office, prefix)

    async def has_begun() -> bool:
        told = await read(office, job)
        return isinstance(told["made"], int) and 0 < told["made"] < LINES

    await until(has_begun, 60)
    os.kill(stack.pids()["work"], signal.SIGKILL)
    await until(lambda: not stack.children["work"].alive)
    await until(lambda: stack.restart_dead() == ["work"])

    async def is_done() -> bool:
        return (await read(office, job))["status"] == "done"

    await until(is_done, 120)
    told = await read(office, job)
    assert (told["made"], told["failed"]) == (LINES, 0)
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        counted = await connection.execute(
            "SELECT count(*), count(DISTINCT slug) FROM link WHERE slug LIKE %s", (f"{prefix}-%",)
        )
        assert await counted.fetchone() == (LINES, LINES)
    visit = await office.get(f"/{prefix}-7", headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    assert (visit.status_code, visit.headers["location"]) == (302, "https://example.com/7")


async def test_an_import_is_started_once_and_cancelled(
    stack: Stack, office: httpx.AsyncClient
) -> None:
    job = await begun(office, f"stop{uuid4().hex[:6]}")
    again = await office.post(f"/api/imports/{job}/run")
    assert again.status_code == 202
    cancelled = await office.post(f"/api/imports/{job}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    made = cancelled.json()["made"]
    assert made < LINES
    told = await read(office, job)
    assert (told["status"], told["made"]) == ("cancelled", made)
    refused = await office.post(f"/api/imports/{job}/run")
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_NOW")
