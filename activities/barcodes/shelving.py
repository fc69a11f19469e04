"""Barcodes put away: archived, thrown into the trash, and back again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col

from activities.barcodes.finding import held, the_barcode, there
from activities.barcodes.surroundings import around, read_surroundings
from activities.barcodes.views import BarcodeView, facts_of, view_of
from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from activities.rules.facts.barcodes import BarcodeDeleted, BarcodeUpdated
from activities.rules.listings import RESTORABLE
from activities.shelf.moving import PlaceAgain, place_again, place_of
from activities.shelf.placing import HaveRoom, have_room
from schema.db import transaction
from schema.tables import BarcodeRow


@dataclass(frozen=True)
class DeleteBarcode:
    """Throw a barcode away; with `version` only if it is still that one."""

    by: Actor
    id: UUID
    version: int | None = None


@dataclass(frozen=True)
class RestoreBarcode:
    """Take a barcode back out of the trash."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ArchiveBarcode:
    """Put a barcode aside, or with `archived` false back; it can be scanned all the same."""

    by: Actor
    id: UUID
    archived: bool = True


@needs("assets.write")
async def delete_barcode(command: DeleteBarcode) -> None:
    """It is not found any more, and restorable for 30 days.

    Raises `NotFound` also when it is in the trash already, and `VersionMismatch`.
    """
    now = outside().clock.now()
    query = held(the_barcode(command.by, command.id))
    async with transaction() as session:
        row = there((await session.execute(query)).scalar_one_or_none())
        must_be_version(command.version, row.version)
        row.throw_away(now)
        await session.flush()
        await emit(BarcodeDeleted(**facts_of(row), occurred_at=now))


@needs("assets.write")
async def restore_barcode(command: RestoreBarcode) -> BarcodeView:
    """It is found again. Raises `NotFound`, `PlanLimitReached`."""
    now = outside().clock.now()
    query = held(the_barcode(command.by, command.id, trash=True)).where(
        col(BarcodeRow.deleted_at) > now - RESTORABLE
    )
    async with transaction() as session:
        await have_room(HaveRoom(command.by))
        row = there((await session.execute(query)).scalar_one_or_none())
        place = await place_again(PlaceAgain(command.by, place_of(row)))
        row.take_back(now, place.workspace_id, place.folder_id)
        await session.flush()
        await emit(BarcodeUpdated(**facts_of(row), occurred_at=now, changes=("restored",)))
        return view_of(row, await read_surroundings(around([row])))


@needs("assets.write")
async def archive_barcode(command: ArchiveBarcode) -> BarcodeView:
    """The barcode, put aside or back. Raises `NotFound`."""
    now = outside().clock.now()
    query = held(the_barcode(command.by, command.id))
    async with transaction() as session:
        row = there((await session.execute(query)).scalar_one_or_none())
        if row.put_aside(now, archived=command.archived):
            await session.flush()
            await emit(BarcodeUpdated(**facts_of(row), occurred_at=now, changes=("archived",)))
        return view_of(row, await read_surroundings(around([row])))
