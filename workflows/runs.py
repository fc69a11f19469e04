"""How runs are that only their workflows know, and their end before its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.health.reading import AskCheck, HealthLook, ask_check, checks_under_way
from activities.outside import outside
from activities.rules.paging import Page
from activities.rules.runs import OVER, RunState
from activities.run_ends import KeepRunState, keep_run_state
from activities.runs import ListRuns, OpenRuns, RunView, list_runs, open_runs
from workflows.recover_deliveries import RecoverDeliveries, RecoveryProgress
from workflows.starter import AWAY, Starter, TemporalAway

ASKED_AT_ONCE = 8
ANSWER_SECONDS = 3.0
"""How long is waited for all that workflows say of their runs."""

BEGINS_WITHIN = timedelta(minutes=2)
"""A workflow that is not there after that was never started."""

_STATES: dict[WorkflowExecutionStatus, RunState] = {
    WorkflowExecutionStatus.COMPLETED: "done",
    WorkflowExecutionStatus.CANCELED: "cancelled",
    WorkflowExecutionStatus.TERMINATED: "cancelled",
    WorkflowExecutionStatus.FAILED: "failed",
    WorkflowExecutionStatus.TIMED_OUT: "failed",
}


async def list_followed(starter: Starter | None, command: ListRuns) -> Page[RunView]:
    """The page with its runs as they are now, as in `follow_runs`.

    Where one state is asked for, those that may be over are looked at before, as many as `OpenRuns`
    takes, so that neither the page nor the count has one that is in another state by now.
    """
    if command.state is not None:
        await follow_runs(starter, await open_runs(OpenRuns(command.by, command.kind)))
    page = await list_runs(command)
    now = await follow_runs(starter, page.items)
    # One may have ended just now.
    kept = tuple(run for run in now if command.state in (None, run.state))
    return replace(page, items=kept, total=page.total - len(now) + len(kept))


async def follow_runs(starter: Starter | None, runs: Sequence[RunView]) -> tuple[RunView, ...]:
    """The runs as they are now, and why they were cut short if they were. While Temporal is away,
    or without a starter, they are as they were known last.
    """
    gate = asyncio.Semaphore(ASKED_AT_ONCE)
    deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS

    async def follow(run: RunView) -> RunView:
        is_told = run.is_over and not _may_be_cut(run)
        if starter is None or run.workflow_id is None or is_told:
            return run
        try:
            async with asyncio.timeout_at(deadline), gate:
                return await (_explain if run.is_over else _follow)(starter, run)
        except (TimeoutError, TemporalAway):
            return run

    return tuple(await asyncio.gather(*map(follow, runs)))


async def ask_look(starter: Starter | None, command: AskCheck) -> HealthLook:
    """The look that is under way, or a new one that is to be started.

    Raises what `ask_check` does, and `TemporalAway` where it cannot be told whether one is over.
    """
    known = (await checks_under_way(command)).runs
    if starter is not None:
        await asyncio.gather(*(_follow(starter, run) for run in known))
    return await ask_check(command)


async def stop_run(starter: Starter, run: RunView) -> None:
    """Let its workflow end, if it runs. Raises `TemporalAway`."""
    handle = (await starter.client()).get_workflow_handle(run.workflow_id or "")
    try:
        if run.kind == "recovery":
            # It says itself how far it came.
            await handle.signal(RecoverDeliveries.cancel)
        else:
            await handle.cancel()
            # It ends soon: who asks for another look must not get this one.
            await keep_run_state(KeepRunState(run.id, "cancelled", run.done))
    except RPCError as fault:
        if fault.status in AWAY:
            raise TemporalAway(fault.message) from fault
        if fault.status is not RPCStatusCode.NOT_FOUND:
            raise


def _may_be_cut(run: RunView) -> bool:
    return run.kind == "recovery" and run.state == "cancelled"


async def _explain(starter: Starter, run: RunView) -> RunView:
    """With the reason, as long as the workflow is remembered."""
    handle = (await starter.client()).get_workflow_handle(run.workflow_id or "")
    try:
        progress = await handle.query("progress", result_type=RecoveryProgress)
    except (RPCError, WorkflowQueryFailedError):
        return run
    return replace(run, cut=progress.cut)


async def _follow(starter: Starter, run: RunView) -> RunView:
    """The run as it is now, which is kept. Raises `TemporalAway`."""
    client, result = await starter.client(), RecoveryProgress if run.kind == "recovery" else None
    handle: WorkflowHandle[object, object] = client.get_workflow_handle(
        run.workflow_id or "", result_type=result
    )
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            now = await _asked(handle, run)
    except TimeoutError as fault:
        raise TemporalAway("no answer in time") from fault
    except RPCError as fault:
        if fault.status in AWAY:
            raise TemporalAway(fault.message) from fault
        if fault.status is not RPCStatusCode.NOT_FOUND:
            raise
        is_late = outside().clock.now() - run.created_at > BEGINS_WITHIN
        now = replace(run, state="failed") if is_late else run
    if now.is_over and now.finished_at is None:
        now = replace(now, finished_at=outside().clock.now())
    if now != run:
        await keep_run_state(KeepRunState(now.id, now.state, now.done, now.finished_at))
    return now


async def _asked(handle: WorkflowHandle[object, object], run: RunView) -> RunView:
    described = await handle.describe()
    status = described.status
    if run.kind == "recovery" and status in _TELLING:
        try:
            progress = await _progress(handle, status)
        except WorkflowQueryFailedError:
            return run
        ended_at = described.close_time if progress.status in OVER else None
        state = cast(RunState, progress.status)
        now = replace(run, state=state, done=progress.made, cut=progress.cut)
        return replace(now, finished_at=ended_at)
    if status is None or status not in _STATES:
        return run
    state = _STATES[status]
    done = 1 if state == "done" and run.total == 1 else run.done
    return replace(run, state=state, done=done, finished_at=described.close_time)


async def _progress(
    handle: WorkflowHandle[object, object], status: WorkflowExecutionStatus | None
) -> RecoveryProgress:
    """Of one that is over nobody has to be asked."""
    if status is WorkflowExecutionStatus.COMPLETED:
        return cast(RecoveryProgress, await handle.result())
    return cast(RecoveryProgress, await handle.query("progress", result_type=RecoveryProgress))


_TELLING = (None, WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
