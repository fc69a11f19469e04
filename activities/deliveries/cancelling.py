"""Deliveries that are called off before they are through."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio import activity

from activities.outside import outside
from schema.db import transaction
from schema.tables import DeliveryRow


@dataclass(frozen=True)
class CancelDelivery:
    """Make no further attempt of a delivery; `reason` as in `rules/holds.py`."""

    delivery_id: UUID
    reason: str = "cancelled"


@activity.defn
async def cancel_delivery(command: CancelDelivery) -> None:
    """Mark a delivery that is not finished as cancelled."""
    async with transaction() as session:
        row = await session.get(DeliveryRow, command.delivery_id, with_for_update=True)
        if row is not None and row.status == "pending":
            row.status, row.next_at = "cancelled", None
            row.reason, row.finished_at = command.reason, outside().clock.now()
