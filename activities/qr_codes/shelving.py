"""QR codes put away: archived, thrown into the trash, and back again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col

from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.qr_codes.finding import held, the_code, there
from activities.qr_codes.surroundings import around, read_surroundings
from activities.qr_codes.views import QrCodeView, facts_of, view_of
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from activities.rules.facts.codes import QrDeleted, QrUpdated
from activities.rules.listings import RESTORABLE
from activities.shelf.moving import PlaceAgain, place_again, place_of
from activities.shelf.placing import HaveRoom, have_room
from schema.db import transaction
from schema.tables import QrCodeRow


@dataclass(frozen=True)
class DeleteQrCode:
    """Throw a code away, by `id` or `short_code`; with `version` only if it is still that one.

    With `dynamic_only` there are no other codes.
    """

    by: Actor
    id: UUID | None = None
    short_code: str | None = None
    version: int | None = None
    dynamic_only: bool = False


@dataclass(frozen=True)
class RestoreQrCode:
    """Take a code back out of the trash."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ArchiveQrCode:
    """Put a code aside, or with `archived` false back; it works all the same."""

    by: Actor
    id: UUID
    archived: bool = True


@needs("assets.write")
async def delete_qr_code(command: DeleteQrCode) -> None:
    """It leads nowhere at once, is restorable for 30 days, and keeps its short code for good.

    Raises `NotFound` also when it is in the trash already, and `VersionMismatch`.
    """
    now = outside().clock.now()
    asked = the_code(
        command.by,
        id=command.id,
        short_code=command.short_code,
        dynamic_only=command.dynamic_only,
    )
    async with transaction() as session:
        row = there((await session.execute(held(asked))).scalar_one_or_none())
        must_be_version(command.version, row.version)
        row.throw_away(now)
        await session.flush()
        await emit(QrDeleted(**facts_of(row), occurred_at=now))


@needs("assets.write")
async def restore_qr_code(command: RestoreQrCode) -> QrCodeView:
    """It leads where it led before, and is where it was before.

    When its workspace is gone meanwhile, it is in the organization's first one. Raises `NotFound`,
    `PlanLimitReached`, `NoWorkspace`.
    """
    now = outside().clock.now()
    query = held(the_code(command.by, id=command.id, trash=True)).where(
        col(QrCodeRow.deleted_at) > now - RESTORABLE
    )
    async with transaction() as session:
        await have_room(HaveRoom(command.by))
        row = there((await session.execute(query)).scalar_one_or_none())
        place = await place_again(PlaceAgain(command.by, place_of(row)))
        row.take_back(now, place.workspace_id, place.folder_id)
        await session.flush()
        await emit(QrUpdated(**facts_of(row), occurred_at=now, changes=("restored",)))
        return view_of(row, await read_surroundings(around([row])))


@needs("assets.write")
async def archive_qr_code(command: ArchiveQrCode) -> QrCodeView:
    """The code, put aside or back. Raises `NotFound`."""
    now = outside().clock.now()
    query = held(the_code(command.by, id=command.id))
    async with transaction() as session:
        row = there((await session.execute(query)).scalar_one_or_none())
        if row.put_aside(now, archived=command.archived):
            await session.flush()
            await emit(QrUpdated(**facts_of(row), occurred_at=now, changes=("archived",)))
        return view_of(row, await read_surroundings(around([row])))
