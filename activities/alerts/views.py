"""A rule that looks at scans as its owner sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from activities.rules.alerts import ASKS, Kind, State
from schema.tables import AlertFiringRow, AlertRow


@dataclass(frozen=True)
class AlertView:
    """A rule of one asset, or of its whole workspace when that is None.

    `window_minutes`, `threshold` and `factor` are None where the kind has none. It `is_resting`
    while what it looks at is switched off or in the trash.
    """

    id: UUID
    workspace_id: UUID
    asset_kind: str | None
    asset_id: UUID | None
    name: str
    kind: Kind
    threshold: int | None
    factor: float | None
    window_minutes: int | None
    is_active: bool
    state: State
    is_resting: bool
    looked_at: datetime | None
    fired_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class FiringView:
    """One time that a rule fired, for `at`: what it counted, and expected if it was a spike."""

    id: UUID
    at: datetime
    counted: int
    expected: float | None


def view_of(row: AlertRow) -> AlertView:
    """The row in the words of the domain."""
    kind = cast(Kind, row.kind)
    return AlertView(
        id=row.id,
        workspace_id=row.workspace_id,
        asset_kind=row.asset_kind,
        asset_id=row.asset_id,
        name=row.name,
        kind=kind,
        threshold=row.threshold,
        factor=row.factor,
        window_minutes=row.window_minutes if "window_minutes" in ASKS[kind] else None,
        is_active=row.is_active,
        state=cast(State, row.state),
        is_resting=row.is_resting,
        looked_at=row.looked_at,
        fired_at=row.fired_at,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def firing_view(row: AlertFiringRow) -> FiringView:
    """A firing in the words of the domain."""
    return FiringView(row.id, row.at, row.counted, row.expected)
