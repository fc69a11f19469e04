"""Runs of jobs in one list: whose they are, in which order, and what may be stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.imports.running import StartImport, import_started
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, NotFound, NotNow
from activities.rules.paging import PageRequest
from activities.rules.permissions import OF_ROLE
from activities.run_ends import KeepRunState, keep_run_state
from activities.runs import (
    ListRuns,
    MayStopRun,
    NoteRun,
    ReadRun,
    RunView,
    list_runs,
    may_stop_run,
    note_run,
    read_run,
)
from tests.builders.tenants import a_tenant
from tests.operations.test_imports import looked_at

pytestmark = pytest.mark.usefixtures("database", "world")


async def all_of(by: Actor, **wanted: Any) -> list[RunView]:
    page = await list_runs(ListRuns(by, PageRequest(), **wanted))
    assert page.total == len(page.items)
    return list(page.items)


async def some_runs(by: Actor, database: AsyncConnection, clock: FixedClock) -> None:
    """An import that runs, one that was only looked at, a check and a recovery."""
    job = await looked_at(by)
    await looked_at(by)
    for _ in range(2):
        assert (await import_started(StartImport(by, job.id))).status == "running"
    for kind in ("check", "recovery"):
        clock.moment += timedelta(seconds=1)
        run = NoteRun(by, kind, uuid4(), f"{kind}/1", 7)
        await note_run(run)
        await note_run(run)


async def test_runs_of_every_kind_are_one_list(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    await some_runs(by, database, clock)
    assert [run.kind for run in await all_of(by)] == ["recovery", "check", "import"]
    assert [run.kind for run in await all_of(by, kind="check")] == ["check"]
    assert await all_of(by, state="done") == []
    page = await list_runs(ListRuns(by, PageRequest(2, 2)))
    assert ([run.kind for run in page.items], page.total) == (["import"], 3)
    stranger = await a_tenant("stranger")
    assert await all_of(stranger) == []
    for run in await all_of(by):
        assert await read_run(ReadRun(by, run.id)) == run
        with pytest.raises(NotFound):
            await read_run(ReadRun(stranger, run.id))


async def test_who_may_not_see_webhooks_sees_no_recovery(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    await some_runs(by, database, clock)
    blind = replace(by, permissions=by.permissions - {"webhooks.read"})
    assert [run.kind for run in await all_of(blind)] == ["check", "import"]
    elsewhere = replace(by, workspace_id=uuid4())
    assert await all_of(elsewhere) == []


async def test_an_end_is_kept(database: AsyncConnection, clock: FixedClock) -> None:
    by = await a_tenant()
    await some_runs(by, database, clock)
    (run,) = await all_of(by, kind="recovery")
    await keep_run_state(KeepRunState(run.id, "running", 3))
    assert (await read_run(ReadRun(by, run.id))).done == 3
    await keep_run_state(KeepRunState(run.id, "done", 7))
    await keep_run_state(KeepRunState(run.id, "running", 4))
    over = await read_run(ReadRun(by, run.id))
    assert (over.state, over.done, over.finished_at) == ("done", 7, clock.moment)
    with pytest.raises(NotNow):
        await may_stop_run(MayStopRun(by, run.id))


async def test_a_run_is_stopped_by_who_may_start_it(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    await some_runs(by, database, clock)
    editor = replace(by, permissions=OF_ROLE["editor"])
    viewer = replace(by, permissions=OF_ROLE["viewer"])
    recovery, check, _ = await all_of(by)
    assert await may_stop_run(MayStopRun(by, recovery.id)) == recovery
    assert await may_stop_run(MayStopRun(editor, check.id)) == check
    for actor, run in ((editor, recovery), (viewer, check)):
        with pytest.raises(Forbidden):
            await may_stop_run(MayStopRun(actor, run.id))
