"""A page of a list, before a dialect gives it its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class PageRequest:
    """A part of a list: page `number` from 1 of `size` items, or `size` items after `skipped`."""

    number: int = 1
    size: int = 25
    skipped: int | None = None

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size if self.skipped is None else self.skipped


@dataclass(frozen=True)
class Page(Generic[Item]):
    """The items of one page, and how many there are on all pages."""

    items: Sequence[Item]
    total: int
    request: PageRequest

    @property
    def last_number(self) -> int:
        """The number of the last page; 1 for an empty list."""
        return max(1, -(-self.total // self.request.size))
