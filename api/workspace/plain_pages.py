"""Pages of what has no totals: folders, tags, changes of a destination and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from activities.rules.paging import Page
from activities.shelf.history import ChangeView
from api.scalars import Moment, Out

View = TypeVar("View")
Shown = TypeVar("Shown", bound=BaseModel)


class PlainPageOut(Out, Generic[Shown]):
    """One page of a list."""

    items: list[Shown] = Field(description="the page")
    total: int = Field(description="how many there are on all pages", examples=[1])
    page: int = Field(description="the number of this page, from 1", examples=[1])
    page_size: int = Field(description="how many items a page has at most", examples=[25])


class ChangeOut(Out):
    """A change of where a code or link leads."""

    old_url: str | None = Field(
        description="where it led before", examples=["https://example.com/welcome"]
    )
    new_url: str | None = Field(
        description="where it led from then on", examples=["https://example.com/spring"]
    )
    changed_by: str = Field(description="the name of the person or key", examples=["Ada"])
    changed_at: Moment = Field(description="when", examples=["2026-05-07T18:42:30.123Z"])


def present_plain(page: Page[View], present: Callable[[View], Shown]) -> PlainPageOut[Any]:
    """The page in this dialect's words."""
    return PlainPageOut[Any](
        items=[present(item) for item in page.items],
        total=page.total,
        page=page.request.number,
        page_size=page.request.size,
    )


def present_change(change: ChangeView) -> ChangeOut:
    """The change in this dialect's words."""
    return ChangeOut(
        old_url=change.old_url,
        new_url=change.new_url,
        changed_by=change.changed_by,
        changed_at=change.changed_at,
    )
