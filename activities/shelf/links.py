"""Links that other assets refer to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import LinkRow


@dataclass(frozen=True)
class FindLink:
    """A link that an asset of the actor's shall refer to."""

    by: Actor
    id: UUID


@needs("assets.write")
async def find_link(command: FindLink) -> None:
    """Hold the link against its deletion. `NotFound` when it is not the actor's."""
    query = visible(LinkRow, command.by).where(LinkRow.id == command.id)
    async with transaction() as session:
        if (
            await session.execute(query.with_for_update(read=True, key_share=True))
        ).first() is None:
            raise NotFound("link")
