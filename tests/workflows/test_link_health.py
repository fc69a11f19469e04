"""Links are looked at by a workflow that a schedule starts, and by one that somebody asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleBackfill,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.gateways.clock import FixedClock
from activities.health.checking import LinksChecked
from activities.health.reading import AskCheck, ReadHealth, ask_check, read_health
from activities.rules.paging import PageRequest
from activities.rules.spelling import stamp
from api.app import make_app
from tests.api.conftest import Client, Tenant, a_client, a_tenant_of_all
from tests.builders.health import a_watched_link, page, rows
from tests.builders.keys import an_actor
from tests.builders.tenants import an_organization
from tests.fakes.listener import Names, answering, listening
from tests.workflows.health import looking_after
from tests.workflows.test_roll_up_scans import soon
from tests.workflows.test_runs import a_starter
from workers.work import make_worker
from workflows.check_link_health import CheckLinkHealth
from workflows.policies import fair
from workflows.queues import SHORT, searchable

pytestmark = pytest.mark.usefixtures("database", "world")

BEGAN = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
"""The clocks of Europe go back some hours later."""


async def test_a_pass_takes_its_scheduled_time_as_now_each_minute_once(
    temporal: WorkflowEnvironment,
) -> None:
    moments: list[datetime] = []
    async with looking_after(temporal, moments) as queue:
        schedule = await temporal.client.create_schedule(
            f"looks-{uuid4()}",
            Schedule(
                action=ScheduleActionStartWorkflow(
                    "CheckLinkHealth",
                    id=f"looks-{uuid4()}",
                    task_queue=queue,
                    typed_search_attributes=searchable("everybody"),
                    static_summary="looks",
                    priority=fair("everybody"),
                ),
                spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=1))]),
                state=ScheduleState(paused=True),
            ),
        )
        past = ScheduleBackfill(
            BEGAN, BEGAN + timedelta(minutes=9), overlap=ScheduleOverlapPolicy.ALLOW_ALL
        )
        await schedule.backfill(past)

        async def all_ran() -> bool:
            return len(moments) >= 9

        await soon(all_ran)
        await schedule.delete()
    first = min(moments)
    assert sorted(moments) == [first + n * timedelta(minutes=1) for n in range(len(moments))]
    assert BEGAN <= first <= BEGAN + timedelta(minutes=1)


async def test_an_operator_sees_what_a_pass_did(temporal: WorkflowEnvironment) -> None:
    async with looking_after(temporal) as queue:
        handle = await temporal.client.start_workflow(
            "CheckLinkHealth", id=f"looks-{uuid4()}", task_queue=queue, result_type=LinksChecked
        )
        assert await handle.result() == LinksChecked(7, 1, 2)
        assert await handle.query(CheckLinkHealth.progress) == LinksChecked(7, 1, 2)


async def test_a_worker_looks_at_what_is_due_and_at_what_is_asked_for(
    temporal: WorkflowEnvironment, names: Names, clock: FixedClock, database: AsyncConnection
) -> None:
    starter = a_starter(temporal)
    names.answers = [["127.0.0.1"]]
    clock.moment = datetime.now(UTC)
    by = await an_actor(await an_organization(f"acme-{uuid4().hex[:8]}"), plan="enterprise")
    async with listening(answering(page(200))) as site, make_worker(temporal.client, SHORT):
        link = await a_watched_link(by, f"http://shop.example.com:{site.port}/")
        clock.moment += timedelta(seconds=-1)
        passed = await temporal.client.execute_workflow(
            "CheckLinkHealth",
            result_type=LinksChecked,
            id=f"link-health-checks-{uuid4()}",
            task_queue=SHORT,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            priority=fair("everybody"),
            search_attributes=searchable("everybody"),
            static_summary="looks",
        )
        assert passed.looks == 1
        clock.moment += timedelta(seconds=5)
        asked = await ask_check(AskCheck(by, "link", link.id))
        for _ in range(2):
            await starter.check_link(asked, Cause("r-1"))

        async def is_looked_at() -> bool:
            return len(site.requests) == 2

        await soon(is_looked_at)
        await asyncio.sleep(0.3)
    assert len(site.requests) == 2, "the same run is one look, however often it is started"
    health = await read_health(ReadHealth(by, "link", link.id, PageRequest()))
    assert (health.state, health.checks.total) == ("healthy", 2)
    assert await rows("SELECT count(*) FROM link_check") == [(2,)]


@dataclass(frozen=True)
class Pressing:
    """A tenant whose link leads to a site, and who asks for looks at it."""

    client: Client
    tenant: Tenant
    link: str

    async def press(self) -> str:
        """The run that is answered."""
        path = f"/api/links/{self.link}/health-check"
        answer = await self.client.post(path, headers=self.tenant.workspace)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["runId"])

    async def run(self, run: str, then: str = "", method: str = "GET") -> dict[str, Any]:
        path = f"/api/org/{self.tenant.organization}/runs/{run}{then}"
        answer = await self.client.request(method, path, headers=self.tenant.workspace)
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def pressing(
    temporal: WorkflowEnvironment, database: AsyncConnection, port: int
) -> AsyncIterator[Pressing]:
    async def here() -> bool:
        return True

    tenant = await a_tenant_of_all(database, f"acme-{uuid4().hex[:8]}")
    app = make_app(temporal_here=here, starter=a_starter(temporal))
    async with a_client(app) as client:
        wish = {"destinationUrl": f"http://shop.example.com:{port}/"}
        made = await client.post("/api/links", json=wish, headers=tenant.workspace)
        assert made.status_code == 201, made.text
        yield Pressing(client, tenant, made.json()["id"])


async def test_a_look_that_is_asked_for_when_the_last_is_over_is_made(
    temporal: WorkflowEnvironment, names: Names, clock: FixedClock, database: AsyncConnection
) -> None:
    names.answers = [["127.0.0.1"]]
    async with (
        listening(answering(page(200))) as site,
        make_worker(temporal.client, SHORT),
        pressing(temporal, database, site.port) as owner,
    ):
        runs = []
        for _ in range(2):
            clock.moment += timedelta(seconds=5)
            runs.append(await owner.press())

            async def is_over() -> bool:
                return bool((await owner.run(runs[-1]))["state"] == "done")

            await soon(is_over)
    assert (len(set(runs)), len(site.requests)) == (2, 2)


async def test_a_look_stays_done_when_temporal_forgets_it(
    temporal: WorkflowEnvironment, names: Names, clock: FixedClock, database: AsyncConnection
) -> None:
    names.answers = [["127.0.0.1"]]
    async with (
        listening(answering(page(200))) as site,
        make_worker(temporal.client, SHORT),
        pressing(temporal, database, site.port) as owner,
    ):
        run = await owner.press()
        (workflow,) = [str(id_) for (id_,) in await rows("SELECT workflow_id FROM job_run")]
        await temporal.client.get_workflow_handle(workflow).result()
        # As after a day.
        await rows("UPDATE job_run SET workflow_id = 'nobody knows it' RETURNING id")
        ended_at = clock.moment
        clock.moment += timedelta(hours=1)
        over = await owner.run(run)
    assert (over["state"], over["done"], over["finishedAt"]) == ("done", 1, stamp(ended_at))


async def test_a_look_under_way_is_joined_until_it_is_cancelled(
    temporal: WorkflowEnvironment, names: Names, database: AsyncConnection
) -> None:
    names.answers = [["127.0.0.1"]]
    async with (
        listening(answering(page(200))) as site,
        pressing(temporal, database, site.port) as owner,
    ):
        # Nobody works on it yet.
        first = await owner.press()
        assert await owner.press() == first
        assert (await owner.run(first, "/cancel", "POST"))["state"] == "cancelled"
        second = await owner.press()
        assert second != first
        async with make_worker(temporal.client, SHORT):

            async def is_over() -> bool:
                return bool((await owner.run(second))["state"] == "done")

            await soon(is_over)
    assert len(site.requests) == 1
