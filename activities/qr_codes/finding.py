"""Which code is meant, among those that the actor sees."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col
from sqlmodel.sql.expression import SelectOfScalar

from activities.rules import slugs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.visible import visible
from schema.tables import QrCodeRow

Codes = SelectOfScalar[QrCodeRow]


def the_code(
    by: Actor,
    *,
    id: UUID | None = None,
    short_code: str | None = None,
    trash: bool = False,
    dynamic_only: bool = False,
) -> Codes:
    """The query for one code, by its id or the short code that it has now.

    Raises `NotFound` for a short code that no code can have, which is not worth a statement.
    """
    codes = visible(QrCodeRow, by, trash=trash)
    if dynamic_only:
        codes = codes.where(col(QrCodeRow.is_dynamic).is_(True))
    if short_code is None:
        return codes.where(QrCodeRow.id == id)
    if not slugs.could_exist(short_code):
        raise NotFound("QR code")
    return codes.where(QrCodeRow.short_code == short_code)


def held(codes: Codes) -> Codes:
    """The same, locked until the open transaction ends, and read anew if it was read before."""
    return codes.with_for_update().execution_options(populate_existing=True)


def there(row: QrCodeRow | None) -> QrCodeRow:
    """The row that was found; `NotFound` when none was."""
    if row is None:
        raise NotFound("QR code")
    return row
