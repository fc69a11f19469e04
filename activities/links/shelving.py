"""Short links put away: archived, thrown into the trash, and back again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col

from activities.links.domains import FindHomeAgain, find_home_again
from activities.links.finding import held, meant, only_one
from activities.links.marks import Marks, of_one, read_marks
from activities.links.views import LinkView, facts_of, view_of
from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from activities.rules.facts.links import LinkDeleted, LinkUpdated
from activities.rules.listings import RESTORABLE
from activities.shelf.moving import PlaceAgain, place_again, place_of
from activities.shelf.placing import HaveRoom, have_room
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import LinkRow


@dataclass(frozen=True)
class DeleteLink:
    """Throw a link away, by `id` or the slug that it has; with `version` only if it is that one."""

    by: Actor
    id: UUID | None = None
    slug: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class RestoreLink:
    """Take a link back out of the trash."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ArchiveLink:
    """Put a link aside, or with `archived` false back; it works all the same."""

    by: Actor
    id: UUID
    archived: bool = True


@needs("assets.write")
async def delete_link(command: DeleteLink) -> None:
    """It leads nowhere at once, is restorable for 30 days, and keeps its slugs for good.

    Raises `NotFound` also when it is in the trash already, and `VersionMismatch`.
    """
    by, now = command.by, outside().clock.now()
    query = meant(by, command.id, command.slug)
    async with transaction() as session:
        # FOR UPDATE, which waits for those who tie a code to the link.
        locked = query.with_for_update().execution_options(populate_existing=True)
        row = only_one((await session.execute(locked)).scalars().all())
        must_be_version(command.version, row.version)
        marks = await read_marks(of_one(row, by))
        row.throw_away(now)
        await session.flush()
        await emit(LinkDeleted(**_facts(row, marks), occurred_at=now))


@needs("assets.write")
async def restore_link(command: RestoreLink) -> LinkView:
    """It leads where it led before.

    Raises `NotFound`, `PlanLimitReached`, `NoWorkspace`, and `InvalidFields` (`domain`) when its
    domain was removed meanwhile and is not verified again; `SlugTaken` when it is, and somebody
    gave its slug away there.
    """
    by, now = command.by, outside().clock.now()
    query = visible(LinkRow, by, trash=True).where(
        LinkRow.id == command.id, col(LinkRow.deleted_at) > now - RESTORABLE
    )
    async with transaction() as session:
        await have_room(HaveRoom(by))
        row = only_one((await session.execute(held(query))).scalars().all())
        place = await place_again(PlaceAgain(by, place_of(row)))
        home = await find_home_again(FindHomeAgain(by, row.id, row.slug, row.domain_id))
        row.domain_id = home.domain_id
        row.take_back(now, place.workspace_id, place.folder_id)
        await session.flush()
        marks = await read_marks(of_one(row, by))
        await emit(LinkUpdated(**_facts(row, marks), occurred_at=now, changes=("restored",)))
        return view_of(row, marks)


@needs("assets.write")
async def archive_link(command: ArchiveLink) -> LinkView:
    """The link, put aside or back. Raises `NotFound`."""
    by, now = command.by, outside().clock.now()
    query = meant(by, command.id, None)
    async with transaction() as session:
        row = only_one((await session.execute(held(query))).scalars().all())
        marks = await read_marks(of_one(row, by))
        if row.put_aside(now, archived=command.archived):
            await session.flush()
            await emit(LinkUpdated(**_facts(row, marks), occurred_at=now, changes=("archived",)))
        return view_of(row, marks)


def _facts(row: LinkRow, marks: Marks) -> dict[str, Any]:
    return facts_of(row, marks.hostnames.of(row.domain_id))
