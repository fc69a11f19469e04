"""A QR code as its owner sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.outside import outside
from activities.qr_codes.surroundings import LinkedView, Surroundings
from activities.rules.payloads.contents import ContentType
from schema.tables import QrCodeRow


@dataclass(frozen=True)
class QrCodeView:
    """A code; `payload` is what its symbol holds: `short_url` for a dynamic one of type URL.

    `content` are the fields of its type, `variants` those of its A/B test. `link` is the link that
    it is tied to, unless that is in the trash. `health` is one of `activities.rules.health`.
    `has_password` is told, the password never is. `scan_count` are visits of people until this
    moment, `unique_count` those of them that were a visitor's first one of a day (UTC).
    """

    id: UUID
    workspace_id: UUID
    type: ContentType
    is_dynamic: bool
    short_code: str | None
    short_url: str | None
    payload: str
    name: str
    description: str
    destination_url: str | None
    content: Mapping[str, Any]
    variants: tuple[Mapping[str, Any], ...]
    style: Mapping[str, Any]
    is_active: bool
    starts_at: datetime | None
    expires_at: datetime | None
    scan_limit: int | None
    expired_url: str | None
    has_password: bool
    link_id: UUID | None
    link: LinkedView | None
    health_check: Mapping[str, Any]
    health: str
    folder_id: UUID | None
    folder_name: str | None
    tags: tuple[str, ...]
    scan_count: int
    unique_count: int
    last_scanned_at: datetime | None
    version: int
    made_by: UUID | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None


def view_of(row: QrCodeRow, known: Surroundings) -> QrCodeView:
    """The view of a row whose surroundings were read."""
    short_url = outside().short_url(row.short_code) if row.short_code else None
    counter = known.counters.of(row.id)
    return QrCodeView(
        *(row.id, row.workspace_id),
        type=row.type,  # type: ignore[arg-type]
        is_dynamic=row.is_dynamic,
        short_code=row.short_code,
        short_url=short_url,
        payload=row.payload or short_url or "",
        name=row.name,
        description=row.description,
        destination_url=row.destination_url,
        content=row.content,
        variants=tuple(row.variants),
        style=row.style,
        is_active=row.is_on(outside().clock.now()),
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        scan_limit=row.visit_limit,
        expired_url=row.expired_url,
        has_password=row.password_hash is not None,
        link_id=row.link_id,
        health_check=row.health_check,
        health=row.health,
        link=known.links.get(row.link_id) if row.link_id else None,
        folder_id=row.folder_id,
        folder_name=known.labels.folder(row),
        tags=known.labels.tags_of(row),
        scan_count=counter.visits,
        unique_count=counter.uniques,
        last_scanned_at=counter.last_at,
        version=row.version,
        made_by=row.made_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        archived_at=row.archived_at,
        deleted_at=row.deleted_at,
    )


def facts_of(row: QrCodeRow) -> dict[str, Any]:
    """What every fact about the code says of it."""
    return {
        "organization_id": row.organization_id,
        "asset_id": row.id,
        "workspace_id": row.workspace_id,
        "type": row.type,
        "is_dynamic": row.is_dynamic,
        "short_code": row.short_code,
        "short_url": outside().short_url(row.short_code) if row.short_code else None,
        "name": row.name,
        "destination_url": row.destination_url,
        "is_active": row.is_on(outside().clock.now()),
    }
