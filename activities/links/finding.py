"""Which link a command is about: that with an id, or that with a slug."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col
from sqlmodel.sql.expression import SelectOfScalar

from activities.rules import slugs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.visible import visible
from schema.tables import LinkRow


def meant(by: Actor, id: UUID | None, slug: str | None) -> SelectOfScalar[LinkRow]:
    """The link with the id, or those with the slug, at most two, that on the default domain first.

    Raises `NotFound` for a slug that none can have.
    """
    query = visible(LinkRow, by)
    if slug is None:
        return query.where(LinkRow.id == id)
    if not slugs.could_exist(slug):
        raise NotFound("link")
    named = query.where(LinkRow.slug == slug)
    return named.order_by(col(LinkRow.domain_id).is_not(None), col(LinkRow.id)).limit(2)


def held(query: SelectOfScalar[LinkRow]) -> SelectOfScalar[LinkRow]:
    """The same, locked against other changes, and read anew if it was read before.

    Not FOR UPDATE: whoever ties a code to the link holds it with a weaker lock meanwhile.
    """
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


def only_one(rows: Sequence[LinkRow]) -> LinkRow:
    """The link that is meant: the one on the default domain, or the only one on a custom domain.

    Raises `NotFound` when there is none, or when two are on custom domains and none is on ours.
    """
    if not rows or (len(rows) > 1 and rows[0].domain_id is not None):
        raise NotFound("link")
    return rows[0]
