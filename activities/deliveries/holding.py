"""Whether a message that is due may be sent now, or waits: that is no attempt.

A held message looks again by itself, late; the relay wakes it as soon as what held it is over
(`releasing.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.deliveries.due import Due
from activities.deliveries.health import ClaimProbe, claim_probe
from activities.meters import Take, take
from activities.outside import outside
from activities.rules.breaker import PROBE_EVERY, Health, held_by, look_again_in
from activities.rules.errors import RateLimited
from activities.rules.holds import Hold
from activities.rules.throttles import Throttle
from schema.db import transaction
from schema.tables import DeliveryRow

LONGEST_DRAIN_SECONDS = 900.0
BUSY_SECONDS = 2.0


@dataclass(frozen=True)
class MayAttempt:
    """Look whether this may be sent; `health` is how its endpoint was last seen."""

    due: Due
    health: Health


@dataclass(frozen=True)
class HoldDelivery:
    """Let a delivery wait for `hold`; `health` is how its endpoint was last seen.

    With `parks` no workflow waits with it: the relay puts it into another batch (`parking.py`).
    """

    due: Due
    hold: Hold
    health: Health
    parks: bool = False


@dataclass(frozen=True)
class Held:
    """A delivery looks again in so many seconds."""

    seconds: float


async def find_hold(command: MayAttempt) -> Hold | None:
    """What keeps the message from being sent; None lets it go, as the probe where one is due."""
    due, health, now = command.due, command.health, outside().clock.now()
    hold = held_by(health, now)
    if hold is not None:
        return hold
    if due.order_key is not None and await _has_earlier(due):
        return Hold("earlier_message")
    if due.rate_per_minute is not None:
        try:
            await take(Take(throttle_of(due.rate_per_minute), str(due.endpoint_id)))
        except RateLimited as refusal:
            return Hold("rate_limit", now + timedelta(seconds=refusal.standing.retry_after))
    if health.open_until is not None and not await claim_probe(ClaimProbe(due.endpoint_id)):
        return Hold("circuit_open", now + PROBE_EVERY)
    return None


async def hold_delivery(command: HoldDelivery) -> Held | None:
    """Write down why it waits and until when; that is no attempt. None when it went on meanwhile:
    another run of the same activity tried it.
    """
    due, hold, now, roll = command.due, command.hold, outside().clock.now(), outside().dice.roll()
    wait = look_again_in(hold, command.health, now, roll)
    if hold.reason == "busy":
        wait = BUSY_SECONDS * (1 + roll)
    async with transaction() as session:
        if hold.reason == "rate_limit" and hold.until is not None:
            wait = (hold.until - now).total_seconds() + roll * await _drain_time(session, due)
        write = (
            update(DeliveryRow)
            .where(
                col(DeliveryRow.id) == due.delivery_id,
                col(DeliveryRow.status) == "pending",
                col(DeliveryRow.attempts) == due.attempts,
            )
            .values(
                reason=hold.reason,
                next_at=now + timedelta(seconds=wait),
                parked=command.parks,
            )
            .returning(col(DeliveryRow.id))
        )
        written = await session.execute(write, execution_options={"synchronize_session": False})
        return Held(wait) if written.first() is not None else None


def throttle_of(per_minute: int) -> Throttle:
    """An endpoint's own limit; what it did not use for ten seconds may come at once."""
    return Throttle("webhook endpoint", per_minute, max(1, per_minute // 6))


async def _has_earlier(due: Due) -> bool:
    earlier = exists().where(
        col(DeliveryRow.endpoint_id) == due.endpoint_id,
        col(DeliveryRow.order_key) == due.order_key,
        col(DeliveryRow.status) == "pending",
        col(DeliveryRow.sequence) < due.sequence,
    )
    async with transaction() as session:
        return bool(await session.scalar(select(earlier)))


async def _drain_time(session: AsyncSession, due: Due) -> float:
    """Seconds until all that waits for the endpoint's own limit is gone, 15 min at most."""
    per_minute = due.rate_per_minute or 1
    # No more are counted than what takes the longest time.
    most = int(LONGEST_DRAIN_SECONDS * per_minute / 60)
    count = 0
    # Each has an index of its own.
    for kind in (col(DeliveryRow.parked), ~col(DeliveryRow.parked)):
        waiting = (
            select(DeliveryRow.id)
            .where(
                col(DeliveryRow.endpoint_id) == due.endpoint_id,
                col(DeliveryRow.status) == "pending",
                col(DeliveryRow.reason) == "rate_limit",
                kind,
            )
            .limit(most)
        )
        count += await session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    return min(LONGEST_DRAIN_SECONDS, 60.0 * (count + 1) / per_minute)
