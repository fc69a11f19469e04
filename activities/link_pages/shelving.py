"""Link pages put away: archived, thrown into the trash, and back again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col

from activities.link_pages.views import LinkPageView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from activities.rules.errors import NotFound
from activities.rules.listings import RESTORABLE
from activities.shelf.labels import read_labels, wanted
from activities.shelf.moving import PlaceAgain, place_again, place_of
from activities.shelf.placing import HaveRoom, have_room
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import LinkPageRow


@dataclass(frozen=True)
class DeleteLinkPage:
    """Throw a page away; with `version` only if it is still that one."""

    by: Actor
    id: UUID
    version: int | None = None


@dataclass(frozen=True)
class RestoreLinkPage:
    """Take a page back out of the trash."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ArchiveLinkPage:
    """Put a page aside, or with `archived` false back; it is shown all the same."""

    by: Actor
    id: UUID
    archived: bool = True


@needs("assets.write")
async def delete_link_page(command: DeleteLinkPage) -> None:
    """Nobody sees it any more; it is restorable for 30 days and keeps its slugs for good.

    Raises `NotFound` also when it is in the trash already, and `VersionMismatch`.
    """
    query = visible(LinkPageRow, command.by).where(LinkPageRow.id == command.id)
    async with transaction() as session:
        row = (await session.execute(query.with_for_update())).scalar_one_or_none()
        if row is None:
            raise NotFound("link page")
        must_be_version(command.version, row.version)
        row.throw_away(outside().clock.now())
        await session.flush()


@needs("assets.write")
async def restore_link_page(command: RestoreLinkPage) -> LinkPageView:
    """It is shown as before. Raises `NotFound`, `PlanLimitReached`."""
    now = outside().clock.now()
    query = visible(LinkPageRow, command.by, trash=True).where(
        LinkPageRow.id == command.id, col(LinkPageRow.deleted_at) > now - RESTORABLE
    )
    async with transaction() as session:
        await have_room(HaveRoom(command.by))
        row = (await session.execute(query.with_for_update())).scalar_one_or_none()
        if row is None:
            raise NotFound("link page")
        place = await place_again(PlaceAgain(command.by, place_of(row)))
        row.take_back(now, place.workspace_id, place.folder_id)
        await session.flush()
        return view_of(row, await read_labels(wanted([row])))


@needs("assets.write")
async def archive_link_page(command: ArchiveLinkPage) -> LinkPageView:
    """The page, put aside or back. Raises `NotFound`."""
    now = outside().clock.now()
    query = visible(LinkPageRow, command.by).where(LinkPageRow.id == command.id)
    async with transaction() as session:
        row = (await session.execute(query.with_for_update())).scalar_one_or_none()
        if row is None:
            raise NotFound("link page")
        if row.put_aside(now, archived=command.archived):
            await session.flush()
        return view_of(row, await read_labels(wanted([row])))
