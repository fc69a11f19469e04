"""A digest to very many readers while workers are killed: each of them gets exactly one mail.

What the provider took is the oracle. The workers of the stack make room for two that send for real.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
import pytest_asyncio

from tests.fakes.resend import KEY, Resend, resending
from tests.journeys.conftest import OPEN, until
from workers.processes import Child, Command
from workers.stack import STEPS, Stack

FULL = os.environ.get("INKLOOM_PROOF") == "full"
READERS = 5000 if FULL else 200

pytestmark = pytest.mark.timeout(600 if FULL else 180)


class Crew:
    """Workers that send through the provider."""

    def __init__(self, stack: Stack, provider: Resend, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self._env = {
            "RESEND_API_KEY": KEY,
            "RESEND_BASE_URL": provider.url,
            "MAIL_FROM": "Inkloom <ink@mail.example>",
        }
        self.hands: list[Child] = []

    def hire(self) -> None:
        env = {**self._stack._env(), **self._env, "METRICS_PORT": "0"}
        argv = (sys.executable, "-m", "workers.cli", "work")
        log = self._folder / f"work-{len(self.hands)}.log"
        self.hands.append(Child(Command(argv, Path(__file__).parents[2], log, STEPS, env)))

    def kill_all(self) -> None:
        """Without a word; as many others take their places."""
        gone = [hand for hand in self.hands if hand.alive]
        for hand in gone:
            os.kill(hand.pid, signal.SIGKILL)
        for _ in gone:
            self.hire()

    def dismiss(self) -> None:
        for hand in self.hands:
            hand.stop()


@contextmanager
def without_its_worker(stack: Stack) -> Iterator[None]:
    """The stack does not work by itself for a while."""
    stack.children["work"].stop()
    try:
        yield
    finally:
        stack.start_role("work")


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Resend]:
    async with resending() as fake:
        yield fake


def prepare(stack: Stack) -> str:
    """An organization whose every member has something to hear of today; how they are named."""
    home, name = uuid4(), f"crowd-{uuid4().hex[:8]}"
    with psycopg.connect(stack.database_url) as database:
        database.execute(
            "INSERT INTO organization (id, created_at, name, slug, plan) "
            "VALUES (%s, now() - interval '3 days', 'Crowd', %s, 'free')",
            (home, name),
        )
        database.execute(
            "WITH made AS (INSERT INTO account_user (id, created_at, email, name, proved_at) "
            "SELECT gen_random_uuid(), now(), %(name)s || n || '@crowd.example', 'Reader', now() "
            "FROM generate_series(1, %(readers)s) AS n RETURNING id), joined AS ("
            "INSERT INTO membership (id, created_at, organization_id, user_id, role) "
            "SELECT gen_random_uuid(), now(), %(home)s, id, 'viewer' FROM made) "
            "INSERT INTO notification (id, created_at, organization_id, user_id, kind, key, words, "
            "is_shown, mail) SELECT gen_random_uuid(), now() - interval '2 days', %(home)s, id, "
            "'stock_low', 'low', '{\"name\": \"Mugs\", \"left\": \"3\"}', true, 'daily' FROM made",
            {"name": name, "readers": READERS, "home": home},
        )
    return name


def digests(stack: Stack, name: str) -> int:
    """How many of them are decided."""
    with psycopg.connect(stack.database_url) as database:
        rows = database.execute(
            "SELECT count(*) FROM digest JOIN account_user AS u ON u.id = user_id "
            "WHERE u.email LIKE %s",
            (f"{name}%",),
        ).fetchall()
    return int(rows[0][0])


async def test_each_reader_gets_one_mail_although_workers_are_killed(
    stack: Stack, provider: Resend, tmp_path: Path
) -> None:
    crew = Crew(stack, provider, tmp_path)
    with without_its_worker(stack):
        try:
            name = prepare(stack)
            provider.working.clear()
            for _ in range(2):
                crew.hire()
            async with httpx.AsyncClient(base_url=stack.api) as client:
                secret = {"x-cron-secret": OPEN["CRON_SECRET"]}
                begun = await client.get("/api/cron/notifications", headers=secret)
                assert begun.status_code == 200, begun.text
            # While digests are written, and again when the provider has mails and has not said so.
            await until(lambda: digests(stack, name) >= READERS // 10, 90)
            crew.kill_all()
            await until(lambda: bool(provider.known), 90)
            crew.kill_all()
            provider.working.set()
            await until(lambda: len(told(provider, name)) == READERS, 300 if FULL else 120)
        finally:
            crew.dismiss()
    assert digests(stack, name) == READERS
    assert set(told(provider, name).values()) == {1}


def told(provider: Resend, name: str) -> Counter[str]:
    """How many mails each reader has."""
    readers = [address for mail in provider.mails for address in mail["to"]]
    return Counter(reader for reader in readers if reader.startswith(name))
