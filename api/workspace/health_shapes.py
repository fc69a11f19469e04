"""How the destinations of links and codes are, in this dialect's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from activities.health.reading import CheckView, HealthView
from activities.health.showing import DestinationView
from activities.rules.health import QUICKEST, SLOWEST, USUAL_INTERVAL
from api.scalars import In, Moment, Out
from api.workspace.plain_pages import PlainPageOut, present_plain

State = Literal["unknown", "healthy", "degraded", "failing"]

A_MOMENT = "2026-05-07T18:42:30.123Z"
_A_URL = "https://example.com/welcome"
_REASONS = (
    "dns_failed, connect_failed, tls_failed, connection_lost, protocol_error, timeout, "
    "redirect_loop, too_many_redirects, bad_redirect, http_error, target_refused, slow or "
    "certificate_expiring; null when all is well"
)


class QrHealthCheckIn(In):
    """Whether the destinations of a dynamic code are looked at, and how often."""

    enabled: bool = Field(description="whether they are", examples=[True])
    interval_minutes: int = Field(
        USUAL_INTERVAL,
        ge=QUICKEST,
        le=SLOWEST,
        description="minutes between two looks",
        examples=[USUAL_INTERVAL],
    )


class QrHealthCheckOut(Out):
    """Whether the destinations of a code are looked at, and how often."""

    enabled: bool = Field(description="whether they are", examples=[True])
    interval_minutes: int = Field(description="minutes between two looks", examples=[60])


class LookPhasesOut(Out):
    """What the last request of a look took, in milliseconds; null for what did not take place."""

    dns: float | None = Field(None, description="finding the address", examples=[4.2])
    connect: float | None = Field(None, description="the connection", examples=[21.0])
    tls: float | None = Field(None, description="the TLS handshake", examples=[38.5])
    first_byte: float | None = Field(None, description="the answer's beginning", examples=[80.1])


class LookOut(Out):
    """One look at a destination."""

    checked_at: Moment = Field(description="when it ended", examples=[A_MOMENT])
    url: str = Field(description="what was looked at", examples=[_A_URL])
    state: State = Field(description="how the destination was after it", examples=["healthy"])
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
    phases: LookPhasesOut = Field(description="the last request in its parts")
    certificate_until: Moment | None = Field(
        description="the first end of a certificate on the way", examples=[A_MOMENT]
    )


class DestinationHealthOut(Out):
    """How one of the addresses is that visitors are led to: by rules, variants or else."""

    url: str = Field(description="the address", examples=[_A_URL])
    state: State = Field(description="how it is", examples=["healthy"])
    since: Moment | None = Field(description="since when it is so", examples=[A_MOMENT])
    failures: int = Field(description="failures in a row", examples=[0])
    reason: str | None = Field(description=_REASONS, examples=[None])
    checked_at: Moment | None = Field(description="the last look", examples=[A_MOMENT])


class HealthOut(Out):
    """How the worst destination is, and the looks of the last 30 days, newest first."""

    is_monitored: bool = Field(description="whether they are looked at again and again")
    interval_minutes: int = Field(
        description="how often, as the plan allows: every 24 hours (free), 6 hours (starter), "
        "1 hour (pro), 15 minutes (agency) or 5 minutes (enterprise) at most; 5 minutes after a "
        "failure",
        examples=[60],
    )
    state: State = Field(
        description="that of the worst destination: `failing` after 3 failures in a row, until one "
        "success; `degraded` when it takes over 3 seconds or its certificate expires within 14 "
        "days",
        examples=["healthy"],
    )
    since: Moment | None = Field(description="since when it is so", examples=[A_MOMENT])
    failures: int = Field(description="failures in a row", examples=[0])
    reason: str | None = Field(description=_REASONS, examples=[None])
    checked_at: Moment | None = Field(description="the last look", examples=[A_MOMENT])
    next_check_at: Moment | None = Field(
        description="when the next look is due; null when it is not monitored", examples=[None]
    )
    destinations: list[DestinationHealthOut] = Field(
        description="each of them, as far as any look at it was asked for"
    )
    checks: PlainPageOut[LookOut] = Field(description="a page of looks")


def health_words(health: HealthView) -> dict[str, Any]:
    """The fields of a `HealthOut`."""
    return {
        "is_monitored": health.is_monitored,
        "interval_minutes": health.every // timedelta(minutes=1),
        "state": health.state,
        "since": health.since,
        "failures": health.failures,
        "reason": health.reason,
        "checked_at": health.checked_at,
        "next_check_at": health.next_check_at,
        "destinations": [present_destination(each) for each in health.destinations],
        "checks": present_plain(health.checks, present_check),
    }


def present_destination(destination: DestinationView) -> DestinationHealthOut:
    """A destination in this dialect's words."""
    names = DestinationHealthOut.model_fields
    return DestinationHealthOut(**{name: getattr(destination, name) for name in names})


def present_check(check: CheckView) -> LookOut:
    """A look in this dialect's words."""
    same = {name: getattr(check, name) for name in LookOut.model_fields}
    return LookOut(**{**same, "phases": LookPhasesOut(**check.phases)})
