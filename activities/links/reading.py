"""Short links read: one, a page of them, their totals, where one led before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal
from sqlalchemy import select as counted
from sqlmodel import col, select

from activities.links.domains import is_ours
from activities.links.finding import meant, only_one
from activities.links.marks import of_all, of_one, read_marks
from activities.links.views import LinkView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules import hostnames
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.listings import Listing
from activities.rules.paging import Page, PageRequest
from activities.shelf.history import ChangeView, ListChanges, list_changes
from activities.shelf.listing import AssetList, is_going_on
from activities.shelf.visible import visible
from activities.statistics.pending import pending_visits
from schema.db import transaction
from schema.tables import DomainRow, LinkRow


@dataclass(frozen=True)
class ReadLink:
    """One link of the actor's organization, by `id` or by its `slug`.

    A slug is that on the default domain; where it has none, that on the only custom one.
    """

    by: Actor
    id: UUID | None = None
    slug: str | None = None


@dataclass(frozen=True)
class ListLinks:
    """Links of the actor's organization, on one domain when its host name is given."""

    by: Actor
    listing: Listing
    domain: str | None = None


@dataclass(frozen=True)
class SummarizeLinks:
    """Totals over the links of the actor's organization."""

    by: Actor


@dataclass(frozen=True)
class LinkSummary:
    """How many links there are, how many of them active, and all their clicks; how many are
    monitored, and of how many the destination fails.
    """

    total: int
    active: int
    click_count: int
    health_monitored: int
    health_failing: int


@dataclass(frozen=True)
class ListLinkChanges:
    """Where one link led before."""

    by: Actor
    id: UUID
    page: PageRequest


@needs("assets.read")
async def read_link(command: ReadLink) -> LinkView:
    """One link; `NotFound` when there is none, it is deleted, or it is another tenant's."""
    by = command.by
    query = meant(by, command.id, command.slug)
    async with transaction() as session:
        row = only_one((await session.execute(query)).scalars().all())
        return view_of(row, await read_marks(of_one(row, by)))


@needs("assets.read")
async def list_links(command: ListLinks) -> Page[LinkView]:
    """One page, newest first unless the listing says otherwise; without codes and pages."""
    links = AssetList(LinkRow, command.by, command.listing)
    only = [] if command.domain is None else [_on(command.by, command.domain)]
    async with transaction() as session:
        page = await links.page(session, *only)
        marks = await read_marks(of_all(page.items))
    return Page([view_of(row, marks) for row in page.items], page.total, page.request, page.next)


@needs("assets.read")
async def summarize_links(command: SummarizeLinks) -> LinkSummary:
    """The totals, those in the trash left out."""
    links = visible(LinkRow, command.by).subquery()
    now = outside().clock.now()
    totals: tuple[ColumnElement[Any], ...] = (
        func.count(),
        func.count().filter(links.c.is_active, is_going_on(links.c.expires_at, now)),
        func.coalesce(func.sum(links.c.click_count), 0) + pending_visits(links),
        func.count().filter(links.c.health_check["enabled"].as_boolean()),
        func.count().filter(links.c.health == "failing"),
    )
    query = counted(*totals).select_from(links)
    async with transaction() as session:
        total, active, clicks, monitored, failing = (await session.execute(query)).one()
    return LinkSummary(total, active, int(clicks), monitored, failing)


@needs("assets.read")
async def list_link_changes(command: ListLinkChanges) -> Page[ChangeView]:
    """The changes of its destination, newest first. Raises `NotFound`."""
    await read_link(ReadLink(command.by, id=command.id))
    return await list_changes(ListChanges(command.by, command.id, command.page))


def _on(by: Actor, hostname: str) -> ColumnElement[bool]:
    """The links on a domain; none for a name that is not the organization's."""
    if is_ours(hostname):
        return col(LinkRow.domain_id).is_(None)
    try:
        named = hostnames.normalised(hostname)
    except InvalidFields:
        return literal(False)
    ids = select(DomainRow.id).where(
        DomainRow.organization_id == by.organization_id, DomainRow.hostname == named
    )
    return col(LinkRow.domain_id).in_(ids)
