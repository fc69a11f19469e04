"""A page of a list, before a dialect gives it its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class PageRequest:
    """Which part of a list: `number` from 1, `size` items."""

    number: int = 1
    size: int = 25

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


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
