"""`/api/org/{orgId}/notifications`: what a person was told of an organization."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from activities.notices.reading import (
    MOST_MARKED,
    CountUnread,
    ListNotifications,
    MarkRead,
    NotificationView,
    Unread,
    count_unread,
    list_notifications,
    mark_read,
)
from activities.rules.errors import InvalidFields
from activities.rules.notices import Topic
from activities.rules.spelling import prefixed, unprefixed
from api.browser import documented, read_member
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Moment, Out, When
from api.workspace.listing import LONGEST_ID, AskedPart, PageOut, present_page
from api.workspace.org import OrgId

ALL = "/api/org/{orgId}/notifications"

ASSET_PREFIXES = {"qr": "qr", "link": "lnk", "barcode": "bc", "page": "pg", "item": "inv"}

router = make_router(read_member, dependencies=[documented], tags=["notifications"])

NotificationId = Annotated[
    Text,
    Field(max_length=LONGEST_ID, examples=["ntf_7c9e6679742540de944be07fc1f90ae7"]),
]


class NotificationOut(Out):
    """One thing that was told."""

    id: str = Field(description="its id", examples=["ntf_7c9e6679742540de944be07fc1f90ae7"])
    kind: str = Field(description="what sort of thing it is", examples=["stock_low"])
    topic: Topic = Field(
        description="the topic by which people choose how they hear of it", examples=["stock"]
    )
    title: str = Field(
        description="the whole of it in one line", examples=["Mugs runs low: 3 left"]
    )
    words: dict[str, str] = Field(
        description="what the title was made of, by name",
        examples=[{"name": "Mugs", "left": "3"}],
    )
    asset_id: str | None = Field(
        description="what it is about, where that is one thing",
        examples=["inv_7c9e6679742540de944be07fc1f90ae7"],
    )
    created_at: Moment = Field(
        description="when it was told", examples=["2026-11-22T08:30:00.000Z"]
    )
    read_at: Moment | None = Field(
        description="when it was marked as read; null while it is new", examples=[None]
    )


class NotificationSummaryOut(Out):
    """Over all of them."""

    unread: int = Field(description="how many are new", examples=[1])


class ReadIn(In):
    """What is to be marked as read: some by their ids, or all until a time."""

    ids: list[NotificationId] | None = Field(
        None,
        min_length=1,
        max_length=MOST_MARKED,
        description="those with these ids; what is not there any more is left out",
    )
    until: When | None = Field(
        None,
        description="in place of `ids`: all that were told until then",
        examples=["2026-11-22T09:00:00.000Z"],
    )


class ReadOut(Out):
    """What came of it."""

    marked: int = Field(description="how many became read just now", examples=[1])
    unread: int = Field(description="how many are still new", examples=[0])


NotificationPage = PageOut[NotificationOut, NotificationSummaryOut]


@router.get(ALL, summary="List what you were told")
async def list_all(
    org_id: OrgId,
    by: By,
    asked: AskedPart,
    unread: Annotated[bool, Query(description="only what is new")] = False,
) -> NotificationPage:
    page = await list_notifications(ListNotifications(by, asked, unread))
    new = await count_unread(CountUnread(by))
    return present_page(page, present_notification, NotificationSummaryOut(unread=new.count))


@router.post(f"{ALL}/read", summary="Mark some or all as read")
async def mark(org_id: OrgId, body: ReadIn, by: By) -> ReadOut:
    return present_unread(await mark_read(to_mark(body, by)))


def to_mark(body: ReadIn, by: By) -> MarkRead:
    """The body as the domain takes it."""
    ids = tuple(filter(None, (unprefixed("ntf", given) for given in body.ids or ())))
    if len(ids) < len(body.ids or ()):
        raise InvalidFields({"ids": ["Give ids like ntf_ and 32 hex digits."]})
    return MarkRead(by, ids, body.until)


def present_notification(one: NotificationView) -> NotificationOut:
    """The notification in this dialect's words."""
    prefix = ASSET_PREFIXES.get(one.asset_kind or "")
    return NotificationOut(
        id=prefixed("ntf", one.id),
        kind=one.kind,
        topic=one.topic,
        title=one.title,
        words=dict(one.words),
        asset_id=prefixed(prefix, one.asset_id) if prefix and one.asset_id else None,
        created_at=one.created_at,
        read_at=one.read_at,
    )


def present_unread(unread: Unread) -> ReadOut:
    """The figures in this dialect's words."""
    return ReadOut(marked=unread.marked, unread=unread.count)
