"""How an endpoint is found: by its owners only, and those who see the whole organization."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, NotFound
from activities.rules.permissions import Permission
from schema.tables import EndpointRow

_OF_ALL = "Webhooks hear of the whole organization; use a key that is not bound to one workspace."


def must_see_all(by: Actor, permission: Permission) -> None:
    """Raise `Forbidden` for an actor of one workspace: endpoints hear of all of them."""
    if by.workspace_id is not None:
        raise Forbidden(permission, _OF_ALL)


def endpoints_of(by: Actor) -> SelectOfScalar[EndpointRow]:
    """The endpoints of the actor's organization that are not deleted."""
    return select(EndpointRow).where(
        EndpointRow.organization_id == by.organization_id, col(EndpointRow.deleted_at).is_(None)
    )


def the_endpoint(by: Actor, id: UUID) -> SelectOfScalar[EndpointRow]:
    """The one with this id, if it is the actor's."""
    return endpoints_of(by).where(EndpointRow.id == id)


def held(query: SelectOfScalar[EndpointRow]) -> SelectOfScalar[EndpointRow]:
    """The same, locked against other changes, and read anew if it was read before.

    Deliveries that point to it may be written meanwhile.
    """
    locked = query.with_for_update(key_share=True)
    return locked.execution_options(populate_existing=True)


def there(row: EndpointRow | None) -> EndpointRow:
    """The row; `NotFound` when there is none."""
    if row is None:
        raise NotFound("webhook endpoint")
    return row
