"""The workspaces that an actor may put something into."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import DomainError, NotFound, NoWorkspace
from schema.db import transaction
from schema.tables import WorkspaceRow


@dataclass(frozen=True)
class FindWorkspace:
    """A workspace to put something into: the `asked` one, or the first that the actor has."""

    by: Actor
    asked: UUID | None = None


@dataclass(frozen=True)
class Found:
    """Its id."""

    id: UUID


@needs("assets.write")
async def find_workspace(command: FindWorkspace) -> Found:
    """Hold the workspace against its deletion. Raises `NotFound`, `NoWorkspace`."""
    by, asked = command.by, command.asked
    # Locked as a reference to it would lock it a moment later.
    query = workspaces_of(by, asked).limit(1).with_for_update(read=True, key_share=True)
    async with transaction() as session:
        found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise none_of(by, asked)
    return Found(found)


def workspaces_of(by: Actor, asked: UUID | None = None) -> SelectOfScalar[UUID]:
    """The ids of those of the actor's organization, the first one first; only `asked` when given.

    An actor that is restricted to one has that one.
    """
    query = (
        select(WorkspaceRow.id)
        .where(
            WorkspaceRow.organization_id == by.organization_id,
            col(WorkspaceRow.deleted_at).is_(None),
        )
        .order_by(col(WorkspaceRow.created_at), col(WorkspaceRow.id))
    )
    for only in (by.workspace_id, asked):
        if only is not None:
            query = query.where(WorkspaceRow.id == only)
    return query


def none_of(by: Actor, asked: UUID | None = None) -> DomainError:
    """The refusal when there is no such workspace, or none at all."""
    return NotFound("workspace") if asked or by.workspace_id else NoWorkspace()
