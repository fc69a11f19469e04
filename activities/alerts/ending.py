"""Rules taken away."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from activities.alerts.finding import alerts_of, held, there
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from schema.db import transaction
from schema.tables import AlertRow


@dataclass(frozen=True)
class DeleteAlert:
    """Take a rule away; with `version` only if it is still that one."""

    by: Actor
    id: UUID
    version: int | None = None


@needs("assets.write")
async def delete_alert(command: DeleteAlert) -> None:
    """It looks at nothing any more. Raises `NotFound`, `VersionMismatch`."""
    now = outside().clock.now()
    async with transaction() as session:
        query = held(alerts_of(command.by).where(AlertRow.id == command.id))
        row = there((await session.execute(query)).scalar_one_or_none())
        must_be_version(command.version, row.version)
        row.sqlmodel_update({"deleted_at": now, "updated_at": now, "version": row.version + 1})
        await session.flush()
