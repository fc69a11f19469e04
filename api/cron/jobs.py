"""`GET /api/cron/{name}`: start a regular job now, as its schedule would.

Every name of the public documents answers. One whose job is not built yet says so, and our own
document does not list it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from activities.outside import outside
from api.cron.auth import documented, let_in
from api.faults import NotBuilt
from api.jobs import Jobs
from api.routers import make_operator_router
from workflows.job_runs import JobEnd, JobRun, start_job, wait_for_job
from workflows.scheduled import CRON_NAMES, JOBS

WAIT_SECONDS = 25.0
"""Less than who starts jobs from outside waits for an answer."""

router = make_operator_router(let_in, tags=["cron"], dependencies=list(documented))

Wait = Annotated[
    Literal["0", "1"],
    Query(description="1 waits for the end of the run, 25 seconds at most"),
]


class RunOut(BaseModel):
    """A run of the job. Asked for again within the same minute it is the same run."""

    workflow_id: str = Field(
        description="names the run for operators", examples=["expire/2026-11-22T06:45Z"]
    )
    run_id: str = Field(
        description="the run itself", examples=["019dc3a4-6f6e-7c41-9a52-0b6d3f3e8a10"]
    )
    status: Literal["started", "running", "done", "failed"] = Field(
        description="how the run is; `started` where its end was not waited for", examples=["done"]
    )
    result: dict[str, Any] | None = Field(
        None,
        description="what the job did, where its end was waited for",
        examples=[{"now": "2026-11-22T06:45:00Z", "warnings": 2, "codes": 1, "links": 0}],
    )


def _handler(name: str) -> Callable[..., Awaitable[RunOut]]:
    """What answers at the path of this job."""

    async def start(jobs: Jobs, wait: Wait = "0") -> RunOut:
        run = await start_job(jobs.starter, name, outside().clock.now())
        waits = wait == "1"
        end = await wait_for_job(jobs.starter, run, WAIT_SECONDS) if waits else JobEnd("started")
        return present_run(run, end)

    return start


async def not_built(request: Request) -> Response:
    """The answer at a name whose job comes with a later version."""
    raise NotBuilt(request.url.path.rpartition("/")[2])


def present_run(run: JobRun, end: JobEnd) -> RunOut:
    """The run in this dialect's words."""
    result = None if end.result is None else dict(end.result)
    return RunOut(workflow_id=run.workflow_id, run_id=run.run_id, status=end.status, result=result)


for _name, _meaning in CRON_NAMES.items():
    if _name in JOBS:
        router.add_api_route(f"/api/cron/{_name}", _handler(_name), summary=_meaning)
    else:
        router.add_api_route(f"/api/cron/{_name}", not_built, include_in_schema=False)
