"""Rules made."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.alerts.drafts import BeginState, begin_state, judged
from activities.alerts.finding import AssetKind, FindWatched, find_watched
from activities.alerts.views import AlertView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, PlanLimitReached
from activities.shelf.workspaces import FindWorkspace, find_workspace
from schema.db import transaction
from schema.locks import lock_organization
from schema.tables import AlertRow

MOST = 1000
"""Rules of one organization, on every plan."""


@dataclass(frozen=True)
class CreateAlert:
    """A rule about an asset, or without one about a workspace: this one, or the first.

    Figures that its kind has and that are not given are the usual ones, but for a threshold.
    """

    by: Actor
    name: str
    kind: str
    asset_kind: AssetKind | None = None
    asset_id: UUID | None = None
    workspace_id: UUID | None = None
    threshold: int | None = None
    factor: float | None = None
    window_minutes: int | None = None
    is_active: bool = True


@needs("assets.write")
async def create_alert(command: CreateAlert) -> AlertView:
    """Make it. Raises `InvalidFields`, `NotFound`, `NoWorkspace`, `PlanLimitReached`.

    Where there was a scan already, a rule for the first one never fires.
    """
    by, now = command.by, outside().clock.now()
    columns = judged(command.kind, command.name, vars(command))
    async with transaction() as session:
        await _have_room(session, by)
        home = await _home(command)
        begun = await begin_state(BeginState(command.kind, command.asset_id, home))
        row = AlertRow(
            **columns,
            created_at=now,
            updated_at=now,
            since=now,
            organization_id=by.organization_id,
            workspace_id=home,
            asset_kind=command.asset_kind,
            asset_id=command.asset_id,
            is_active=command.is_active,
            state=begun.state,
            made_by=by.user_id,
        )
        session.add(row)
        await session.flush()
    return view_of(row)


async def _home(command: CreateAlert) -> UUID:
    by = command.by
    if command.asset_id is None or command.asset_kind is None:
        return (await find_workspace(FindWorkspace(by, command.workspace_id))).id
    if command.workspace_id is not None:
        raise InvalidFields({"workspace_id": ["Name an asset or a workspace, not both."]})
    watched = await find_watched(FindWatched(by, command.asset_kind, command.asset_id))
    return watched.workspace_id


async def _have_room(session: AsyncSession, by: Actor) -> None:
    plan = await lock_organization(session, by.organization_id)
    mine = select(func.count()).where(
        AlertRow.organization_id == by.organization_id, col(AlertRow.deleted_at).is_(None)
    )
    if (await session.scalar(mine) or 0) >= MOST:
        raise PlanLimitReached("alerts", plan=plan, limit=MOST)
