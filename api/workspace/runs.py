"""`/api/org/{orgId}/runs`: the jobs that an organization asked for, how far each is, their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from activities.imports.running import CancelImport, cancel_import
from activities.outside import outside
from activities.pictures.batches import CancelBatch, cancel_batch
from activities.pictures.batches_reading import OpenArchive, open_archive
from activities.rules.actors import Actor
from activities.rules.runs import CUT_SHORT, Cut, RunKind, RunState
from activities.rules.spelling import prefixed
from activities.runs import (
    ListRuns,
    MayStopRun,
    ReadRun,
    RunView,
    may_stop_run,
    read_run,
)
from api.archives import ARCHIVE, HEADERS, ZIP, kept_archive
from api.dialect import Text
from api.jobs import Jobs
from api.routers import By, make_router
from api.scalars import Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, path_id
from api.workspace.org import OrgId
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain
from workflows.runs import follow_runs, list_followed, stop_run
from workflows.starter import Starter

router = make_router(authenticate, dependencies=[documented], tags=["jobs"])

to_id = partial(path_id, "run", "run")

RunId = Annotated[
    Text, Path(alias="runId", max_length=LONGEST_ID, description="a run: run_ and 32 hex digits")
]
Kind = Annotated[RunKind | None, Query(description="only runs of this kind")]
State = Annotated[RunState | None, Query(description="only runs in this state")]

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_A_MOMENT = "2026-05-07T18:42:30.123Z"

PREFIX: Mapping[RunKind, str] = {
    "import": "imp",
    "render": "bat",
    "check": "lnk",
    "code_check": "qr",
    "recovery": "whe",
}
"""How the id is spelled of what a run is about."""

RESULTS: Mapping[RunKind, str] = {
    "import": "/api/imports/{id}",
    "render": "/api/org/{org}/runs/{run}/result",
    "check": "/api/links/{id}/health",
    "code_check": "/api/qr/{id}/health",
    "recovery": "/api/webhooks/endpoints/{id}/deliveries",
}


class RunOut(Out):
    """A job, and how far it is."""

    id: str = Field(description="run_ and 32 hex digits", examples=[f"run_{_AN_ID}"])
    kind: Literal["import", "render", "check", "code_check", "recovery"] = Field(
        description="an import of links, a batch of pictures, a look at where a link or a code "
        "leads, or webhooks sent once more",
        examples=["import"],
    )
    state: Literal["running", "paused", "done", "failed", "cancelled"] = Field(
        description="how it is", examples=["running"]
    )
    subject_id: str = Field(
        description="the import, batch, link, code or endpoint that it is about",
        examples=[f"imp_{_AN_ID}"],
    )
    total: int | None = Field(
        description="of how many; null where that is not known", examples=[600]
    )
    done: int = Field(description="how many are done", examples=[200])
    failed: int = Field(description="how many came to nothing", examples=[2])
    result_url: str = Field(
        description="where what it did is told; of pictures the archive, once they are drawn",
        examples=[f"https://ink.example/api/imports/imp_{_AN_ID}"],
    )
    created_at: Moment = Field(description="when it was asked for", examples=[_A_MOMENT])
    finished_at: Moment | None = Field(
        description="when it was over, as far as that is known", examples=[None]
    )
    reason: Cut | None = Field(
        description="why it is `cancelled` though nobody stopped it, as long as that is known",
        examples=["endpoint_paused"],
    )
    told: str = Field(
        description="the same in a sentence; empty without a reason",
        examples=[CUT_SHORT["endpoint_paused"]],
    )


@router.get("/api/org/{orgId}/runs", summary="List runs of jobs")
async def list_all(
    org_id: OrgId, by: By, asked: Asked, jobs: Jobs, kind: Kind = None, state: State = None
) -> PlainPageOut[RunOut]:
    page = await list_followed(jobs.known, ListRuns(by, asked, kind, state))
    return present_plain(page, partial(present_run, by))


@router.get("/api/org/{orgId}/runs/{runId}", summary="How far a run is")
async def fetch(org_id: OrgId, run_id: RunId, by: By, jobs: Jobs) -> RunOut:
    return present_run(by, await followed(by, to_id(run_id), jobs.known))


@router.post("/api/org/{orgId}/runs/{runId}/cancel", summary="Let a run go no further")
async def cancel(org_id: OrgId, run_id: RunId, by: By, jobs: Jobs) -> RunOut:
    await followed(by, to_id(run_id), jobs.known)
    run = await may_stop_run(MayStopRun(by, to_id(run_id)))
    if not run.is_over:
        await _STOPS[run.kind](by, run, jobs)
    return present_run(by, await followed(by, run.id, jobs.known))


@router.get(
    "/api/org/{orgId}/runs/{runId}/result",
    summary="The archive of a run that drew pictures",
    response_class=Response,
    responses=ARCHIVE,
)
async def download(org_id: OrgId, run_id: RunId, by: By) -> Response:
    batch_id = (await read_run(ReadRun(by, to_id(run_id)))).subject_id
    archive = await open_archive(OpenArchive(by, batch_id))
    return StreamingResponse(kept_archive(by, batch_id, archive), media_type=ZIP, headers=HEADERS)


async def followed(by: Actor, id_: UUID, starter: Starter | None) -> RunView:
    """The run as it is now. Raises `NotFound`."""
    (run,) = await follow_runs(starter, (await read_run(ReadRun(by, id_)),))
    return run


async def _stop_import(by: Actor, run: RunView, jobs: Jobs) -> None:
    await cancel_import(CancelImport(by, run.subject_id))


async def _stop_batch(by: Actor, run: RunView, jobs: Jobs) -> None:
    await cancel_batch(CancelBatch(by, run.subject_id))


async def _stop_workflow(by: Actor, run: RunView, jobs: Jobs) -> None:
    await stop_run(jobs.starter, run)


_STOPS: Mapping[RunKind, Callable[[Actor, RunView, Jobs], Awaitable[None]]] = {
    "import": _stop_import,
    "render": _stop_batch,
    "check": _stop_workflow,
    "code_check": _stop_workflow,
    "recovery": _stop_workflow,
}


def present_run(by: Actor, run: RunView) -> RunOut:
    """The run in this dialect's words, for whose it is."""
    subject = prefixed(PREFIX[run.kind], run.subject_id)
    id_, organization = prefixed("run", run.id), prefixed("org", by.organization_id)
    path = RESULTS[run.kind].format(id=subject, org=organization, run=id_)
    return RunOut(
        id=id_,
        kind=run.kind,
        state=run.state,
        subject_id=subject,
        total=run.total,
        done=run.done,
        failed=run.failed,
        result_url=f"{outside().public_url}{path}",
        created_at=run.created_at,
        finished_at=run.finished_at,
        reason=run.cut,
        told=CUT_SHORT[run.cut] if run.cut else "",
    )
