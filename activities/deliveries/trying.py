"""A message's turn: it is sent and recorded, or told what holds it.

What is recorded is not sent again; what was sent and not recorded is, under the same message id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from temporalio import activity

from activities.attempts import RecordAttempt, Recorded, make_attempt
from activities.deliveries.cancelling import CancelDelivery, cancel_delivery
from activities.deliveries.due import Due, LoadDue, LookAgain, load_due, look_again
from activities.deliveries.holding import HoldDelivery, MayAttempt, find_hold, hold_delivery
from activities.deliveries.lanes import Lanes
from activities.deliveries.parking import ParkBusy, park_busy
from activities.deliveries.recording import Arriving
from activities.outside import outside
from activities.rules.breaker import Health
from activities.rules.holds import HOLDS, RESEND, Hold
from activities.rules.outcomes import Status
from schema.db import DatabaseAway

ATTEMPTS = Counter("inkloom_webhook_attempts", "Attempts of deliveries by outcome", ["outcome"])
HELD = Counter("inkloom_webhook_holds", "Attempts that had to wait, by reason", ["reason"])

FRESH_SECONDS = 0.5
"""How long what was read of endpoints counts; who had to wait longer looks again."""

log = structlog.get_logger("inkloom.deliveries")

_lanes = Lanes()
_arriving = Arriving()


@dataclass(frozen=True)
class DeliveryReport:
    """Where a delivery stands; `wait_seconds` is None when it is over, `reason` what holds it.

    One that is `parked` is not mine any more.
    """

    status: Status
    attempts: int
    wait_seconds: float | None
    reason: str = ""
    parked: bool = False


class Run:
    """What one run of an activity knows: until when it waits, and how endpoints are by now.

    `has_begun` once one message had its turn. What is held is parked if it `parks`, and what fails
    at a receiver that is away is too. One that parks begins nothing more once its worker stops.
    """

    def __init__(self, seconds: float, due: Iterable[Due] = (), *, parks: bool = False) -> None:
        self.has_begun = False
        self._parks = parks
        self._looked = monotonic()
        self._until = self._looked + seconds
        self._health: dict[UUID, Health] = {}
        self._versions = {item.endpoint_id: item.version for item in due}
        self._changed: dict[UUID, Mapping[str, Any]] = {}

    async def try_one(
        self, item: Due, first: int, *, is_forced: bool = False
    ) -> DeliveryReport | None:
        """Send it, or tell what holds it; None when it had no turn in time.

        Its policy counts from attempt `first`; `is_forced` sends it whatever holds it.
        """
        left = self._until - monotonic()
        if self.is_stopping or not await _lanes.enter(
            item.endpoint_id, item.concurrency, seconds=left
        ):
            return None
        self.has_begun = True
        try:
            item = await self._as_it_is(item)
            health = self._health.get(item.endpoint_id, item.health)
            if health.status in ("disabled", "deleted"):
                return await self.standing(replace(item, status="cancelled", health=health))
            hold = None if is_forced else await find_hold(MayAttempt(item, health))
            if hold is not None:
                return await self.hold(item, hold)
            return await self._attempt(replace(item, health=health, first=first))
        finally:
            _lanes.leave(item.endpoint_id)

    @property
    def is_over(self) -> bool:
        """Whether its time is over, or it is stopping: who has tried something leaves the rest."""
        return self.is_stopping or monotonic() >= self._until

    @property
    def is_stopping(self) -> bool:
        """Whether what it begins now would be cut off, and sent again by another worker."""
        return self._parks and activity.in_activity() and activity.is_worker_shutdown()

    async def hold(self, item: Due, hold: Hold) -> DeliveryReport:
        """Nothing is sent now; when to look again."""
        health = self._health.get(item.endpoint_id, item.health)
        held = await hold_delivery(HoldDelivery(item, hold, health, self._parks))
        if held is None:
            return await self._found(item.delivery_id)
        HELD.labels(hold.reason).inc()
        log.info("webhook held", delivery=str(item.delivery_id), host=item.host, reason=hold.reason)
        wait = held.seconds
        return DeliveryReport("pending", item.attempts, wait, hold.reason, self._parks)

    async def park(self, items: Sequence[Due]) -> dict[UUID, DeliveryReport]:
        """All places to their endpoints are taken, and stay so for a while: all are parked."""
        asked = ParkBusy(tuple(item.delivery_id for item in items))
        parked = (await park_busy(asked)).delivery_ids
        HELD.labels("busy").inc(len(parked))
        log.info("webhooks held", deliveries=len(parked), reason="busy")
        reports = {
            item.delivery_id: DeliveryReport("pending", item.attempts, 0.0, "busy", parked=True)
            for item in items
        }
        for went_on in reports.keys() - parked:
            reports[went_on] = await self._found(went_on)
        return reports

    async def standing(self, item: Due) -> DeliveryReport:
        """What an earlier run recorded, with the wait counted from now.

        What waits for an endpoint that is gone is over, and is written down so.
        """
        if item.status != "pending":
            if item.health.status in ("disabled", "deleted") and not item.is_ended:
                reason = f"endpoint_{item.health.status}"
                await cancel_delivery(CancelDelivery(item.delivery_id, reason))
            return DeliveryReport(item.status, item.attempts, None)
        wait = 0.0
        if item.next_at is not None:
            wait = max(0.0, (item.next_at - outside().clock.now()).total_seconds())
        reason = item.reason if item.reason in HOLDS else ""
        return DeliveryReport("pending", item.attempts, wait, reason, item.parked)

    async def _as_it_is(self, item: Due) -> Due:
        """The same to its endpoint as that is by now: who waited for a place may find it paused, at
        another address or with another secret.
        """
        if monotonic() - self._looked > FRESH_SECONDS:
            self._looked = monotonic()
            changed = (await look_again(LookAgain(self._versions))).receivers
            for endpoint_id, receiver in changed.items():
                self._versions[endpoint_id] = receiver["version"]
                self._health.pop(endpoint_id, None)
            self._changed.update(changed)
        other = self._changed.get(item.endpoint_id)
        return item if other is None else replace(item, **other)

    async def _attempt(self, item: Due) -> DeliveryReport:
        result = await make_attempt(item)
        # Where the policy of one that was sent anew counts from, only its workflow knows.
        if self._parks and item.resend == 0 and result.verdict.status != "delivered":
            result = replace(result, parks=True)
        recorded = await _record(result)
        _tell(item, result)
        if recorded is None:
            return await self._found(item.delivery_id)
        self._health[item.endpoint_id] = recorded.health
        wait = result.verdict.wait_seconds if recorded.status == "pending" else None
        return DeliveryReport(recorded.status, result.number, wait, parked=recorded.parked)

    async def _found(self, delivery_id: UUID) -> DeliveryReport:
        """Another run of the same activity was faster: what it wrote down counts."""
        (found,) = await load_due(LoadDue(delivery_id=delivery_id))
        return await self.standing(found)


def first_of(item: Due) -> int:
    """From which attempt the policy counts: from 1, or from the one that a resend began with."""
    if item.resend == 0:
        return 1
    is_next = item.reason == RESEND or item.reason in HOLDS
    return item.attempts + 1 if is_next else max(1, item.attempts)


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
