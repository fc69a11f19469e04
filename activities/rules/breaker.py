"""How an endpoint is: what failures do to it, and when something may be sent to it.

A circuit breaker: after `OPENS_AFTER` failures in a row it is open, and single messages try whether
the receiver is back: after `FIRST_PROBE`, then after as long as it has failed, each `PROBE_EVERY`
at last; one success closes it. After `DISABLE_AFTER` of nothing but failures the endpoint is done
for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from activities.rules.backoff import MAX_RETRY_AFTER_SECONDS
from activities.rules.holds import Hold

OPENS_AFTER = 10
FIRST_PROBE = timedelta(seconds=5)
"""Ten failures are there within a moment under load: who was away for a second is not left alone
for a minute."""

PROBE_EVERY = timedelta(seconds=60)
DISABLE_AFTER = timedelta(days=5)
FEWEST_FAILURES = 5
"""A receiver that gets a message a week is not done for after the second failure."""

FIRST_THROTTLE_SECONDS = 5.0
LONGEST_THROTTLE_SECONDS = 300.0
LOOK_AGAIN_SECONDS = 300.0
LONGEST_SPREAD_SECONDS = 900.0
THROTTLED_SPREAD_SECONDS = 10.0
"""A receiver that throttles is there and named the moment: what waits for it comes close to it, and
yet not in one second."""


@dataclass(frozen=True)
class Health:
    """`status` is active, paused, disabled or deleted; `failures` are those in a row since
    `failing_since`. Before `open_until` nothing is sent but a probe, before `throttled_until`
    nothing.
    """

    status: str = "active"
    failures: int = 0
    failing_since: datetime | None = None
    open_until: datetime | None = None
    throttled_until: datetime | None = None

    @property
    def is_well(self) -> bool:
        """Whether a success would change nothing."""
        return not (self.failures or self.failing_since or self.open_until or self.throttled_until)


def held_by(health: Health, now: datetime) -> Hold | None:
    """What keeps messages from an endpoint that is active or paused; None lets them go.

    Once `open_until` is over one message goes as a probe, which has to be claimed.
    """
    if health.status == "paused":
        return Hold("endpoint_paused")
    if health.throttled_until is not None and now < health.throttled_until:
        return Hold("throttled", health.throttled_until)
    if health.open_until is not None and now < health.open_until:
        return Hold("circuit_open", health.open_until)
    return None


def after_success(health: Health) -> Health:
    """Well again."""
    return Health(health.status)


def after_failure(health: Health, now: datetime) -> Health:
    """One failure more; the circuit opens, or stays open for another while."""
    failures, since = health.failures + 1, health.failing_since or now
    opened = health.open_until
    if failures >= OPENS_AFTER:
        opened = now + min(max(now - since, FIRST_PROBE), PROBE_EVERY)
    return replace(health, failures=failures, failing_since=since, open_until=opened)


def throttled(health: Health, now: datetime, retry_after: float | None) -> Health:
    """After a 429, 502 or 504: nothing more for as long as the receiver asks, 24 h at most, else
    for 5 s after the first failure, twice as long after each further one, 5 min at most.
    """
    if retry_after is None:
        doubled = FIRST_THROTTLE_SECONDS * 2.0 ** min(max(health.failures - 1, 0), 20)
        seconds = min(doubled, LONGEST_THROTTLE_SECONDS)
    else:
        seconds = min(retry_after, MAX_RETRY_AFTER_SECONDS)
    until = now + timedelta(seconds=seconds)
    return replace(health, throttled_until=max(until, health.throttled_until or until))


def is_done_for(health: Health, now: datetime) -> bool:
    """Whether it failed for so long that it is to be disabled."""
    if health.failing_since is None or health.failures < FEWEST_FAILURES:
        return False
    return now - health.failing_since >= DISABLE_AFTER


def look_again_in(hold: Hold, health: Health, now: datetime, roll: float) -> float:
    """Seconds until a held message is looked at again, never before the hold is over.

    Those that wait for the same are spread by `roll` in [0, 1): the wider, the longer the endpoint
    has failed, and for one that is only throttled by `THROTTLED_SPREAD_SECONDS` at most. What waits
    for a change rather than a moment is woken when that comes; its time is for the case that nobody
    wakes it.
    """
    if hold.until is None:
        return LOOK_AGAIN_SECONDS * (1 + roll)
    left = max(0.0, (hold.until - now).total_seconds())
    failing = (now - health.failing_since).total_seconds() if health.failing_since else 0.0
    spread = min(max(failing / 10, PROBE_EVERY.total_seconds()), LONGEST_SPREAD_SECONDS)
    if hold.reason == "throttled":
        spread = min(max(1.0, left / 10), THROTTLED_SPREAD_SECONDS)
    return left + roll * spread
