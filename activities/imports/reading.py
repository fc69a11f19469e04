"""Imports read: one, a page of them, the lines of one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.imports.views import ImportItemView, ImportView, ItemStatus, item_view_of, view_of
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import count_rows, read_page
from schema.tables import ImportItemRow, ImportRow


@dataclass(frozen=True)
class ReadImport:
    """One import of the actor's organization."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ListImports:
    """The imports of the actor's organization, newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class ListImportItems:
    """The lines of one import in the order of the file; with `status` only those."""

    by: Actor
    id: UUID
    page: PageRequest
    status: ItemStatus | None = None


@needs("assets.read")
async def read_import(command: ReadImport) -> ImportView:
    """One import; `NotFound` when there is none or it is another tenant's."""
    query = own_imports(command.by).where(ImportRow.id == command.id)
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("import")
    return view_of(row)


@needs("assets.read")
async def list_imports(command: ListImports) -> Page[ImportView]:
    """One page of them."""
    async with transaction() as session:
        rows, total = await read_page(
            session,
            own_imports(command.by),
            ImportRow,
            offset=command.page.offset,
            size=command.page.size,
        )
    return Page([view_of(row) for (row,) in rows], total, command.page)


@needs("assets.read")
async def list_import_items(command: ListImportItems) -> Page[ImportItemView]:
    """One page of lines. Raises `NotFound`."""
    await read_import(ReadImport(command.by, command.id))
    query = select(ImportItemRow).where(ImportItemRow.import_id == command.id)
    if command.status:
        query = query.where(ImportItemRow.status == command.status)
    async with transaction() as session:
        total = await count_rows(session, query)
        page = query.order_by(col(ImportItemRow.number))
        page = page.limit(command.page.size).offset(command.page.offset)
        rows = (await session.execute(page)).scalars().all()
    return Page([item_view_of(row) for row in rows], total, command.page)


def own_imports(by: Actor) -> SelectOfScalar[ImportRow]:
    """The imports that an actor sees."""
    query = select(ImportRow).where(ImportRow.organization_id == by.organization_id)
    return query.where(ImportRow.workspace_id == by.workspace_id) if by.workspace_id else query
