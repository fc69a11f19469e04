"""What a credential is told of itself: whose it is, what it is called, what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from activities.permits import needs
from activities.rules.actors import Actor, Kind
from activities.rules.permissions import Permission
from schema.db import transaction
from schema.tables import (
    ApiKeyRow,
    OAuthClientRow,
    OAuthGrantRow,
    OrganizationRow,
    UserRow,
    WorkspaceRow,
)


@dataclass(frozen=True)
class ReadConnection:
    """Who am I?"""

    by: Actor


@dataclass(frozen=True)
class Named:
    """Something with an id and a name: a person or a workspace."""

    id: UUID
    name: str


@dataclass(frozen=True)
class ConnectionView:
    """A credential and what it stands in.

    `name` is the key's or the application's; of a person who is signed in, the person's. `prefix`
    and `expires_at` are those of a key. `user` is who made the key or gave the access.
    """

    kind: Kind
    name: str
    prefix: str | None
    scopes: tuple[Permission, ...]
    expires_at: datetime | None
    organization: Named
    slug: str
    plan: str
    workspace: Named | None
    user: Named | None


@needs("organization.read")
async def read_connection(command: ReadConnection) -> ConnectionView:
    """The credential that asks, in one query."""
    by = command.by
    query = (
        select(OrganizationRow, WorkspaceRow, UserRow, ApiKeyRow, OAuthClientRow)
        .select_from(OrganizationRow)
        .outerjoin(WorkspaceRow, col(WorkspaceRow.id) == by.workspace_id)
        .outerjoin(UserRow, col(UserRow.id) == by.user_id)
        .outerjoin(ApiKeyRow, col(ApiKeyRow.id) == by.credential_id)
        .outerjoin(OAuthGrantRow, col(OAuthGrantRow.id) == by.credential_id)
        .outerjoin(OAuthClientRow, col(OAuthClientRow.id) == OAuthGrantRow.client_row_id)
        .where(col(OrganizationRow.id) == by.organization_id)
    )
    async with transaction() as session:
        organization, workspace, user, key, client = (await session.execute(query)).one()
    return ConnectionView(
        kind=by.kind,
        name=client.name if client else by.name,
        prefix=key.prefix if key else None,
        scopes=tuple(sorted(by.permissions)),
        expires_at=key.expires_at if key else None,
        organization=Named(organization.id, organization.name),
        slug=organization.slug,
        plan=organization.plan,
        workspace=_named(workspace),
        user=_named(user),
    )


def _named(row: WorkspaceRow | UserRow | None) -> Named | None:
    return Named(row.id, row.name) if row else None
