"""Attempts as workflows ask for them: the first ones of a batch, and further ones one by one.

Both may be run again after a crash at any moment: an attempt that is recorded is not made again;
one that was sent and not recorded is, under the same message id.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from time import monotonic
from uuid import UUID

import structlog
from prometheus_client import Counter
from temporalio import activity

from activities.attempts import RecordAttempt, Recorded, make_attempt
from activities.cause import Cause
from activities.deliveries.cancelling import CancelDelivery, cancel_delivery
from activities.deliveries.due import Due, LoadDue, load_due
from activities.deliveries.holding import HoldDelivery, MayAttempt, find_hold, hold_delivery
from activities.deliveries.lanes import Lanes
from activities.deliveries.recording import Arriving
from activities.outside import outside
from activities.rules.breaker import Health
from activities.rules.holds import HOLDS, RESEND, Hold
from activities.rules.outcomes import Status
from schema.db import DatabaseAway

BATCH_SECONDS = 15.0
"""What of a batch did not begin within this becomes a delivery of its own: who failed first does
not wait for those who are slow."""

ATTEMPTS = Counter("inkloom_webhook_attempts", "Attempts of deliveries by outcome", ["outcome"])
HELD = Counter("inkloom_webhook_holds", "Attempts that had to wait, by reason", ["reason"])

log = structlog.get_logger("inkloom.deliveries")

_lanes = Lanes()
_arriving = Arriving()


@dataclass(frozen=True)
class AttemptBatch:
    """Make the first attempt of every delivery of a batch."""

    batch_id: UUID


@dataclass(frozen=True)
class Failure:
    """A delivery whose attempt `number` is due in `wait_seconds`; `host` is for operators.

    Its policy counts from attempt `first`. `reason` says what holds it, if anything does.
    """

    delivery_id: UUID
    host: str
    kind: str
    wait_seconds: float
    cause: Cause
    number: int = 2
    first: int = 1
    resend: int = 0
    reason: str = ""


@dataclass(frozen=True)
class BatchReport:
    """How a batch went; `failures` have tries left."""

    delivered: int
    given_up: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class AttemptDelivery:
    """Make attempt `number` of a delivery; `is_forced` whatever holds it.

    `first` is where its policy counts from. One that was sent anew since (`resend`) is not mine.
    """

    delivery_id: UUID
    number: int
    first: int = 1
    resend: int = 0
    is_forced: bool = False


@dataclass(frozen=True)
class DeliveryReport:
    """Where a delivery stands; `wait_seconds` is None when it is over, `reason` what holds it."""

    status: Status
    attempts: int
    wait_seconds: float | None
    reason: str = ""


@activity.defn
async def attempt_batch(command: AttemptBatch) -> BatchReport:
    """Try everything of the batch that was not tried yet, all endpoints side by side.

    Messages that have to keep an order go one after the other.
    """
    due = await load_due(LoadDue(batch_id=command.batch_id))
    run = _Run(BATCH_SECONDS)
    rows: dict[object, list[Due]] = defaultdict(list)
    for item in due:
        key = (item.endpoint_id, item.order_key) if item.order_key else item.delivery_id
        rows[key].append(item)
    reports = await _all_of(run, rows.values())
    failures = [
        _failure(item, reports[item.delivery_id])
        for item in due
        if reports[item.delivery_id].wait_seconds is not None
    ]
    delivered = sum(report.status == "delivered" for report in reports.values())
    return BatchReport(delivered, len(reports) - delivered - len(failures), tuple(failures))


@activity.defn
async def attempt_delivery(command: AttemptDelivery) -> DeliveryReport:
    """Make one further attempt, unless an attempt of that number is recorded already."""
    found = await load_due(LoadDue(delivery_id=command.delivery_id))
    if not found or found[0].resend != command.resend:
        return DeliveryReport("cancelled", command.number - 1, None)
    item = found[0]
    if item.attempts >= command.number or item.status != "pending":
        return await _standing(item)
    return await _try(item, _Run(0.0), command.first, is_forced=command.is_forced)


class _Run:
    """What one run of an activity knows: until when it waits, and how endpoints are by now."""

    def __init__(self, seconds: float) -> None:
        self._until = monotonic() + seconds
        self._health: dict[UUID, Health] = {}

    @property
    def seconds_left(self) -> float:
        return self._until - monotonic()

    def health(self, item: Due) -> Health:
        return self._health.get(item.endpoint_id, item.health)

    def note(self, item: Due, health: Health) -> None:
        self._health[item.endpoint_id] = health


async def _all_of(run: _Run, rows: Iterable[list[Due]]) -> dict[UUID, DeliveryReport]:
    """Let all of them end before a fault of one is raised: none is cut off while sending."""

    async def walk(row: list[Due]) -> list[tuple[UUID, DeliveryReport]]:
        return [(item.delivery_id, await _begin(item, run)) for item in row]

    ended = await asyncio.gather(*map(walk, rows), return_exceptions=True)
    reports: dict[UUID, DeliveryReport] = {}
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
        reports.update(outcome)
    return reports


async def _begin(item: Due, run: _Run) -> DeliveryReport:
    """The first attempt of a batch's delivery, unless an earlier run made it."""
    was_tried = item.attempts > 0 and item.reason != RESEND
    if was_tried or item.status != "pending":
        return await _standing(item)
    return await _try(item, run, _first(item))


