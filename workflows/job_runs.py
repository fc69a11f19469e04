"""A scheduled job started by hand: once for each period, and its result waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from temporalio.client import WorkflowFailureError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from workflows.policies import NORMAL, fair
from workflows.queues import searchable
from workflows.scheduled import JOBS
from workflows.starter import AWAY, Starter, TemporalAway

START_SECONDS = 10.0


@dataclass(frozen=True)
class JobRun:
    """A run that goes on, or is over."""

    workflow_id: str
    run_id: str


@dataclass(frozen=True)
class JobEnd:
    """How a run is, `started` where nobody looked; `result` is what it answered, as JSON holds it,
    once it is done.
    """

    status: Literal["started", "running", "done", "failed"]
    result: Mapping[str, Any] | None = None


async def start_job(starter: Starter, name: str, now: datetime) -> JobRun:
    """Start the job now. Asked for again within the same minute it is the same run.

    It runs beside one that its schedule started: what both find due is done by one of them. Raises
    `KeyError` for a name that has no job, and `TemporalAway`.
    """
    job, client = JOBS[name], await starter.client()
    id_ = f"{name}/{now:%Y-%m-%dT%H:%MZ}"
    try:
        async with asyncio.timeout(START_SECONDS):
            handle = await client.start_workflow(
                job.workflow.run,
                id=id_,
                task_queue=job.queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=fair("everybody", NORMAL),
                search_attributes=searchable("everybody"),
                static_summary=f"asked for by hand: {job.summary}",
                request_eager_start=False,
            )
    except WorkflowAlreadyStartedError as fault:
        return JobRun(id_, fault.run_id or "")
    except (TimeoutError, RPCError) as fault:
        raise _away(fault) from fault
    return JobRun(id_, handle.first_execution_run_id or "")


async def wait_for_job(starter: Starter, run: JobRun, seconds: float) -> JobEnd:
    """The end of the run, or that it goes on after so many seconds. Raises `TemporalAway`."""
    client = await starter.client()
    handle = client.get_workflow_handle(run.workflow_id, run_id=run.run_id)
    try:
        async with asyncio.timeout(seconds):
            return JobEnd("done", await handle.result())
    except TimeoutError:
        return JobEnd("running")
    except WorkflowFailureError:
        return JobEnd("failed")
    except RPCError as fault:
        raise _away(fault) from fault


def _away(fault: TimeoutError | RPCError) -> Exception:
    """`TemporalAway`, or what else it is."""
    if isinstance(fault, TimeoutError):
        return TemporalAway("no answer in time")
    return TemporalAway(fault.message) if fault.status in AWAY else fault
