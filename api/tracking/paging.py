"""The tracking dialect's page words: `?limit=&cursor=` and `{data, next_cursor}` (seed 004)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from activities.rules.paging import Page, PageRequest
from api.cursors import read_cursor, write_cursor

Item = TypeVar("Item")
Shown = TypeVar("Shown", bound=BaseModel)


def _asked(
    limit: Annotated[int, Query(ge=1, le=200, description="how many items at most")] = 50,
    cursor: Annotated[
        str | None, Query(description="`next_cursor` of the page before; without it the first page")
    ] = None,
) -> PageRequest:
    after = None if cursor is None else read_cursor(cursor)
    return PageRequest(size=limit, after=after, counts=False)


Asked = Annotated[PageRequest, Depends(_asked)]


class PageOut(BaseModel, Generic[Shown]):
    """A part of a list. Read to its end, it has each item once, whatever is made meanwhile."""

    data: list[Shown] = Field(description="the items, newest first")
    next_cursor: str | None = Field(
        description="where the next page begins; null on the last",
        examples=["AAZDg5wgWACf8VvzA1JHpKu3a7Jv0h3P"],
    )


def present_page(page: Page[Item], present: Callable[[Item], Shown]) -> PageOut[Shown]:
    """The page in this dialect's shape."""
    data = [present(item) for item in page.items]
    return PageOut(data=data, next_cursor=write_cursor(page.next))
