"""The business dialect's page words: a Laravel paginator under the resource's key (seed 001)."""

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
    per_page: Annotated[int, Query(ge=1, le=100)] = 25,
) -> PageRequest:
    return PageRequest(page, per_page)


Asked = Annotated[PageRequest, Depends(_asked)]


class Paginator(BaseModel, Generic[Out]):
    """One page; addresses are whole, `from` and `to` count from 1 and are null when it is empty."""

    data: list[Out]
    current_page: int
    per_page: int
    total: int
    last_page: int
    from_: int | None
    to: int | None
    path: str
    first_page_url: str
    last_page_url: str
    next_page_url: str | None
    prev_page_url: str | None

    model_config = {
        "alias_generator": lambda name: name.rstrip("_"),
        "populate_by_name": True,
        "serialize_by_alias": True,
    }


def paginate(request: Request, page: Page[Item], present: Callable[[Item], Out]) -> Paginator[Out]:
    """The page in this dialect's shape, its links at the address the client used."""
    number, size = page.request.number, page.request.size
    first = page.request.offset + 1 if page.items else None

    def link(to: int) -> str:
        return str(request.url.include_query_params(page=to))

    return Paginator(
        data=[present(item) for item in page.items],
        current_page=number,
        per_page=size,
        total=page.total,
        last_page=page.last_number,
        from_=first,
        to=first + len(page.items) - 1 if first else None,
        path=str(request.url.replace(query="")),
        first_page_url=link(1),
        last_page_url=link(page.last_number),
        next_page_url=link(number + 1) if number < page.last_number else None,
        prev_page_url=link(min(number - 1, page.last_number)) if number > 1 else None,
    )
