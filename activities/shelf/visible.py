"""Which assets an actor sees."""

from __future__ import annotations

from typing import TypeVar

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.rules.actors import Actor
from schema.assets import AssetRow

Asset = TypeVar("Asset", bound=AssetRow)


def visible(row: type[Asset], by: Actor, *, trash: bool = False) -> SelectOfScalar[Asset]:
    """The assets of the actor's organization and, when restricted, workspace.

    Those in the trash are left out; with `trash` the others are.
    """
    query = select(row).where(
        col(row.organization_id) == by.organization_id,
        col(row.deleted_at).is_not(None) if trash else col(row.deleted_at).is_(None),
    )
    if by.workspace_id:
        query = query.where(col(row.workspace_id) == by.workspace_id)
    return query
