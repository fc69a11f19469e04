"""Rules changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.alerts.drafts import FIGURES, BeginState, begin_state, judged
from activities.alerts.finding import alerts_of, held, there
from activities.alerts.views import AlertView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.alerts import ASKS
from activities.rules.changes import UNSET, Unset, given, must_be_version
from activities.rules.errors import InvalidFields
from schema.db import transaction
from schema.tables import AlertRow


@dataclass(frozen=True)
class UpdateAlert:
    """Change what is given; with `version` only if it is still that one.

    What it looks at, and its kind, stay. With other figures, or switched on, it begins anew.
    """

    by: Actor
    id: UUID
    version: int | None = None
    name: str | Unset = UNSET
    threshold: int | Unset | None = UNSET
    factor: float | Unset | None = UNSET
    window_minutes: int | Unset | None = UNSET
    is_active: bool | Unset = UNSET


@needs("assets.write")
async def update_alert(command: UpdateAlert) -> AlertView:
    """The rule after the change. Raises `NotFound`, `VersionMismatch`, `InvalidFields`."""
    asked, now = given(command), outside().clock.now()
    async with transaction() as session:
        query = held(alerts_of(command.by).where(AlertRow.id == command.id))
        row = there((await session.execute(query)).scalar_one_or_none())
        must_be_version(command.version, row.version)
        columns = _columns(row, asked)
        changes = {name: value for name, value in columns.items() if getattr(row, name) != value}
        if changes:
            if changes.get("is_active") or changes.keys() & set(FIGURES):
                begun = await begin_state(BeginState(row.kind, row.asset_id, row.workspace_id))
                changes |= {"state": begun.state, "since": now, "looked_at": None}
            row.sqlmodel_update({**changes, "updated_at": now, "version": row.version + 1})
            await session.flush()
        return view_of(row)


def _columns(row: AlertRow, asked: dict[str, Any]) -> dict[str, Any]:
    """The columns with what was asked for; raises `InvalidFields`."""
    empty = [name for name in ASKS[row.kind] if name in asked and asked[name] is None]
    if empty:
        raise InvalidFields({name: ["Give a number, or leave it as it is."] for name in empty})
    figures = {name: getattr(row, name) for name in FIGURES if name in ASKS[row.kind]}
    figures |= {name: value for name, value in asked.items() if name in FIGURES}
    columns = judged(row.kind, asked.get("name", row.name), figures)
    return {**columns, "is_active": asked.get("is_active", row.is_active)}
