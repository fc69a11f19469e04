"""Endpoints that are disabled by what they answered, or by not answering for days.

What waits for one is cancelled; owners and admins are told, and their other endpoints by an event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import Act, record_act
from activities.notices.telling import Notify, notify
from activities.outbox import emit
from activities.outside import outside
from activities.rules.facts.endpoints import EndpointDisabled
from activities.rules.spelling import stamp
from schema.db import transaction
from schema.tables import DeliveryRow, EndpointRow

WHY = {
    "failing": "nothing but failures for five days",
    "endpoint_gone": "it answered 410 Gone",
    "endpoint_disabled": "it asked for that in an answer",
}
"""What the mail says to each reason."""


@dataclass(frozen=True)
class DisableEndpoint:
    """Send nothing more to an endpoint; `reason` is one of `WHY`."""

    endpoint_id: UUID
    reason: str


async def disable_endpoint(command: DisableEndpoint) -> bool:
    """Disable it, in the open transaction if there is one; False when it was not in use."""
    now = outside().clock.now()
    query = select(EndpointRow).where(EndpointRow.id == command.endpoint_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    async with transaction() as session:
        row = (await session.execute(locked)).scalar_one()
        if row.status == "disabled" or row.deleted_at is not None:
            return False
        row.status, row.disabled_at, row.disabled_reason = "disabled", now, command.reason
        row.updated_at, row.version = now, row.version + 1
        await session.flush()
        cancelled = await _cancel_waiting(session, row.id, now)
        await emit(_fact(row, command.reason, now))
        await record_act(_act(row, command.reason, cancelled))
        await _tell_owners(row, command.reason, now)
    return True


async def _cancel_waiting(session: AsyncSession, endpoint_id: UUID, now: datetime) -> int:
    cancel = (
        update(DeliveryRow)
        .where(
            col(DeliveryRow.endpoint_id) == endpoint_id,
            col(DeliveryRow.status) == "pending",
        )
        .values(status="cancelled", reason="endpoint_disabled", next_at=None, finished_at=now)
    )
    done = await session.execute(cancel, execution_options={"synchronize_session": False})
    count: int = done.rowcount  # type: ignore[attr-defined]
    return count


def _fact(row: EndpointRow, reason: str, now: datetime) -> EndpointDisabled:
    return EndpointDisabled(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        host=_host(row),
        reason=reason,
        failing_since=row.failing_since,
    )


def _act(row: EndpointRow, reason: str, cancelled: int) -> Act:
    detail = {"reason": reason, "cancelled": cancelled}
    what = f"endpoint {row.id}"
    return Act(row.organization_id, "system", None, "", "endpoint.disabled", what, detail)


async def _tell_owners(row: EndpointRow, reason: str, now: datetime) -> None:
    words = {"host": _host(row), "why": WHY.get(reason, reason)}
    key = f"endpoint_disabled/{row.id}/{stamp(now)}"
    await notify(Notify(row.organization_id, "endpoint_disabled", key, words))


def _host(row: EndpointRow) -> str:
    """Path and query of an address may hold secrets."""
    return urlsplit(row.url).hostname or ""
