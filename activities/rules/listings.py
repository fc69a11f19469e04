"""Which assets a list shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args
from uuid import UUID

from activities.rules.paging import PageRequest

Shelf = Literal["here", "archived", "trash"]
SHELVES: tuple[Shelf, ...] = get_args(Shelf)
"""In use; put aside (still working); deleted and restorable for 30 days."""

Kept = Literal["kept"]
"""In use or put aside: all but the trash."""

RESTORABLE = timedelta(days=30)
"""How long an asset stays in the trash."""

Sort = Literal["newest", "oldest", "updated", "name", "-name", "visits"]
SORTS: tuple[Sort, ...] = get_args(Sort)

Filter = Literal[
    "all", "active", "inactive", "ab", "expiring", "health_failing", "health_monitored"
]
FILTERS: tuple[Filter, ...] = get_args(Filter)
"""Those of the workspace language; `expiring` is within seven days."""


@dataclass(frozen=True)
class Listing:
    """A part of the assets of one kind. `tags` are names, and an asset must have all of them.

    `search` looks into all that an asset is found by, `name` into its name alone.
    """

    page: PageRequest
    search: str = ""
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()
    workspace_id: UUID | None = None
    shelf: Shelf | Kept = "here"
    filter: Filter = "all"
    sort: Sort = "newest"
    name: str = ""
