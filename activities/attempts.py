"""One attempt of a delivery that is due: send it, and record how it went.

Loading (`deliveries/due.py`) and recording are one transaction each; sending happens in none, so
that a slow receiver holds no connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import case, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from activities.deliveries.due import Due
from activities.deliveries.health import SettleEndpoint, settle_endpoint
from activities.gateways.receivers import Outcome, OutgoingRequest
from activities.outside import outside
from activities.rules.backoff import parse_retry_after
from activities.rules.breaker import Health
from activities.rules.holds import RETRY
from activities.rules.outcomes import Status, Verdict, judge, judge_moved, read_control
from activities.rules.sent_headers import SAMPLE, SEQUENCE, redacted_request
from activities.rules.signatures import Message, body, headers
from activities.rules.spelling import prefixed
from schema.db import transaction
from schema.tables import AttemptRow, DeliveryRow, EndpointRow


@dataclass(frozen=True)
class RecordAttempt:
    """Attempt `number` of a delivery was sent to `url` at `sent_at` and went as `outcome` says.

    `health` is how the endpoint was when last looked at. `request_headers` hold no secrets. With
    `parks` one that failed at a receiver that is away is parked: no workflow waits with it.
    `if_moved` counts in place of the verdict where the endpoint has another address by now.
    """

    delivery_id: UUID
    endpoint_id: UUID
    url: str = field(repr=False)
    number: int
    sent_at: datetime
    outcome: Outcome
    verdict: Verdict
    if_moved: Verdict
    health: Health
    request_headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    parks: bool = False


@dataclass(frozen=True)
class Recorded:
    """The delivery's status after that, and how its endpoint is."""

    status: Status
    health: Health
    parked: bool = False


async def make_attempt(due: Due) -> RecordAttempt:
    """Send the message once, signed now, and judge the answer. Raises for no receiver's fault."""
    world = outside()
    number, sent_at = due.attempts + 1, world.clock.now()
    message = _message(due, number)
    ours = headers(message, due.secrets, sent_at, due.sign)
    if due.sequence is not None:
        ours[SEQUENCE] = str(due.sequence)
    if due.is_sample:
        ours[SAMPLE] = "1"
    sent = {**due.own_headers, **ours}
    outcome = await world.receivers.send(OutgoingRequest(due.url, sent, message.body))
    answered = outcome.error is None
    retry_after = parse_retry_after(outcome.retry_after, world.clock.now())
    tries, roll = number - due.first + 1, world.dice.roll()
    verdict = judge(
        number=tries,
        status_code=outcome.status_code if answered else None,
        delays=due.delays,
        roll=roll,
        retry_after=retry_after,
        control=read_control(outcome.response_headers) if answered else "",
    )
    return RecordAttempt(
        delivery_id=due.delivery_id,
        endpoint_id=due.endpoint_id,
        url=due.url,
        number=number,
        sent_at=sent_at,
        outcome=outcome,
        verdict=verdict,
        if_moved=judge_moved(verdict, number=tries, delays=due.delays, roll=roll),
        health=due.health,
        request_headers=redacted_request(ours, due.own_headers),
        retry_after=retry_after,
    )


async def record_attempt(command: RecordAttempt) -> Recorded | None:
    """Write the attempt, move its delivery on, and let the endpoint feel it.

    None when the delivery has to be read, as it is not where the verdict puts it: an attempt of
    that number was recorded before, or the endpoint has another address by now. A delivery that was
    cancelled while the attempt was under way stays so, unless it arrived.
    """
    now, asked = outside().clock.now(), command.verdict
    settles = asked.status != "delivered" or asked.effect != "none" or not command.health.is_well
    async with transaction() as session:
        if settles:
            # Before the delivery: who disables the endpoint locks both in this order.
            lock = select(EndpointRow.url).where(EndpointRow.id == command.endpoint_id)
            if await session.scalar(lock.with_for_update(key_share=True)) != command.url:
                command = replace(command, verdict=command.if_moved)
        verdict = command.verdict
        next_at = now + timedelta(seconds=verdict.wait_seconds) if verdict.wait_seconds else None
        moved = await session.execute(
            _move(command, now, next_at), execution_options={"synchronize_session": False}
        )
        status = moved.scalar_one_or_none()
        if status is None:
            return None
        await session.execute(_record(command, next_at))
        health = command.health
        if settles:
            health = await settle_endpoint(_felt(command))
            if verdict.wait_seconds is not None and health.status == "disabled":
                status = "cancelled"
        parked = command.parks and status == "pending" and health.open_until is not None
        if parked:
            park = update(DeliveryRow).where(col(DeliveryRow.id) == command.delivery_id)
            await session.execute(park.values(parked=True, reason=RETRY))
        if verdict != asked:
            return None
        return Recorded(status, health, parked)  # type: ignore[arg-type]


def readable(raw: bytes) -> str:
    """A receiver's answer as text that PostgreSQL can hold (no NUL)."""
    return raw.decode("utf-8", "replace").replace("\x00", "�")


def _felt(command: RecordAttempt) -> SettleEndpoint:
    return SettleEndpoint(
        endpoint_id=command.endpoint_id,
        url=command.url,
        delivered=command.verdict.status == "delivered",
        effect=command.verdict.effect,
        reason=command.verdict.reason or "endpoint_disabled",
        retry_after=command.retry_after,
    )


def _move(command: RecordAttempt, now: datetime, next_at: datetime | None) -> Any:
    """The delivery's next state, where no attempt of this number is recorded; answers its status.

    Only a delivery that arrives leaves what is cancelled.
    """
    verdict = command.verdict
    arrived = verdict.status == "delivered"
    is_pending = col(DeliveryRow.status) == "pending"

    def moved(to: Any, column: Any) -> Any:
        return to if arrived else case((is_pending, to), else_=column)

    reason = moved(verdict.reason, col(DeliveryRow.reason))
    if verdict.status == "pending":
        # Another run of the batch parked it meanwhile, and only that one's report counts.
        reason = case((col(DeliveryRow.parked) & is_pending, RETRY), else_=reason)

    return (
        update(DeliveryRow)
        .where(
            col(DeliveryRow.id) == command.delivery_id,
            col(DeliveryRow.attempts) == command.number - 1,
            col(DeliveryRow.status).in_(("pending", "cancelled")),
        )
        .values(
            attempts=command.number,
            status=moved(verdict.status, col(DeliveryRow.status)),
            reason=reason,
            next_at=moved(next_at, col(DeliveryRow.next_at)),
            finished_at=moved(
                None if verdict.status == "pending" else now, col(DeliveryRow.finished_at)
            ),
        )
        .returning(col(DeliveryRow.status))
    )


def _record(command: RecordAttempt, next_at: datetime | None) -> Any:
    outcome = command.outcome
    return insert(AttemptRow).values(
        id=uuid4(),
        created_at=command.sent_at,
        delivery_id=command.delivery_id,
        number=command.number,
        status_code=outcome.status_code,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        address=outcome.address,
        response_body=readable(outcome.response_body),
        request_headers=dict(command.request_headers),
        response_headers=dict(outcome.response_headers),
        phases={name: round(ms, 1) for name, ms in outcome.phases.items()},
        why=" ".join(part for part in (outcome.detail, command.verdict.why) if part),
        next_at=next_at,
    )


def _message(due: Due, number: int) -> Message:
    return Message(
        scheme=due.scheme,
        message_id=prefixed("evt", due.event_id),
        event=due.kind,
        endpoint_id=prefixed("whe", due.endpoint_id),
        attempt=number,
        body=body(due.scheme, event=due.kind, data=due.payload, occurred_at=due.occurred_at),
    )
