"""An import as its owner sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from schema.tables import ImportItemRow, ImportRow

Status = Literal["previewed", "running", "done", "cancelled"]
ItemStatus = Literal["waiting", "made", "failed"]


@dataclass(frozen=True)
class ImportView:
    """A file that was looked at, and how far it is.

    `columns` says in which columns of the file each of our fields was found; `good` rows can be
    made, `bad` ones have problems and are left out. `made` and `failed` grow while it runs; rows
    that were bad count as failed from the start.
    """

    id: UUID
    workspace_id: UUID
    format: str
    title: str
    status: Status
    headers: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    duplicate_slugs: tuple[str, ...]
    total: int
    good: int
    bad: int
    made: int
    failed: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class ImportItemView:
    """One line of the file: what it asks for, what is wrong with it, what became of it."""

    number: int
    destination_url: str
    slug: str | None
    name: str | None
    tags: tuple[str, ...]
    problems: tuple[str, ...]
    status: ItemStatus
    link_id: UUID | None


def view_of(row: ImportRow) -> ImportView:
    """The view of a row."""
    status: Any = row.status
    terms = row.terms
    return ImportView(
        id=row.id,
        workspace_id=row.workspace_id,
        format=row.format,
        title=terms["title"],
        status=status,
        headers=tuple(row.headers),
        columns={name: tuple(found) for name, found in terms["columns"].items()},
        duplicate_slugs=tuple(terms["duplicate_slugs"]),
        total=row.total,
        good=row.total - terms["bad"],
        bad=terms["bad"],
        made=row.made,
        failed=row.failed,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def item_view_of(row: ImportItemRow) -> ImportItemView:
    """The view of one line; its password is not shown."""
    status: Any = row.status
    return ImportItemView(
        number=row.number,
        destination_url=row.values["destination_url"],
        slug=row.values["slug"],
        name=row.values["name"],
        tags=tuple(row.values["tags"]),
        problems=tuple(row.problems),
        status=status,
        link_id=row.asset_id,
    )
