"""Notifications as the person reads them: listed, counted, marked as read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, InvalidFields
from activities.rules.notices import KINDS, Topic, title_of
from activities.rules.paging import Cursor, Page, PageRequest
from schema.db import transaction
from schema.pages import behind, count_rows, newest_first
from schema.tables import NotificationRow

MOST_MARKED = 500
"""Notifications that can be named at once."""


@dataclass(frozen=True)
class ListNotifications:
    """What the actor was told in the organization, newest first; with `unread` what is new only."""

    by: Actor
    page: PageRequest
    unread: bool = False


@dataclass(frozen=True)
class MarkRead:
    """Those with these ids, or all that are from `until` or before."""

    by: Actor
    ids: tuple[UUID, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True)
class CountUnread:
    """How many of the actor's in the organization are new."""

    by: Actor


@dataclass(frozen=True)
class NotificationView:
    """One of them. `title` is the whole of it in a line, `words` what it was made of."""

    id: UUID
    kind: str
    topic: Topic
    title: str
    words: Mapping[str, str]
    asset_kind: str | None
    asset_id: UUID | None
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Unread:
    """How many are new; `marked` became read just now."""

    count: int
    marked: int = 0


def person_of(by: Actor) -> UUID:
    """The person who asks. Raises `Forbidden` for a key: it is nobody's, whoever made it."""
    if by.kind not in ("session", "jwt") or by.user_id is None:
        raise Forbidden("members.write")
    return by.user_id


@needs("organization.read")
async def list_notifications(command: ListNotifications) -> Page[NotificationView]:
    """One page of them. Raises `Forbidden` unless a person asks."""
    asked = command.page
    query = _shown_to(command.by)
    if command.unread:
        query = query.where(col(NotificationRow.read_at).is_(None))
    async with transaction() as session:
        total = await count_rows(session, query)
        if asked.after is not None:
            query = query.where(behind(NotificationRow, asked.after.created_at, asked.after.id))
        page = query.order_by(*newest_first(NotificationRow)).offset(asked.offset)
        rows = (await session.execute(page.limit(asked.size + 1))).scalars().all()
    items = rows[: asked.size]
    more = Cursor(items[-1].created_at, items[-1].id) if len(rows) > asked.size else None
    return Page([_view(row) for row in items], total, asked, more)


@needs("organization.read")
async def count_unread(command: CountUnread) -> Unread:
    """Raises `Forbidden` unless a person asks."""
    query = _shown_to(command.by).where(col(NotificationRow.read_at).is_(None))
    async with transaction() as session:
        return Unread(await count_rows(session, query))


@needs("organization.read")
async def mark_read(command: MarkRead) -> Unread:
    """Mark them; those that are read already, gone or of somebody else are left alone.

    Raises `InvalidFields` (`ids`) unless either ids or a time is given, `Forbidden` unless a person
    asks.
    """
    by = command.by
    user_id = person_of(by)
    if bool(command.ids) == (command.until is not None):
        raise InvalidFields({"ids": ["Give ids, or in their place a time in until."]})
    meant = (
        col(NotificationRow.id).in_(command.ids)
        if command.until is None
        else col(NotificationRow.created_at) <= command.until
    )
    mark = (
        update(NotificationRow)
        .where(
            col(NotificationRow.user_id) == user_id,
            col(NotificationRow.organization_id) == by.organization_id,
            col(NotificationRow.read_at).is_(None),
            col(NotificationRow.is_shown),
            meant,
        )
        .values(read_at=outside().clock.now())
        .returning(col(NotificationRow.id))
        .execution_options(synchronize_session=False)
    )
    async with transaction() as session:
        marked = len((await session.execute(mark)).all())
        left = await session.scalar(_unread_of(by))
    return Unread(left or 0, marked)


def _shown_to(by: Actor) -> SelectOfScalar[NotificationRow]:
    return select(NotificationRow).where(
        NotificationRow.user_id == person_of(by),
        NotificationRow.organization_id == by.organization_id,
        col(NotificationRow.is_shown),
        # One of a version to come has no words here.
        col(NotificationRow.kind).in_(KINDS),
    )


def _unread_of(by: Actor) -> Any:
    new = _shown_to(by).where(col(NotificationRow.read_at).is_(None))
    return select(func.count()).select_from(new.subquery())


def _view(row: NotificationRow) -> NotificationView:
    return NotificationView(
        id=row.id,
        kind=row.kind,
        topic=KINDS[row.kind].topic,
        title=title_of(row.kind, row.words),
        words={name: str(word) for name, word in row.words.items()},
        asset_kind=row.asset_kind,
        asset_id=row.asset_id,
        created_at=row.created_at,
        read_at=row.read_at,
    )
