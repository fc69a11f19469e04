"""A short link as its owner sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.links.marks import Marks
from activities.links.ties import Ties
from activities.outside import outside
from schema.tables import LinkRow


@dataclass(frozen=True)
class LinkView:
    """A link; `domain` is the host name of a custom domain, None on the default one.

    `rules`, `variants`, `utm`, `preview` and `deep_links` are as their rules normalise them.
    `health` is one of `activities.rules.health`. `has_password` is told, the password never is.
    `ties` is what refers to the link: read for one link, and empty in lists.
    """

    id: UUID
    workspace_id: UUID
    slug: str
    domain: str | None
    domain_id: UUID | None
    short_url: str
    name: str
    description: str
    destination_url: str
    rules: tuple[Mapping[str, Any], ...]
    variants: tuple[Mapping[str, Any], ...]
    utm: Mapping[str, str]
    passes_query: bool
    has_password: bool
    starts_at: datetime | None
    expires_at: datetime | None
    click_limit: int | None
    expired_url: str | None
    preview: Mapping[str, str]
    deep_links: Mapping[str, Mapping[str, str]]
    health_check: Mapping[str, Any]
    health: str
    is_active: bool
    folder_id: UUID | None
    folder_name: str | None
    tags: tuple[str, ...]
    click_count: int
    last_clicked_at: datetime | None
    version: int
    made_by: UUID | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None
    ties: Ties


def view_of(row: LinkRow, marks: Marks) -> LinkView:
    """The view of a row whose marks were read."""
    hostname, counter = marks.hostnames.of(row.domain_id), marks.counters.of(row.id)
    return LinkView(
        id=row.id,
        workspace_id=row.workspace_id,
        slug=row.slug,
        domain=hostname,
        domain_id=row.domain_id,
        short_url=outside().link_url(row.slug, hostname),
        name=row.name,
        description=row.description,
        destination_url=row.destination_url or "",
        rules=tuple(row.rules),
        variants=tuple(row.variants),
        utm=row.utm,
        passes_query=row.passes_query,
        has_password=row.password_hash is not None,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        click_limit=row.visit_limit,
        expired_url=row.expired_url,
        preview=row.preview,
        deep_links=row.deep_links,
        health_check=row.health_check,
        health=row.health,
        is_active=row.is_on(outside().clock.now()),
        folder_id=row.folder_id,
        folder_name=marks.labels.folder(row),
        tags=marks.labels.tags_of(row),
        click_count=counter.visits,
        last_clicked_at=counter.last_at,
        version=row.version,
        made_by=row.made_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        archived_at=row.archived_at,
        deleted_at=row.deleted_at,
        ties=marks.ties,
    )


def facts_of(row: LinkRow, hostname: str | None) -> dict[str, Any]:
    """What every fact about the link says of it."""
    return {
        "organization_id": row.organization_id,
        "asset_id": row.id,
        "workspace_id": row.workspace_id,
        "slug": row.slug,
        "domain": hostname,
        "short_url": outside().link_url(row.slug, hostname),
        "name": row.name,
        "destination_url": row.destination_url or "",
        "is_active": row.is_on(outside().clock.now()),
    }
