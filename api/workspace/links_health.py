"""`/api/links/{id}/health`: how the destination of a link is, and a look at it on demand."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from activities.cause import current_cause
from activities.health.reading import (
    AskLinkCheck,
    CheckView,
    HealthView,
    ReadLinkHealth,
    ask_link_check,
    read_link_health,
)
from activities.outside import outside
from activities.rules.spelling import prefixed
from api.dialect import Text
from api.jobs import Jobs
from api.routers import By, make_router
from api.scalars import Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["links", "jobs"])

to_id = partial(path_id, "lnk", "link")

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="a link: lnk_ and 32 hex digits")]
State = Literal["unknown", "healthy", "degraded", "failing"]

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_A_MOMENT = "2026-05-07T18:42:30.123Z"
_REASONS = (
    "dns_failed, connect_failed, tls_failed, connection_lost, protocol_error, timeout, "
    "redirect_loop, too_many_redirects, bad_redirect, http_error, target_refused, slow or "
    "certificate_expiring; null when all is well"
)


class LinkPhasesOut(Out):
    """What the last request of a look took, in milliseconds; null for what did not take place."""

    dns: float | None = Field(None, description="finding the address", examples=[4.2])
    connect: float | None = Field(None, description="the connection", examples=[21.0])
    tls: float | None = Field(None, description="the TLS handshake", examples=[38.5])
    first_byte: float | None = Field(None, description="the answer's beginning", examples=[80.1])


class LinkCheckOut(Out):
    """One look at the destination."""

    checked_at: Moment = Field(description="when it ended", examples=[_A_MOMENT])
    state: State = Field(description="how the link was after it", examples=["healthy"])
    outcome: Literal["well", "failed", "refused"] = Field(
        description="what it showed; `refused` is an address that is not looked at, as it is not "
        "on the public internet",
        examples=["well"],
    )
    status: int | None = Field(description="the status of the answer", examples=[200])
    reason: str | None = Field(description=_REASONS, examples=[None])
    detail: str = Field(description="a sentence to it; may be empty", examples=[""])
    method: str = Field(description="HEAD, or GET where HEAD is refused", examples=["HEAD"])
    redirects: int = Field(description="how many were followed", examples=[0])
    duration_ms: float = Field(description="all requests together", examples=[143.8])
    phases: LinkPhasesOut = Field(description="the last request in its parts")
    certificate_until: Moment | None = Field(
        description="the first end of a certificate on the way", examples=[_A_MOMENT]
    )


class LinkHealthOut(Out):
    """How the destination of a link is, and the looks of the last 30 days, newest first."""

    link_id: str = Field(description="the link", examples=[f"lnk_{_AN_ID}"])
    is_monitored: bool = Field(description="whether it is looked at again and again")
    interval_minutes: int = Field(
        description="how often, as the plan allows: every 24 hours (free), 6 hours (starter), "
        "1 hour (pro), 15 minutes (agency) or 5 minutes (enterprise) at most; 5 minutes after a "
        "failure",
        examples=[60],
    )
    state: State = Field(
        description="`failing` after 3 failures in a row, until one success; `degraded` when it "
        "takes over 3 seconds or its certificate expires within 14 days",
        examples=["healthy"],
    )
    since: Moment | None = Field(description="since when it is so", examples=[_A_MOMENT])
    failures: int = Field(description="failures in a row", examples=[0])
    reason: str | None = Field(description=_REASONS, examples=[None])
    checked_at: Moment | None = Field(description="the last look", examples=[_A_MOMENT])
    next_check_at: Moment | None = Field(
        description="when the next look is due; null when it is not monitored", examples=[None]
    )
    checks: PlainPageOut[LinkCheckOut] = Field(description="a page of looks")


class LinkLookOut(Out):
    """A look that was asked for; it is over when `checkedAt` at `statusUrl` is another moment."""

    link_id: str = Field(description="the link", examples=[f"lnk_{_AN_ID}"])
    status_url: str = Field(
        description="where its result will be",
        examples=[f"https://ink.example/api/links/lnk_{_AN_ID}/health"],
    )
    state: State = Field(description="how it was before", examples=["unknown"])
    checked_at: Moment | None = Field(description="the last look before", examples=[None])


@router.get("/api/links/{id}/health", summary="How the destination of a short link is")
async def fetch(id: PathId, by: By, asked: Asked, org_id: OrgId = None) -> LinkHealthOut:
    return present_health(await read_link_health(ReadLinkHealth(by, to_id(id), asked)))


@router.post(
    "/api/links/{id}/health-check",
    status_code=202,
    summary="Look at the destination of a short link now",
)
async def check(id: PathId, by: By, jobs: Jobs, org_id: OrgId = None) -> LinkLookOut:
    health = await ask_link_check(AskLinkCheck(by, to_id(id)))
    await jobs.starter.check_link(health, current_cause(), outside().clock.now())
    return present_look(health)


def present_health(health: HealthView) -> LinkHealthOut:
    """The health in this dialect's words."""
    return LinkHealthOut(
        link_id=prefixed("lnk", health.link_id),
        is_monitored=health.is_monitored,
        interval_minutes=health.every // timedelta(minutes=1),
        state=health.state,
        since=health.since,
        failures=health.failures,
        reason=health.reason,
        checked_at=health.checked_at,
        next_check_at=health.next_check_at,
        checks=present_plain(health.checks, present_check),
    )


def present_check(check: CheckView) -> LinkCheckOut:
    """A look in this dialect's words."""
    same = {
        name: getattr(check, name) for name in LinkCheckOut.model_fields if hasattr(check, name)
    }
    return LinkCheckOut(**{**same, "phases": LinkPhasesOut(**check.phases)})


def present_look(health: HealthView) -> LinkLookOut:
    """What was asked for, in this dialect's words."""
    id_ = prefixed("lnk", health.link_id)
    return LinkLookOut(
        link_id=id_,
        status_url=f"{outside().public_url}/api/links/{id_}/health",
        state=health.state,
        checked_at=health.checked_at,
    )
