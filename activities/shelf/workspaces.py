"""The workspaces that an actor may put something into."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.rules.actors import Actor
from activities.rules.errors import DomainError, NotFound, NoWorkspace
from schema.tables import WorkspaceRow


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
