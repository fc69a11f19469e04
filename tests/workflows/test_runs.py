"""Runs that only their workflows know: how they are asked for, kept and stopped."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.gateways.clock import FixedClock
from activities.rules.actors import Actor
from activities.rules.backoff import RETRY_POLICIES
from activities.rules.paging import PageRequest
from activities.rules.runs import CUT_SHORT, Cut, RunState
from activities.runs import ListRuns, NoteRun, ReadRun, RunView, list_runs, note_run, read_run
from api.recovery_fields import follow
from api.workspace.runs import present_run
from tests.builders.tenants import a_tenant, an_endpoint
from tests.workflows.receivers import Script, start_recovery, working
from workflows.recover_deliveries import RecoverDeliveries
from workflows.runs import follow_runs, list_followed, stop_run
from workflows.starter import Starter

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = PageRequest()
STANDARD = RETRY_POLICIES["standard"]


def a_starter(temporal: WorkflowEnvironment) -> Starter:
    async def connect() -> Any:
        return temporal.client

    return Starter(connect)


async def noted(by: Actor, workflow_id: str, kind: Any = "recovery", total: int = 250) -> RunView:
    await note_run(NoteRun(by, kind, uuid4(), workflow_id, total))
    runs = (await list_runs(ListRuns(by, PageRequest()))).items
    return next(run for run in runs if run.workflow_id == workflow_id)


async def followed(starter: Starter, run: RunView) -> RunView:
    (now,) = await follow_runs(starter, (run,))
    return now


async def test_a_recovery_is_followed_paused_and_stopped(temporal: WorkflowEnvironment) -> None:
    by, starter = await a_tenant(), a_starter(temporal)
    script = Script(failures=0, delays=STANDARD, parts=[1] * 250)
    async with working(temporal, script) as queue:
        handle = await start_recovery(temporal, queue, total=250, per_minute=1)
        await handle.signal(RecoverDeliveries.pause)
        run = await noted(by, handle.id)
        assert (await followed(starter, run)).state == "paused"
        await stop_run(starter, run)
        await handle.result()
        over = await followed(starter, run)
    assert (over.state, over.total) == ("cancelled", 250)
    assert over.finished_at is not None
    assert replace(over, finished_at=None) == replace(
        await read_run(ReadRun(by, run.id)), finished_at=None
    ), "what is over is kept"


@pytest.mark.parametrize("cut", CUT_SHORT)
async def test_a_recovery_that_is_cut_short_says_so(
    temporal: WorkflowEnvironment, cut: Cut
) -> None:
    by, starter = await a_tenant(), a_starter(temporal)
    endpoint, request = await an_endpoint(by), uuid4()
    script = Script(failures=0, delays=STANDARD, parts=(60, 60))
    script.cut = cut
    async with working(temporal, script) as queue:
        handle = await start_recovery(
            temporal, queue, total=250, endpoint=endpoint.id, request=request
        )
        run = await noted(by, handle.id)
        ended = await handle.result()
        over = await followed(starter, run)
        again = await followed(starter, await read_run(ReadRun(by, run.id)))
        jobs: Any = SimpleNamespace(starter=starter)
        told = await follow(by, endpoint.id, request, jobs)
    assert (ended.status, ended.made, ended.cut) == ("cancelled", 120, cut)
    assert (over.state, over.done, over.total, over.cut) == ("cancelled", 120, 250, cut)
    assert again == over, "the reason is asked for again"
    shown = present_run(by, over)
    assert (shown.reason, shown.told) == (cut, CUT_SHORT[cut])
    assert {"status": "cancelled", "made": 120, "reason": cut, "told": CUT_SHORT[cut]}.items() <= (
        told.items()
    )


async def test_what_is_over_is_not_asked_for_again(temporal: WorkflowEnvironment) -> None:
    by, starter = await a_tenant(), a_starter(temporal)
    async with working(temporal, Script(failures=0, delays=STANDARD)) as queue:
        handle = await start_recovery(temporal, queue, total=30)
        run = await noted(by, handle.id, total=30)
        await handle.result()
        assert (await followed(starter, run)).state == "done"
    kept = await read_run(ReadRun(by, run.id))
    # Nobody answers queries any more, and nobody has to.
    assert (kept.state, await followed(starter, kept)) == ("done", kept)


async def test_it_is_over_since_its_end_and_not_since_somebody_looked(
    temporal: WorkflowEnvironment, clock: FixedClock
) -> None:
    by, starter = await a_tenant(), a_starter(temporal)
    async with working(temporal, Script(failures=0, delays=STANDARD)) as queue:
        handle = await start_recovery(temporal, queue, total=30)
        await handle.result()
    ended_at = (await handle.describe()).close_time
    run = await noted(by, handle.id, total=30)
    clock.moment += timedelta(hours=20)
    assert (await followed(starter, run)).finished_at == ended_at
    assert (await read_run(ReadRun(by, run.id))).finished_at == ended_at


async def test_one_that_was_never_started_has_failed(
    temporal: WorkflowEnvironment, clock: FixedClock
) -> None:
    by, starter = await a_tenant(), a_starter(temporal)
    run = await noted(by, f"check/{uuid4()}", "check", total=1)
    assert await followed(starter, run) == run, "it may still be on its way"
    clock.moment += timedelta(minutes=3)
    assert (await followed(starter, run)).state == "failed"
    await stop_run(starter, run)


async def test_while_temporal_is_away_runs_are_as_they_were_known() -> None:
    async def away() -> Any:
        raise OSError("no route")

    run = await noted(await a_tenant(), f"recover/{uuid4()}")
    assert await followed(Starter(away), run) == run
    assert await follow_runs(None, (run,)) == (run,)


async def listed(
    starter: Starter, by: Actor, state: RunState | None, page: PageRequest = ALL
) -> tuple[list[str], int]:
    """The workflows of a page, and how many there are on all."""
    found = await list_followed(starter, ListRuns(by, page, state=state))
    return [run.workflow_id or "" for run in found.items], found.total


async def test_a_list_of_one_state_has_nothing_that_is_in_another_by_now(
    temporal: WorkflowEnvironment, clock: FixedClock
) -> None:
    by, starter = await a_tenant(), a_starter(temporal)
    begins = await noted(by, f"check/{uuid4()}", "check", total=1)
    script = Script(failures=0, delays=STANDARD)
    async with working(temporal, script) as queue:
        done: list[str | None] = []
        for _ in range(3):
            clock.moment += timedelta(seconds=1)
            handle = await start_recovery(temporal, queue, total=1)
            await handle.result()
            done.insert(0, (await noted(by, handle.id)).workflow_id)
        script.parts = [1] * 250
        clock.moment += timedelta(seconds=1)
        held = await start_recovery(temporal, queue, total=250, per_minute=1)
        await held.signal(RecoverDeliveries.pause)
        await noted(by, held.id)
        assert await listed(starter, by, "running") == ([begins.workflow_id], 1)
        assert await listed(starter, by, "paused") == ([held.id], 1)
        pages = [await listed(starter, by, "done", PageRequest(n, 2)) for n in (1, 2, 3)]
        assert pages == [(done[:2], 3), (done[2:], 3), ([], 3)]
        assert await listed(starter, by, None) == ([held.id, *done, begins.workflow_id], 5)


async def test_a_page_behind_others_counts_on_none_that_is_over(
    temporal: WorkflowEnvironment, clock: FixedClock
) -> None:
    by, starter = await a_tenant(), a_starter(temporal)
    begin = [await noted(by, f"check/{n}/{uuid4()}", "check", total=1) for n in range(3)]
    async with working(temporal, Script(failures=0, delays=STANDARD)) as queue:
        for _ in range(2):
            clock.moment += timedelta(seconds=1)
            handle = await start_recovery(temporal, queue, total=1)
            await handle.result()
            await noted(by, handle.id)
        second, total = await listed(starter, by, "running", PageRequest(2, 2))
        first, _ = await listed(starter, by, "running", PageRequest(1, 2))
    assert sorted([*first, *second]) == sorted(run.workflow_id or "" for run in begin)
    assert (len(second), total) == (1, 3)


async def test_runs_are_waited_for_together() -> None:
    async def silent() -> Any:
        await asyncio.sleep(60)

    by = await a_tenant()
    runs = [await noted(by, f"recover/{uuid4()}") for _ in range(20)]
    async with asyncio.timeout(5):
        assert await follow_runs(Starter(silent), runs) == tuple(runs)
