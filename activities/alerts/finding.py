"""The rules that an actor sees, and what they may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.visible import visible
from schema.assets import AssetRow
from schema.db import transaction
from schema.tables import AlertRow, BarcodeRow, LinkPageRow, LinkRow, QrCodeRow

AssetKind = Literal["qr", "link", "barcode", "page"]

ASSETS: dict[AssetKind, type[AssetRow]] = {
    "qr": QrCodeRow,
    "link": LinkRow,
    "barcode": BarcodeRow,
    "page": LinkPageRow,
}
_NOUNS = {"qr": "QR code", "link": "link", "barcode": "barcode", "page": "link page"}


@dataclass(frozen=True)
class FindWatched:
    """An asset that a rule is to look at."""

    by: Actor
    kind: AssetKind
    id: UUID


@dataclass(frozen=True)
class Watched:
    """The workspace that it is in."""

    workspace_id: UUID


@needs("assets.read")
async def find_watched(command: FindWatched) -> Watched:
    """Where it is; `NotFound` for what the actor does not see."""
    row = ASSETS[command.kind]
    query = visible(row, command.by).where(col(row.id) == command.id)
    async with transaction() as session:
        found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound(_NOUNS[command.kind])
    return Watched(found.workspace_id)


def alerts_of(by: Actor) -> SelectOfScalar[AlertRow]:
    """The rules of the actor's organization, and of its one workspace if it has only that."""
    query = select(AlertRow).where(
        AlertRow.organization_id == by.organization_id, col(AlertRow.deleted_at).is_(None)
    )
    if by.workspace_id is not None:
        query = query.where(AlertRow.workspace_id == by.workspace_id)
    return query


def held(query: SelectOfScalar[AlertRow]) -> SelectOfScalar[AlertRow]:
    """The same, locked against other changes, and read anew if it was read before."""
    return query.with_for_update().execution_options(populate_existing=True)


def there(row: AlertRow | None) -> AlertRow:
    """The row; `NotFound` for none."""
    if row is None:
        raise NotFound("alert")
    return row