async def _try(item: Due, run: _Run, first: int, *, is_forced: bool = False) -> DeliveryReport:
    """Send it, or tell what holds it."""
    places = item.concurrency
    if not await _lanes.enter(item.endpoint_id, places, seconds=run.seconds_left):
        return await _hold(item, Hold("busy"), run.health(item))
    try:
        health = run.health(item)
        if health.status in ("disabled", "deleted"):
            return await _standing(replace(item, status="cancelled", health=health))
        hold = None if is_forced else await find_hold(MayAttempt(item, health))
        if hold is not None:
            return await _hold(item, hold, health)
        return await _attempt(replace(item, health=health, first=first), run)
    finally:
        _lanes.leave(item.endpoint_id)


async def _attempt(item: Due, run: _Run) -> DeliveryReport:
    result = await make_attempt(item)
    recorded = await _record(result)
    _tell(item, result)
    if recorded is None:
        # Another run of the same activity was faster; what it recorded counts.
        return await _standing((await load_due(LoadDue(delivery_id=item.delivery_id)))[0])
    run.note(item, recorded.health)
    wait = result.verdict.wait_seconds if recorded.status == "pending" else None
    return DeliveryReport(recorded.status, result.number, wait)


async def _hold(item: Due, hold: Hold, health: Health) -> DeliveryReport:
    """Nothing is sent now; when to look again."""
    held = await hold_delivery(HoldDelivery(item, hold, health))
    HELD.labels(hold.reason).inc()
    log.info("webhook held", delivery=str(item.delivery_id), host=item.host, reason=hold.reason)
    return DeliveryReport("pending", item.attempts, held.seconds, hold.reason)


def _tell(item: Due, result: RecordAttempt) -> None:
    outcome, verdict = result.outcome, result.verdict
    code = outcome.status_code
    said = outcome.error or (f"{code // 100}xx" if code is not None else "none")
    ATTEMPTS.labels("delivered" if verdict.status == "delivered" else said).inc()
    # What arrives is in the log of attempts; a line each would cost as much as the message.
    say = log.debug if verdict.status == "delivered" else log.info
    say(
        "webhook attempted",
        delivery=str(item.delivery_id),
        host=item.host,
        kind=item.kind,
        number=result.number,
        status_code=code,
        error=outcome.error,
        duration_ms=round(outcome.duration_ms, 1),
        verdict=verdict.status,
        request_id=item.cause.request_id,
    )


async def _record(result: RecordAttempt) -> Recorded | None:
    """Record it, however long the database is away: what is not recorded is sent again."""
    pause = 0.1
    while True:
        try:
            return await _arriving.record(result)
        except DatabaseAway as fault:
            log.warning(
                "attempt not yet recorded", delivery=str(result.delivery_id), why=str(fault)
            )
        await asyncio.sleep(pause)
        pause = min(5.0, pause * 2)


async def _standing(item: Due) -> DeliveryReport:
    """What an earlier run recorded, with the wait counted from now.

    What waits for an endpoint that is gone is over, and is written down so.
    """
    if item.status != "pending":
        if item.health.status in ("disabled", "deleted"):
            reason = f"endpoint_{item.health.status}"
            await cancel_delivery(CancelDelivery(item.delivery_id, reason))
        return DeliveryReport(item.status, item.attempts, None)
    wait = 0.0
    if item.next_at is not None:
        wait = max(0.0, (item.next_at - outside().clock.now()).total_seconds())
    return DeliveryReport("pending", item.attempts, wait, _held(item))


def _failure(item: Due, report: DeliveryReport) -> Failure:
    return Failure(
        delivery_id=item.delivery_id,
        host=item.host,
        kind=item.kind,
        wait_seconds=report.wait_seconds or 0.0,
        cause=item.cause,
        number=report.attempts + 1,
        first=_first(item),
        resend=item.resend,
        reason=report.reason,
    )


def _first(item: Due) -> int:
    """From which attempt the policy counts: from 1, or from the one that a resend began with."""
    if item.resend == 0:
        return 1
    is_next = item.reason == RESEND or item.reason in HOLDS
    return item.attempts + 1 if is_next else max(1, item.attempts)


def _held(item: Due) -> str:
    return item.reason if item.reason in HOLDS else ""
