"""Where an asset led before: every change of its destination."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import read_page
from schema.tables import DestinationChangeRow


@dataclass(frozen=True)
class RecordChange:
    """An asset of the actor's organization leads to `new_url` from now on."""

    by: Actor
    asset_id: UUID
    old_url: str | None
    new_url: str | None


@dataclass(frozen=True)
class ListChanges:
    """The changes of one asset, newest first. That it is the actor's is the caller's to know."""

    by: Actor
    asset_id: UUID
    page: PageRequest


@dataclass(frozen=True)
class ChangeView:
    """One change, and the name of who made it (a person's or a key's)."""

    id: UUID
    old_url: str | None
    new_url: str | None
    changed_by: str
    changed_at: datetime


@needs("assets.write")
async def record_change(command: RecordChange) -> None:
    """Remember the change, in the open transaction; nothing when it is none."""
    if command.old_url == command.new_url:
        return
    async with transaction() as session:
        session.add(
            DestinationChangeRow(
                created_at=outside().clock.now(),
                organization_id=command.by.organization_id,
                asset_id=command.asset_id,
                old_url=command.old_url,
                new_url=command.new_url,
                changed_by=command.by.name,
            )
        )
        await session.flush()


@needs("assets.read")
async def list_changes(command: ListChanges) -> Page[ChangeView]:
    """One page of them."""
    query = select(DestinationChangeRow).where(
        DestinationChangeRow.organization_id == command.by.organization_id,
        col(DestinationChangeRow.asset_id) == command.asset_id,
    )
    async with transaction() as session:
        rows, total = await read_page(
            session,
            query,
            DestinationChangeRow,
            offset=command.page.offset,
            size=command.page.size,
        )
    views = [
        ChangeView(row.id, row.old_url, row.new_url, row.changed_by, row.created_at)
        for (row,) in rows
    ]
    return Page(views, total, command.page)
