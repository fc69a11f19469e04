"""Recoveries of webhooks as clients ask for them and follow them, in every language."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from activities.deliveries.recovering import (
    BeginRecovery,
    Mode,
    PlanRecovery,
    begin_recovery,
    plan_recovery,
)
from activities.endpoints.reading import ReadEndpoint, read_endpoint
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.runs import CUT_SHORT, Cut
from api.dialect import Body
from api.jobs import Jobs
from api.scalars import When

USUAL_RATE, FASTEST_RATE = 600, 6000
"""Deliveries a minute."""

Status = Literal["planned", "running", "paused", "done", "cancelled"]


class RecoveryIn(Body):
    """What to send to an endpoint that missed something."""

    mode: Mode = Field(
        description="`failed`: deliveries that failed, once more; `missing`: events that it wants "
        "and never got, because it was paused or not there yet",
        examples=["failed"],
    )
    since: When = Field(
        description="from this moment on, at most 30 days ago", examples=["2026-11-20T00:00:00Z"]
    )
    until: When | None = Field(None, description="up to this moment; now when absent")
    dry_run: bool = Field(False, description="only count them", examples=[True])
    rate_per_minute: int = Field(
        USUAL_RATE, ge=1, le=FASTEST_RATE, description="deliveries begun a minute", examples=[600]
    )


class RecoveryFields(BaseModel):
    """A recovery, and how far it is."""

    status: Status = Field(description="`planned`: it was only counted", examples=["planned"])
    made: int = Field(description="deliveries that are on their way by now", examples=[0])
    total: int = Field(
        description="deliveries it is about; at most so many where it is not exact", examples=[7]
    )
    is_exact: bool = Field(
        description="whether `total` is; a filter of the endpoint is asked as it goes",
        examples=[True],
    )
    reason: Cut | None = Field(
        None,
        description="why it is `cancelled` though nobody stopped it: its endpoint takes no more",
        examples=["endpoint_paused"],
    )
    told: str = Field(
        "",
        description="the same in a sentence; empty without a reason",
        examples=[CUT_SHORT["endpoint_paused"]],
    )


async def recover(
    by: Actor, endpoint_id: UUID, body: RecoveryIn, jobs: Jobs
) -> tuple[UUID | None, dict[str, Any]]:
    """The id of the recovery that began, None after a dry run, and its fields."""
    wanted = (by, endpoint_id, body.mode, body.since, body.until)
    if body.dry_run:
        plan = await plan_recovery(PlanRecovery(*wanted))
        told = {"status": "planned", "made": 0, "total": plan.total, "is_exact": plan.is_exact}
        return None, told
    recovery = await begin_recovery(BeginRecovery(*wanted))
    await jobs.starter.recover(recovery, by.organization_id, body.rate_per_minute)
    plan = recovery.plan
    told = {"status": "running", "made": 0, "total": plan.total, "is_exact": plan.is_exact}
    return recovery.request_id, told


async def follow(by: Actor, endpoint_id: UUID, request_id: UUID, jobs: Jobs) -> dict[str, Any]:
    """The fields of a recovery that began; `NotFound` for one of another endpoint or tenant."""
    await read_endpoint(ReadEndpoint(by, endpoint_id))
    progress = await jobs.starter.recovery_progress(endpoint_id, request_id)
    if progress is None:
        raise NotFound("recovery")
    is_exact = progress.status == "done" and progress.made == progress.total
    return {
        "status": progress.status,
        "made": progress.made,
        "total": progress.total,
        "is_exact": is_exact,
        "reason": progress.cut,
        "told": CUT_SHORT[progress.cut] if progress.cut else "",
    }
