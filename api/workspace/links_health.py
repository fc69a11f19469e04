"""`/api/links/{id}/health`: how what a short link leads to is, and a look at it on demand."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path
from pydantic import Field

from activities.cause import current_cause
from activities.health.reading import (
    AskCheck,
    HealthLook,
    HealthView,
    ReadHealth,
    read_health,
)
from activities.outside import outside
from activities.rules.spelling import prefixed
from api.dialect import Text
from api.jobs import Jobs
from api.routers import By, make_router
from api.scalars import Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.health_shapes import A_MOMENT, HealthOut, State, health_words
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.paging import Asked
from workflows.runs import ask_look

router = make_router(authenticate, dependencies=[documented], tags=["links", "jobs"])

to_id = partial(path_id, "lnk", "link")

PathId = Annotated[
    Text, Path(max_length=LONGEST_ID, description="a short link: lnk_ and 32 hex digits")
]

_AN_ID = "lnk_7d0c7a441f0b4c5e9a530c5a7d1b2f10"


class LinkHealthOut(HealthOut):
    """How what a short link leads to is: the worst of it, and the looks of the last 30 days."""

    link_id: str = Field(description="a short link", examples=[_AN_ID])


class LinkLookOut(Out):
    """A look that was asked for, or the one that is under way already; it is over when its run is,
    or when `checkedAt` at `statusUrl` is another moment.
    """

    link_id: str = Field(description="a short link", examples=[_AN_ID])
    run_id: str = Field(
        description="the run, at /api/org/{orgId}/runs/{runId}: run_ and 32 hex digits",
        examples=["run_0b4c5e9a530c5a7d1b2f107d0c7a441f"],
    )
    status_url: str = Field(
        description="where its result will be",
        examples=[f"https://ink.example/api/links/{_AN_ID}/health"],
    )
    state: State = Field(description="how it was before", examples=["unknown"])
    checked_at: Moment | None = Field(description="the last look before", examples=[A_MOMENT])


@router.get("/api/links/{id}/health", summary="How what a short link leads to is")
async def fetch(id: PathId, by: By, asked: Asked, org_id: OrgId = None) -> LinkHealthOut:
    return present_health(await read_health(ReadHealth(by, "link", to_id(id), asked)))


@router.post(
    "/api/links/{id}/health-check",
    status_code=202,
    summary="Look at what a short link leads to now",
)
async def check(id: PathId, by: By, jobs: Jobs, org_id: OrgId = None) -> LinkLookOut:
    look = await ask_look(jobs.known, AskCheck(by, "link", to_id(id)))
    await jobs.starter.check_link(look, current_cause())
    return present_look(look)


def present_health(health: HealthView) -> LinkHealthOut:
    """The health in this dialect's words."""
    return LinkHealthOut(link_id=prefixed("lnk", health.asset_id), **health_words(health))


def present_look(look: HealthLook) -> LinkLookOut:
    """What was asked for, in this dialect's words."""
    health = look.before
    id_ = prefixed("lnk", health.asset_id)
    return LinkLookOut(
        link_id=id_,
        run_id=prefixed("run", look.run.id),
        status_url=f"{outside().public_url}/api/links/{id_}/health",
        state=health.state,
        checked_at=health.checked_at,
    )
