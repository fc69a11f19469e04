"""Codes that are tied to a link."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from schema.tables import LinkRow


def leading_link(link_id: UUID) -> SelectOfScalar[LinkRow]:
    """The link that a code is tied to, while it leads the visits of the code.

    As `activities.visits.targets` leads them: where this finds none, the code leads by itself.
    """
    return select(LinkRow).where(
        LinkRow.id == link_id,
        col(LinkRow.is_active).is_(True),
        col(LinkRow.deleted_at).is_(None),
    )
