"""Endpoints taken away: nothing more is sent to them, and what was sent stays known."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.endpoints.finding import held, must_see_all, the_endpoint, there
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from schema.db import transaction
from schema.tables import DeliveryRow

CANCELLED_BECAUSE = "endpoint_deleted"


@dataclass(frozen=True)
class DeleteEndpoint:
    """Take an endpoint away; with `version` only if it is still that one."""

    by: Actor
    id: UUID
    version: int | None = None


@needs("webhooks.write")
async def delete_endpoint(command: DeleteEndpoint) -> None:
    """It is gone, its headers and older secret with it; what was not delivered is cancelled.

    The newest secret stays sealed for a message that is being sent.

    Raises `NotFound`, `VersionMismatch`, `Forbidden` for an actor of one workspace.
    """
    by, now = command.by, outside().clock.now()
    must_see_all(by, "webhooks.write")
    async with transaction() as session:
        query = held(the_endpoint(by, command.id))
        row = there((await session.execute(query)).scalar_one_or_none())
        must_be_version(command.version, row.version)
        row.sqlmodel_update(
            {
                "deleted_at": now,
                "updated_at": now,
                "version": row.version + 1,
                "sealed_headers": None,
                "previous_sealed_secret": None,
                "previous_until": None,
            }
        )
        await session.flush()
        # One whose attempt is being recorded is passed over: it would wait for us and we for it.
        # Its next attempt finds that the endpoint is gone.
        pending = (
            select(DeliveryRow.id)
            .where(DeliveryRow.endpoint_id == row.id, DeliveryRow.status == "pending")
            .with_for_update(skip_locked=True)
        )
        await session.execute(
            update(DeliveryRow)
            .where(col(DeliveryRow.id).in_(pending))
            .values(status="cancelled", next_at=None, finished_at=now, reason=CANCELLED_BECAUSE)
            .execution_options(synchronize_session=False)
        )
        await record_act(done_by(by, "endpoint.deleted", f"endpoint {row.id}"))
