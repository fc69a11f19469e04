"""A barcode as its owner sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.barcodes.surroundings import Surroundings
from activities.rules.errors import InvalidFields
from activities.rules.symbologies import Symbology, normalise
from schema.tables import BarcodeRow


@dataclass(frozen=True)
class Integration:
    """The thing of another system that a barcode stands for; `url` is where people see it."""

    provider: str
    external_id: str
    url: str | None = None


@dataclass(frozen=True)
class BarcodeView:
    """A barcode: `value` as it was given, `normalized_value` with its check digit.

    `text` is for people to read, grouped as under the bars. `creator_name` is None for what no
    person made.
    """

    id: UUID
    workspace_id: UUID
    symbology: Symbology
    value: str
    normalized_value: str
    text: str
    name: str
    description: str
    style: Mapping[str, Any]
    is_active: bool
    integration: Integration | None
    folder_id: UUID | None
    folder_name: str | None
    tags: tuple[str, ...]
    scan_count: int
    last_scanned_at: datetime | None
    version: int
    made_by: UUID | None
    creator_name: str | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    deleted_at: datetime | None


def view_of(row: BarcodeRow, known: Surroundings) -> BarcodeView:
    """The view of a row whose surroundings were read."""
    kind: Any = row.symbology
    return BarcodeView(
        id=row.id,
        workspace_id=row.workspace_id,
        symbology=kind,
        value=row.value,
        normalized_value=row.normalized_value,
        text=_readable(kind, row.normalized_value),
        name=row.name,
        description=row.description,
        style=row.style,
        is_active=row.is_active,
        integration=integration_of(row.integration),
        folder_id=row.folder_id,
        folder_name=known.labels.folder(row),
        tags=known.labels.tags_of(row),
        scan_count=row.scan_count,
        last_scanned_at=row.last_scanned_at,
        version=row.version,
        made_by=row.made_by,
        creator_name=known.names.get(row.made_by) if row.made_by else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        archived_at=row.archived_at,
        deleted_at=row.deleted_at,
    )


def facts_of(row: BarcodeRow) -> dict[str, Any]:
    """What every fact about the barcode says of it."""
    return {
        "organization_id": row.organization_id,
        "asset_id": row.id,
        "workspace_id": row.workspace_id,
        "type": row.symbology,
        "value": row.value,
        "normalized_value": row.normalized_value,
        "name": row.name,
        "is_active": row.is_active,
    }


def integration_of(kept: Mapping[str, Any]) -> Integration | None:
    """The binding as it is kept in a row; None for an empty one."""
    if not kept:
        return None
    return Integration(kept["provider"], kept["externalId"], kept.get("url"))


def _readable(symbology: Symbology, value: str) -> str:
    """A value that was kept before a rule became stricter can be read all the same."""
    try:
        return normalise(symbology, value).text
    except InvalidFields:
        return value
