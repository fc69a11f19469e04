"""Sixty days in a backfill, and again: what was due is done, once, and nothing twice."""

from __future__ import annotations

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from activities.gateways.clock import FixedClock
from activities.health.checking import CheckDueLinks, LinksChecked, check_due_links
from activities.notices.telling import Notify, notify
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.retention.forgetting import ForgetOver, KindForgotten, forget_over
from activities.sessions import OpenSession, open_session
from activities.statistics.storage import KeepScanStorage, StorageKept, keep_scan_storage
from tests.builders.health import a_watched_link, page, rows
from tests.builders.keys import an_actor
from tests.builders.qr_codes import a_dynamic, events
from tests.builders.tenants import a_code, a_tenant, an_organization
from tests.fakes.listener import Names, listening
from tests.workflows.backfills import DAY, DAYS, backfilled, nightly
from tests.workflows.workers import working_on
from workers.work import make_worker
from workflows.apply_retention import ApplyRetention
from workflows.check_link_health import CheckLinkHealth
from workflows.queues import SHORT

pytestmark = pytest.mark.usefixtures("database", "world")

BEGIN = datetime(2026, 8, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEWER = DAYS if os.environ.get("INKLOOM_PROOF") == "full" else 15
"""For what does much on each of its days."""

EVERY = 12
"""Days from one thing that is over to the next."""

MOST = (FEWER + 1) // EVERY + 1
DOWN = range(FEWER // 3, FEWER // 2 + 1)
"""Days on which a destination does not answer well."""


async def test_assets_end_and_are_warned_of(temporal: WorkflowEnvironment) -> None:
    by = await a_tenant()
    ends = [BEGIN + n * DAY - 5 * HOUR for n in (10, 30, 50, 90)]
    codes = [await a_dynamic(by, expires_at=moment) for moment in ends]
    made = len(await events())
    async with (
        make_worker(temporal.client, SHORT),
        nightly(temporal.client, "expire") as schedules,
    ):
        await backfilled(temporal.client, schedules, BEGIN, in_order=["expire"])
        told = (await events())[made:]
        assert Counter(kind for kind, _ in told) == {"qr.expiry_warning": 6, "qr.expired": 3}
        for code, moment in zip(codes[:3], ends, strict=False):
            mine = [(k, p) for k, p in told if p["id"] == f"qr_{code.id.hex}"]
            assert [_moment(kind, payload) for kind, payload in mine] == [
                ("qr.expiry_warning", moment + 5 * HOUR - 7 * DAY),
                ("qr.expiry_warning", moment + 5 * HOUR - DAY),
                ("qr.expired", moment + 5 * HOUR),
            ]
        await backfilled(temporal.client, schedules, BEGIN)
        assert (await events())[made:] == told


def _moment(kind: str, payload: Any) -> tuple[str, datetime]:
    told = payload["warnedAt" if kind == "qr.expiry_warning" else "deactivatedAt"]
    return kind, datetime.fromisoformat(told)


class Nights:
    """Retention as it is, and the nights in which of each kind something went, once for each."""

    def __init__(self) -> None:
        self.gone: defaultdict[str, list[datetime]] = defaultdict(list)
        self.moments: list[datetime] = []

    @activity.defn(name="forget_over")
    async def forget(self, command: ForgetOver) -> tuple[KindForgotten, ...]:
        parts = await forget_over(command)
        for part in parts:
            self.gone[part.kind] += [command.now] * part.rows
        return parts

    @activity.defn(name="keep_scan_storage")
    async def keep(self, command: KeepScanStorage) -> StorageKept:
        assert command.now
        self.moments.append(command.now)
        return await keep_scan_storage(command)


async def test_what_is_over_is_forgotten(temporal: WorkflowEnvironment, clock: FixedClock) -> None:
    nights = Nights()
    by, home = await a_tenant(), await an_organization("other")
    for n in range(MOST + 5):
        # Over after 14 days and 30 more, after 31 days in the trash, and after 90 days.
        for age, make in ((44, _session), (31, _trashed), (90, _noted)):
            clock.moment = BEGIN - (age + 3) * DAY + n * EVERY * DAY + HOUR
            await make(by, home, n)
    async with (
        working_on(temporal, [ApplyRetention], [nights.forget, nights.keep]) as queue,
        nightly(temporal.client, "retention", queue=queue) as schedules,
    ):
        await backfilled(temporal.client, schedules, BEGIN, days=FEWER, in_order=["retention"])
        # One of each is over in the first night, and then in every twelfth.
        over = [BEGIN + max(0, n * EVERY - 2) * DAY for n in range(MOST)]
        for kind in ("browser_sessions", "qr_codes", "notifications"):
            assert nights.gone[kind] == over
        assert nights.moments == [BEGIN + n * DAY for n in range(FEWER)]
        for table in ("browser_session", "qr_code", "notification"):
            assert await rows(f"SELECT count(*) FROM {table}") == [(5,)]
        before = dict(nights.gone)
        await backfilled(temporal.client, schedules, BEGIN, days=FEWER)
        assert dict(nights.gone) == before
        assert sorted(nights.moments[FEWER:]) == nights.moments[:FEWER]


async def _session(by: Any, home: Any, n: int) -> None:
    await open_session(OpenSession(home.owner_id))


async def _trashed(by: Any, home: Any, n: int) -> None:
    await delete_qr_code(DeleteQrCode(by, (await a_code(by)).id))


async def _noted(by: Any, home: Any, n: int) -> None:
    await notify(Notify(home.id, "stock_low", f"k{n}", {"name": "Mug", "left": "2"}))


@asynccontextmanager
async def looking(
    temporal: WorkflowEnvironment, clock: FixedClock, days: list[int]
) -> AsyncIterator[str]:
    """A worker that looks as ours does, each time at the moment that its run is for."""

    @activity.defn(name="check_due_links")
    async def look(command: CheckDueLinks) -> LinksChecked:
        clock.moment = command.now
        days.append((command.now - BEGIN).days)
        return await check_due_links(command)

    async with working_on(temporal, [CheckLinkHealth], [look]) as queue:
        yield queue


async def test_destinations_are_looked_at_once_a_day(
    temporal: WorkflowEnvironment, clock: FixedClock, names: Names
) -> None:
    days, seen = list[int](), list[int]()
    names.answers = [["127.0.0.1"]]
    clock.moment = BEGIN - HOUR
    by = await an_actor(await an_organization(), plan="enterprise")

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(days[-1])
        writer.write(page(500 if days[-1] in DOWN else 200))
        await writer.drain()

    async with (
        listening(serve) as site,
        looking(temporal, clock, days) as queue,
        nightly(temporal.client, "link-health-checks", queue=queue) as schedules,
    ):
        await a_watched_link(by, f"http://shop.example.com:{site.port}/", minutes=1440)
        await backfilled(
            temporal.client, schedules, BEGIN, days=FEWER, in_order=["link-health-checks"]
        )
        assert sorted(set(days)) == sorted(days) == list(range(FEWER))
        assert await rows("SELECT count(*) FROM link_check") == [(FEWER,)]
        told = await rows(_CHANGES)
        asked = len(seen)
        await backfilled(temporal.client, schedules, BEGIN, days=FEWER)
        assert len(seen) == asked
        assert await rows(_CHANGES) == told
    # After three in a row it is told, and when it is well again.
    begun, over = DOWN[2], DOWN[-1] + 1
    assert told == [
        ("link.health_failed", BEGIN + begun * DAY),
        ("link.health_recovered", BEGIN + over * DAY),
    ]


_CHANGES = """
SELECT kind, created_at FROM event WHERE kind LIKE 'link.health_%'
ORDER BY sequence
"""
