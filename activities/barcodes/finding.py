"""Which barcode is meant, among those that the actor sees."""

from __future__ import annotations

from uuid import UUID

from sqlmodel.sql.expression import SelectOfScalar

from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.visible import visible
from schema.tables import BarcodeRow

Barcodes = SelectOfScalar[BarcodeRow]


def the_barcode(by: Actor, id: UUID, *, trash: bool = False) -> Barcodes:
    """The query for one barcode."""
    return visible(BarcodeRow, by, trash=trash).where(BarcodeRow.id == id)


def held(barcodes: Barcodes) -> Barcodes:
    """The same, locked until the open transaction ends, and read anew if it was read before."""
    return barcodes.with_for_update().execution_options(populate_existing=True)


def there(row: BarcodeRow | None) -> BarcodeRow:
    """The row that was found; `NotFound` when none was."""
    if row is None:
        raise NotFound("barcode")
    return row
