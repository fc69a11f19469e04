"""A page of a list, before a dialect gives it its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

Item = TypeVar("Item")


@dataclass(frozen=True)
class Cursor:
    """A place in a list that is sorted newest first: right behind this row."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True)
class PageRequest:
    """A part of a list: page `number` from 1 of `size` items, or `size` items after `skipped`.

    With `after` it is what follows that place, however many were inserted before it meanwhile.
    Without `counts` nobody needs to know how many there are in all.
    """

    number: int = 1
    size: int = 25
    skipped: int | None = None
    after: Cursor | None = None
    counts: bool = True

    @property
    def offset(self) -> int:
        if self.after is not None:
            return 0
        return (self.number - 1) * self.size if self.skipped is None else self.skipped


@dataclass(frozen=True)
class Page(Generic[Item]):
    """The items of one page, and how many there are on all pages (0 when nobody asked).

    `next` is where the following page begins; None when this is the last, or the list is sorted by
    something else than age.
    """

    items: Sequence[Item]
    total: int
    request: PageRequest
    next: Cursor | None = None

    @property
    def last_number(self) -> int:
        """The number of the last page; 1 for an empty list."""
        return max(1, -(-self.total // self.request.size))
