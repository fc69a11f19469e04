"""How the destinations of a link or code are: what one look says, and what many come to.

A destination is dead for visitors when its name, its connection or its TLS fails, when it does not
answer in time, sends them round or answers 404, 410, 451 or 5xx. 401, 403, 429 and other refusals
of a robot are answers of a server that is well. What we do not look at, as it is not on the public
internet, is neither well nor dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from activities.rules.findings import Findings

State = Literal["unknown", "healthy", "degraded", "failing"]
STATES: tuple[State, ...] = get_args(State)

Outcome = Literal["well", "failed", "refused"]

QUICKEST, SLOWEST = 5, 1440
USUAL_INTERVAL = 60
"""Minutes between two looks at a destination."""

FAILING_AFTER = 3
"""Failures in a row; one success ends it."""

SLOW_MS = 3000.0
"""A visitor does not wait for longer; waits that we make out of politeness are not counted."""

CERTIFICATE_ENDS = timedelta(days=14)
CONFIRM_AFTER = timedelta(minutes=5)
"""A failure is confirmed, or not, soon, however seldom the destination is looked at."""

HISTORY_KEPT = timedelta(days=30)
MOST_REDIRECTS = 5

DEAD_STATUSES = frozenset((404, 410, 451))

WHY = {
    "dns_failed": "its host name could not be resolved",
    "connect_failed": "no connection could be made",
    "tls_failed": "no secure connection could be made",
    "connection_lost": "the connection was lost before an answer came",
    "protocol_error": "what came back was no valid answer",
    "timeout": "it did not answer in time",
    "redirect_loop": "it redirects in circles",
    "too_many_redirects": "it redirects too often",
    "bad_redirect": "it redirects to nowhere",
    "http_error": "it answered with an error",
    "target_refused": "it leads to an address that is not looked at",
    "slow": "it answers slowly",
    "certificate_expiring": "its certificate expires soon",
}
"""Reasons for which a destination is not healthy, in words."""

MailAbout = Literal["link_failing", "link_recovered", "link_certificate"]
Turn = Literal["failed", "recovered", "changed"]


@dataclass(frozen=True)
class Seen:
    """What one look showed. `error` is one of the gateway's codes; None when there is a `status`.

    `certificate_until` is the earliest end of a certificate on the way.
    """

    status: int | None = None
    error: str | None = None
    duration_ms: float = 0.0
    certificate_until: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """What one look says; `reason` is one of `WHY`, None when all is well."""

    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True)
class Standing:
    """How a destination is `since` then. `failures` are those in a row.

    `told_until` is the end of the certificate that its people were told of last.
    """

    state: State = "unknown"
    since: datetime | None = None
    failures: int = 0
    reason: str | None = None
    told_until: datetime | None = None


@dataclass(frozen=True)
class News:
    """What a look is told of by: an event, a mail, both or neither."""

    event: bool
    mail: MailAbout | None


def verdict(seen: Seen, now: datetime) -> Verdict:
    """What a look says of the destination."""
    if seen.error == "target_refused":
        return Verdict("refused", seen.error)
    if seen.error is not None or seen.status is None:
        return Verdict("failed", seen.error or "protocol_error")
    if seen.status >= 500 or seen.status in DEAD_STATUSES:
        return Verdict("failed", "http_error")
    if seen.certificate_until is not None and seen.certificate_until - now <= CERTIFICATE_ENDS:
        return Verdict("well", "certificate_expiring")
    return Verdict("well", "slow" if seen.duration_ms > SLOW_MS else None)


def stands(before: Standing, look: Verdict, now: datetime) -> Standing:
    """How the destination is after a look."""
    failures, state = 0, before.state
    match look.outcome:
        case "failed":
            failures = before.failures + 1
            if failures >= FAILING_AFTER:
                state = "failing"
        case "well":
            state = "degraded" if look.reason else "healthy"
        case "refused":
            state = "unknown"
    since = before.since if state == before.state else now
    return Standing(state, since or now, failures, look.reason, before.told_until)


def news(before: Standing, after: Standing, certificate_until: datetime | None) -> News:
    """What is told of the look that led from one standing to the other.

    That a new one is well is no news. A certificate is mailed about once for each of its ends.
    """
    changed = before.state != after.state
    event = changed and (before.state, after.state) != ("unknown", "healthy")
    if changed and after.state == "failing":
        return News(event, "link_failing")
    if changed and before.state == "failing" and after.state in ("healthy", "degraded"):
        return News(event, "link_recovered")
    ends = certificate_until if after.reason == "certificate_expiring" else None
    if ends is not None and (before.told_until is None or ends > before.told_until):
        return News(event, "link_certificate")
    return News(event, None)


def turn(before: str, after: str) -> Turn:
    """Which event tells of a change, by the end of its name."""
    if after == "failing":
        return "failed"
    if before == "failing" and after in ("healthy", "degraded"):
        return "recovered"
    return "changed"


def worst(states: Iterable[State]) -> State:
    """How what leads to all of these is: as the worst that is known of any of them."""
    return max(states, key=STATES.index, default="unknown")


def led_to(asset: Mapping[str, Any]) -> frozenset[str]:
    """The addresses that visitors of a link or code are led to, which are looked at.

    `asset` has its columns `destination_url`, `variants` and, if it is a link, `rules`.
    """
    variants, own = asset["variants"], asset["destination_url"]
    urls = {each["destinationUrl"] for each in variants if each["weight"]}
    urls |= {each["destinationUrl"] for each in asset.get("rules", ())}
    return frozenset(urls if variants or own is None else urls | {own})


def normalised_check(given: Mapping[str, Any]) -> dict[str, Any]:
    """Whether and how often destinations are looked at; empty when it never was asked for.

    Raises `InvalidFields` by paths such as `health_check.intervalMinutes`.
    """
    if not given:
        return {}
    found = Findings()
    check = found.read_object(given, "health_check", ("enabled", "intervalMinutes"))
    enabled = check.get("enabled", True)
    if not isinstance(enabled, bool):
        found.tell("health_check.enabled", "Give true or false.")
    minutes = check.get("intervalMinutes", USUAL_INTERVAL)
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        minutes = 0
    if not QUICKEST <= minutes <= SLOWEST:
        told = f"Give a whole number of minutes from {QUICKEST} to {SLOWEST}."
        found.tell("health_check.intervalMinutes", told)
    found.settle()
    return {"enabled": enabled, "intervalMinutes": minutes}


def interval(asked_minutes: int, plan_minutes: int) -> timedelta:
    """How often a destination is looked at: as asked for, but not more often than the plan says."""
    return timedelta(minutes=max(asked_minutes, plan_minutes))


def next_look(now: datetime, every: timedelta, after: Standing) -> datetime:
    """When the next look is due, on a full minute, at which passes begin."""
    minute = now.replace(second=0, microsecond=0)
    if 0 < after.failures < FAILING_AFTER:
        return minute + min(every, CONFIRM_AFTER)
    return minute + every
