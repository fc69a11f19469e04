"""Pages of what has no totals: folders, tags and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from activities.rules.paging import Page
from api.scalars import Out

View = TypeVar("View")
Shown = TypeVar("Shown", bound=BaseModel)


class PlainPageOut(Out, Generic[Shown]):
    """One page of a list."""

    items: list[Shown] = Field(description="the page")
    total: int = Field(description="how many there are on all pages", examples=[1])
    page: int = Field(description="the number of this page, from 1", examples=[1])
    page_size: int = Field(description="how many items a page has at most", examples=[25])


def present_plain(page: Page[View], present: Callable[[View], Shown]) -> PlainPageOut[Any]:
    """The page in this dialect's words."""
    return PlainPageOut[Any](
        items=[present(item) for item in page.items],
        total=page.total,
        page=page.request.number,
        page_size=page.request.size,
    )
