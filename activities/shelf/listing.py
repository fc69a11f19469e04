"""Lists of assets: what is searched, filtered and sorted, and one page of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, literal, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.listings import RESTORABLE, Filter, Listing, Sort
from activities.rules.paging import Cursor, Page
from activities.rules.searching import pattern, search_text
from activities.rules.tagging import tag_key
from activities.shelf.visible import visible
from schema.assets import AssetRow, LinkRow, QrCodeRow, ShortAssetRow
from schema.pages import behind, count_rows, newest_first
from schema.tables import TagRow

Asset = TypeVar("Asset", bound=AssetRow)

SOON = timedelta(days=7)
"""How far ahead `expiring` looks."""

SHORTEST_INDEXED = 3
"""Signs that a search must have for the index over all substrings of three."""

VISITS: Mapping[str, str] = {
    "qr_code": "scan_count",
    "link": "click_count",
    "barcode": "scan_count",
    "link_page": "view_count",
}


@dataclass(frozen=True)
class AssetList(Generic[Asset]):
    """The assets of one kind that an actor asks for."""

    row: type[Asset]
    by: Actor
    listing: Listing

    async def page(self, session: AsyncSession, *only: ColumnElement[bool]) -> Page[Asset]:
        """The rows of the page that was asked for, of those that meet `only` too."""
        row, asked = self.row, self.listing.page
        query = narrowed(row, self.by, self.listing, outside().clock.now()).where(*only)
        if self.listing.tags:
            ids = await _tag_ids(session, self.by.organization_id, self.listing.tags)
            if ids is None:
                return Page((), 0, asked)
            query = query.where(col(row.tag_ids).contains(ids))
        total = await count_rows(session, query) if asked.counts else 0
        if asked.after is not None:
            query = query.where(behind(row, asked.after.created_at, asked.after.id))
        sort = self.listing.sort
        page = query.order_by(*ordered(row, sort)).limit(asked.size + 1).offset(asked.offset)
        rows = (await session.execute(page)).scalars().all()
        items = rows[: asked.size]
        more = len(rows) > asked.size and sort == "newest"
        behind_last = Cursor(items[-1].created_at, items[-1].id) if more else None
        return Page(items, total, asked, behind_last)


def narrowed(row: type[Asset], by: Actor, listing: Listing, now: datetime) -> SelectOfScalar[Asset]:
    """The assets that the list is about, but for its tags; without an order."""
    query = visible(row, by, trash=listing.shelf == "trash")
    if listing.shelf == "here":
        query = query.where(col(row.archived_at).is_(None))
    if listing.shelf == "archived":
        query = query.where(col(row.archived_at).is_not(None))
    if listing.shelf == "trash":
        query = query.where(col(row.deleted_at) > now - RESTORABLE)
    if listing.workspace_id is not None:
        query = query.where(col(row.workspace_id) == listing.workspace_id)
    if listing.folder_id is not None:
        query = query.where(col(row.folder_id) == listing.folder_id)
    if listing.search.strip():
        is_narrow = listing.folder_id is not None or bool(listing.tags)
        query = query.where(*_found_by(row, listing.search, is_narrow=is_narrow))
    if listing.name.strip():
        query = query.where(*_found_by(row, listing.name), _named(row, listing.name))
    return query.where(*_filtered(row, listing.filter, now))


def is_going_on(expires_at: SQLColumnExpression[Any], now: datetime) -> ColumnElement[bool]:
    """Whether its time is not over."""
    return or_(expires_at.is_(None), expires_at > now)


def ordered(row: type[AssetRow], sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """The order of a list; always a whole one, so that pages do not overlap."""
    newest = newest_first(row)
    match sort:
        case "newest":
            return newest
        case "oldest":
            return col(row.created_at).asc(), col(row.id).asc()
        case "updated":
            return col(row.updated_at).desc(), *newest
        case "name":
            return func.lower(row.name).asc(), *newest
        case "-name":
            return func.lower(row.name).desc(), *newest
        case "visits":
            return col(getattr(row, VISITS[str(row.__tablename__)])).desc(), *newest


def _found_by(
    row: type[AssetRow], search: str, *, is_narrow: bool = False
) -> tuple[ColumnElement[bool], ...]:
    """What contains the words.

    Where a folder or tag leaves few rows, reading these is quicker than the index, which for a
    common word finds nearly all there are (see the benchmark `list_filtered`).
    """
    wanted = search_text(search)
    like = col(row.search_text).like(pattern(search), escape="\\")
    if is_narrow or len(wanted) < SHORTEST_INDEXED:
        return (like,)
    grams = func.ink_grams(col(row.search_text)).op("@>")(func.ink_grams(literal(wanted)))
    return grams, like


def _named(row: type[AssetRow], name: str) -> ColumnElement[bool]:
    """Whether a part of the name is this, white space and case aside."""
    shown = func.regexp_replace(col(row.name), r"\s+", " ", "g")
    return func.strpos(func.lower(shown), func.lower(" ".join(name.split()))) > 0


def _filtered(
    row: type[AssetRow], filter: Filter, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    if filter == "active":
        return (_is_on(row, now),)
    if filter == "inactive":
        return (~_is_on(row, now),)
    if issubclass(row, ShortAssetRow):
        if filter == "ab":
            return (func.jsonb_array_length(col(row.variants)) > 0,)
        if filter == "expiring":
            ahead = col(row.expires_at).between(now, now + SOON)
            return (ahead, _is_on(row, now))
    if issubclass(row, (LinkRow, QrCodeRow)):
        if filter == "health_failing":
            return (col(row.health) == "failing",)
        if filter == "health_monitored":
            return (col(row.health_check)["enabled"].as_boolean().is_(True),)
    return () if filter == "all" else (literal(False),)


def _is_on(row: type[AssetRow], now: datetime) -> ColumnElement[bool]:
    """As `ShortAssetRow.is_on` for those that may end."""
    switched_on = col(row.is_active).is_(True)
    if issubclass(row, ShortAssetRow):
        return and_(switched_on, is_going_on(col(row.expires_at), now))
    return switched_on


async def _tag_ids(
    session: AsyncSession, organization_id: UUID, names: tuple[str, ...]
) -> list[UUID] | None:
    """The ids of the tags; None when one of them is not known, so nothing can have it."""
    keys = {tag_key(name) for name in names}
    query = select(TagRow.id).where(
        TagRow.organization_id == organization_id, col(TagRow.name_key).in_(keys)
    )
    found = (await session.execute(query)).scalars().all()
    return list(found) if len(found) == len(keys) else None
