"""Link pages read: one, a list of them, their totals."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select

from activities.link_pages.views import LinkPageView, view_of
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.listings import Listing
from activities.rules.paging import Page
from activities.shelf.labels import read_labels, wanted
from activities.shelf.listing import AssetList
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import LinkPageRow


@dataclass(frozen=True)
class ReadLinkPage:
    """One page of the actor's organization."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ListLinkPages:
    """Pages of the actor's organization."""

    by: Actor
    listing: Listing


@dataclass(frozen=True)
class SummarizeLinkPages:
    """Totals over the pages of the actor's organization."""

    by: Actor


@dataclass(frozen=True)
class LinkPageSummary:
    """How many pages there are, how many of them active, and all their views."""

    total: int
    active: int
    view_count: int


@needs("assets.read")
async def read_link_page(command: ReadLinkPage) -> LinkPageView:
    """One page; `NotFound` when there is none, it is deleted, or it is another tenant's."""
    query = visible(LinkPageRow, command.by).where(LinkPageRow.id == command.id)
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
        if row is None:
            raise NotFound("link page")
        return view_of(row, await read_labels(wanted([row])))


@needs("assets.read")
async def list_link_pages(command: ListLinkPages) -> Page[LinkPageView]:
    """One page of the list, newest first unless the listing says otherwise."""
    async with transaction() as session:
        page = await AssetList(LinkPageRow, command.by, command.listing).page(session)
        labels = await read_labels(wanted(page.items))
    views = [view_of(row, labels) for row in page.items]
    return Page(views, page.total, page.request, page.next)


@needs("assets.read")
async def summarize_link_pages(command: SummarizeLinkPages) -> LinkPageSummary:
    """The totals, those in the trash left out."""
    pages = visible(LinkPageRow, command.by).subquery()
    query = select(
        func.count(),
        func.count().filter(pages.c.is_active),
        func.coalesce(func.sum(pages.c.view_count), 0),
    ).select_from(pages)
    async with transaction() as session:
        total, active, views = (await session.execute(query)).one()
    return LinkPageSummary(total=total, active=active, view_count=int(views))
