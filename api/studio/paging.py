"""The studio dialect's page words: `?page=&page_size=` and `{count, next, previous, results}`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel

from activities.rules.paging import Page, PageRequest

Item = TypeVar("Item")
Out = TypeVar("Out", bound=BaseModel)

LARGEST_PAGE = 1_000_000


def _asked(
    page: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 25,
) -> PageRequest:
    return PageRequest(page, page_size)


Asked = Annotated[PageRequest, Depends(_asked)]


class PageOut(BaseModel, Generic[Out]):
    """One page; `next` and `previous` are whole addresses or null."""

    count: int
    next: str | None
    previous: str | None
    results: list[Out]


def present_page(
    request: Request, page: Page[Item], present: Callable[[Item], Out]
) -> PageOut[Out]:
    """The page in this dialect's shape, its links at the address the client used."""
    number = page.request.number

    def link(to: int) -> str:
        return str(request.url.include_query_params(page=to))

    return PageOut(
        count=page.total,
        next=link(number + 1) if number < page.last_number else None,
        previous=link(min(number - 1, page.last_number)) if number > 1 else None,
        results=[present(item) for item in page.items],
    )
