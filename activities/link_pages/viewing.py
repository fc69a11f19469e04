"""A visit to a link page: what it shows, and that it is counted exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.link_pages.links import ReachLinks, reach_links
from activities.link_pages.views import PublicPage, public_view_of
from activities.outbox import emit_wanted
from activities.outside import outside
from activities.rules import slugs
from activities.rules.errors import NotFound
from activities.rules.facts.visits import PageViewed
from activities.rules.visitor_ids import visitor_id
from activities.shelf.claims import PAGES
from activities.visitors import Visitor
from activities.visits.ledger import new_batch
from activities.visits.salts import ReadSalts, read_salts
from activities.visits.targets import FindHome, find_home
from schema.db import transaction
from schema.tables import LinkPageRow, ScanRow, SlugClaimRow


@dataclass(frozen=True)
class ViewPage:
    """A visit to the page that has or had `slug`. `host` is as in a Host header.

    HEAD and prefetches are answered alike and recorded as a bot's.
    """

    slug: str
    visitor: Visitor
    host: str = ""


async def view_page(command: ViewPage) -> PublicPage:
    """The page; its view, its count and its event are committed when this answers.

    A bot's visit is recorded as such, but neither counted nor announced. Raises `NotFound` for a
    page that is unknown, deleted or switched off, and for one of somebody else on a custom domain.
    """
    visitor = command.visitor
    if not slugs.could_exist(command.slug):
        raise NotFound("link page")
    async with transaction() as session:
        page = await _find(session, command)
        reached = await reach_links(ReachLinks(page.organization_id, tuple(page.blocks)))
        await _record(session, page, visitor, outside().clock.now())
    return public_view_of(page, reached.blocks)


async def _find(session: AsyncSession, command: ViewPage) -> LinkPageRow:
    home = await find_home(FindHome(command.host))
    query = (
        select(LinkPageRow)
        .join(SlugClaimRow, col(SlugClaimRow.asset_id) == col(LinkPageRow.id))
        .where(
            SlugClaimRow.space == PAGES,
            SlugClaimRow.slug == command.slug,
            LinkPageRow.is_active,
            col(LinkPageRow.deleted_at).is_(None),
        )
    )
    if home:
        query = query.where(LinkPageRow.organization_id == home.organization_id)
    page = (await session.execute(query)).scalar_one_or_none()
    if page is None:
        raise NotFound("link page")
    return page


async def _record(
    session: AsyncSession, page: LinkPageRow, visitor: Visitor, now: datetime
) -> None:
    salts = await read_salts(ReadSalts(now.date()))
    scan = ScanRow(
        id=new_batch(),
        created_at=now,
        organization_id=page.organization_id,
        asset_id=page.id,
        asset_kind="page",
        visitor=visitor_id(salts.salt, visitor.whence, page.organization_id),
        is_counted=True,
        **visitor.kept,
    )
    session.add(scan)
    await session.flush()
    if visitor.counts:
        fact = PageViewed(
            page.organization_id, page.id, now, view_id=scan.id, slug=page.slug, **visitor.told
        )
        await emit_wanted(fact)
        await _count(session, page.id, now)


async def _count(session: AsyncSession, page_id: UUID, now: datetime) -> None:
    # Last, because it locks the row of the page: visits to a hot page wait here for each other.
    count = (
        update(LinkPageRow)
        .where(col(LinkPageRow.id) == page_id)
        .values(view_count=LinkPageRow.view_count + 1, last_viewed_at=now)
    )
    await session.execute(count, execution_options={"synchronize_session": False})
