"""Rules read: one, or a page of them, and the times that one fired."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from activities.alerts.finding import alerts_of, there
from activities.alerts.views import AlertView, FiringView, firing_view, view_of
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import read_page
from schema.tables import AlertFiringRow, AlertRow


@dataclass(frozen=True)
class ListAlerts:
    """The rules of the actor's organization, newest first; those of one asset or workspace."""

    by: Actor
    page: PageRequest
    asset_id: UUID | None = None
    workspace_id: UUID | None = None


@dataclass(frozen=True)
class ReadAlert:
    """One rule of the actor's organization."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ListFirings:
    """The times that a rule fired, of the last 400 days, newest first."""

    by: Actor
    id: UUID
    page: PageRequest


@needs("assets.read")
async def list_alerts(command: ListAlerts) -> Page[AlertView]:
    """One page. An asset or workspace that is not the actor's has none."""
    query, asked = alerts_of(command.by), command.page
    if command.asset_id is not None:
        query = query.where(AlertRow.asset_id == command.asset_id)
    if command.workspace_id is not None:
        query = query.where(AlertRow.workspace_id == command.workspace_id)
    async with transaction() as session:
        rows, total = await read_page(
            session, query, AlertRow, offset=asked.offset, size=asked.size
        )
    return Page([view_of(row) for (row,) in rows], total, asked)


@needs("assets.read")
async def read_alert(command: ReadAlert) -> AlertView:
    """One rule; raises `NotFound`."""
    query = alerts_of(command.by).where(AlertRow.id == command.id)
    async with transaction() as session:
        return view_of(there((await session.execute(query)).scalar_one_or_none()))


@needs("assets.read")
async def list_firings(command: ListFirings) -> Page[FiringView]:
    """One page; raises `NotFound`."""
    asked = command.page
    firings = select(AlertFiringRow).where(col(AlertFiringRow.alert_id) == command.id)
    async with transaction() as session:
        await read_alert(ReadAlert(command.by, command.id))
        rows, total = await read_page(
            session, firings, AlertFiringRow, offset=asked.offset, size=asked.size
        )
    return Page([firing_view(row) for (row,) in rows], total, asked)
