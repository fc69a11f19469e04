"""What attempts do to their endpoint: it throttles, opens its circuit, is disabled, or is well."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.deliveries.disabling import DisableEndpoint, disable_endpoint
from activities.outside import outside
from activities.rules.breaker import (
    PROBE_EVERY,
    Health,
    after_failure,
    after_success,
    is_done_for,
    throttled,
)
from activities.rules.outcomes import Effect
from schema.db import transaction
from schema.tables import DeliveryRow, EndpointRow


@dataclass(frozen=True)
class SettleEndpoint:
    """An attempt at `url` was just recorded. `retry_after` is what its answer asked for, in
    seconds. `reason` says why, where `effect` is to disable (`rules/holds.py`).
    """

    endpoint_id: UUID
    url: str = field(repr=False)
    delivered: bool
    effect: Effect = "none"
    reason: str = "endpoint_disabled"
    retry_after: float | None = None


@dataclass(frozen=True)
class ClaimProbe:
    """Be the one message that tries an endpoint whose circuit is open."""

    endpoint_id: UUID


async def settle_endpoint(command: SettleEndpoint) -> Health:
    """How the endpoint is after the attempt, in the transaction that records it.

    What an address says that the endpoint has no more tells nothing of the one that it has.
    """
    now = outside().clock.now()
    query = select(EndpointRow).where(EndpointRow.id == command.endpoint_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    async with transaction() as session:
        row = (await session.execute(locked)).scalar_one()
        before = health_of(row)
        if row.url != command.url:
            return before
        if command.delivered:
            health = after_success(before)
        else:
            health = await _after_failure(session, row.id, before, now)
            if command.effect == "throttle":
                health = throttled(health, now, command.retry_after)
        row.failures, row.failing_since = health.failures, health.failing_since
        row.open_until, row.throttled_until = health.open_until, health.throttled_until
        await session.flush()
        why = _why_disabled(command, health, now)
        if why is not None and health.status in ("active", "paused"):
            await disable_endpoint(DisableEndpoint(row.id, why))
        return health_of(row)


async def claim_probe(command: ClaimProbe) -> bool:
    """Whether the caller may send one message now; of two that ask at once one may.

    Nobody else may for the next minute, whatever becomes of the one who may.
    """
    now = outside().clock.now()
    claim = (
        update(EndpointRow)
        .where(
            col(EndpointRow.id) == command.endpoint_id,
            col(EndpointRow.status) == "active",
            col(EndpointRow.open_until) <= now,
        )
        .values(open_until=now + PROBE_EVERY)
        .returning(col(EndpointRow.id))
    )
    async with transaction() as session:
        claimed = await session.execute(claim, execution_options={"synchronize_session": False})
        return claimed.scalar_one_or_none() is not None


def health_of(row: EndpointRow) -> Health:
    """How the endpoint is, as the rules see it."""
    return Health(
        status="deleted" if row.deleted_at is not None else row.status,
        failures=row.failures,
        failing_since=row.failing_since,
        open_until=row.open_until,
        throttled_until=row.throttled_until,
    )


async def _after_failure(
    session: AsyncSession, endpoint_id: UUID, before: Health, now: datetime
) -> Health:
    """The health after one more failure.

    A success by a batch that began while the endpoint was well is not noted in its row: before the
    circuit opens or the endpoint is done for, the deliveries are asked.
    """
    health = after_failure(before, now)
    grave = health.open_until != before.open_until or is_done_for(health, now)
    if grave and before.failing_since is not None:
        arrived = exists().where(
            col(DeliveryRow.endpoint_id) == endpoint_id,
            col(DeliveryRow.status) == "delivered",
            col(DeliveryRow.finished_at) > before.failing_since,
        )
        if await session.scalar(select(arrived)):
            return after_failure(after_success(before), now)
    return health


def _why_disabled(command: SettleEndpoint, health: Health, now: datetime) -> str | None:
    if command.effect == "disable":
        return command.reason
    return "failing" if not command.delivered and is_done_for(health, now) else None
