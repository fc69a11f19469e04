"""A link page as its owner sees it, and as everybody does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.outside import outside
from activities.shelf.labels import Labels
from schema.tables import LinkPageRow


@dataclass(frozen=True)
class LinkPageView:
    """A page; `blocks` and `theme` are as `activities.rules.page_blocks` keeps them."""

    id: UUID
    workspace_id: UUID
    slug: str
    public_url: str
    name: str
    description: str
    blocks: tuple[Mapping[str, str], ...]
    theme: Mapping[str, str]
    is_active: bool
    folder_id: UUID | None
    folder_name: str | None
    tags: tuple[str, ...]
    view_count: int
    last_viewed_at: datetime | None
    version: int
    made_by: UUID | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True)
class PublicPage:
    """A page as a visitor gets it.

    Every block of the kind `short_link` has the `url` of its link and a `label`; those whose link
    leads nowhere are left out. `public_url` is where the page lives now.
    """

    public_url: str
    name: str
    description: str
    blocks: tuple[Mapping[str, str], ...]
    theme: Mapping[str, str]


def view_of(row: LinkPageRow, labels: Labels) -> LinkPageView:
    """The view of a row whose labels were read."""
    return LinkPageView(
        id=row.id,
        workspace_id=row.workspace_id,
        slug=row.slug,
        public_url=outside().page_url(row.slug),
        name=row.name,
        description=row.description,
        blocks=tuple(row.blocks),
        theme=row.theme,
        is_active=row.is_active,
        folder_id=row.folder_id,
        folder_name=labels.folder(row),
        tags=labels.tags_of(row),
        view_count=row.view_count,
        last_viewed_at=row.last_viewed_at,
        version=row.version,
        made_by=row.made_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        archived_at=row.archived_at,
        deleted_at=row.deleted_at,
    )


def public_view_of(row: LinkPageRow, blocks: tuple[Mapping[str, Any], ...]) -> PublicPage:
    """The page with its blocks as visitors get them."""
    return PublicPage(
        public_url=outside().page_url(row.slug),
        name=row.name,
        description=row.description,
        blocks=blocks,
        theme=row.theme,
    )
