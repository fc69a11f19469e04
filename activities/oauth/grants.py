"""Grants as the person who gave them sees them: which applications may do what in whose name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import and_, col, or_, select

from activities.audit import Act, record_act
from activities.outside import outside
from activities.rules.actors import Person
from activities.rules.errors import NotFound
from schema.db import transaction
from schema.tables import (
    MembershipRow,
    OAuthClientRow,
    OAuthGrantRow,
    OAuthTokenRow,
    OrganizationRow,
)


@dataclass(frozen=True)
class ListGrants:
    """The person's grants that a client can still use."""

    by: Person


@dataclass(frozen=True)
class RevokeGrant:
    """The end of one of the person's grants and of all its tokens."""

    by: Person
    id: UUID


@dataclass(frozen=True)
class GrantView:
    """What a client may do in an organization, in one workspace of it when that is set."""

    id: UUID
    client_id: str
    client_name: str
    organization_id: UUID
    organization_name: str
    workspace_id: UUID | None
    scopes: tuple[str, ...]
    created_at: datetime


async def list_grants(command: ListGrants) -> tuple[GrantView, ...]:
    """Newest first; one whose tokens are all over, or that was never taken up, is left out."""
    now = outside().clock.now()
    refreshable = and_(
        col(OAuthTokenRow.refresh_used_at).is_(None), col(OAuthTokenRow.refresh_expires_at) > now
    )
    usable = and_(
        col(OAuthTokenRow.revoked_at).is_(None), col(OAuthTokenRow.access_expires_at) > now
    )
    query = (
        select(OAuthGrantRow, OAuthClientRow, OrganizationRow.name)
        .join(OAuthClientRow, OAuthClientRow.id == OAuthGrantRow.client_row_id)  # type: ignore[arg-type]
        .join(OrganizationRow, OrganizationRow.id == OAuthGrantRow.organization_id)  # type: ignore[arg-type]
        .join(
            MembershipRow,
            and_(
                col(MembershipRow.organization_id) == OAuthGrantRow.organization_id,
                col(MembershipRow.user_id) == OAuthGrantRow.user_id,
            ),
        )
        .where(
            OAuthGrantRow.user_id == command.by.user_id,
            col(OAuthGrantRow.revoked_at).is_(None),
            col(OAuthClientRow.revoked_at).is_(None),
            exists().where(
                col(OAuthTokenRow.grant_id) == OAuthGrantRow.id, or_(refreshable, usable)
            ),
        )
        .order_by(col(OAuthGrantRow.created_at).desc(), col(OAuthGrantRow.id).desc())
    )
    async with transaction() as session:
        found = (await session.execute(query)).all()
    return tuple(_view(grant, client, name) for grant, client, name in found)


async def revoke_grant(command: RevokeGrant) -> None:
    """End the grant; `NotFound` for another person's and for one that has ended."""
    query = (
        select(OAuthGrantRow, OAuthClientRow)
        .join(OAuthClientRow, OAuthClientRow.id == OAuthGrantRow.client_row_id)  # type: ignore[arg-type]
        .where(
            OAuthGrantRow.id == command.id,
            OAuthGrantRow.user_id == command.by.user_id,
            col(OAuthGrantRow.revoked_at).is_(None),
        )
        .with_for_update(of=OAuthGrantRow)
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
        if found is None:
            raise NotFound("grant")
        grant, client = found
        grant.revoked_at = outside().clock.now()
        await session.flush()
        await record_act(
            Act(
                organization_id=grant.organization_id,
                actor_kind="session",
                actor_id=command.by.user_id,
                actor_name=command.by.name,
                action="grant.revoked",
                target=f"grant {grant.id}",
                detail={"client": client.client_id, "name": client.name},
            )
        )


def _view(grant: OAuthGrantRow, client: OAuthClientRow, organization_name: str) -> GrantView:
    return GrantView(
        id=grant.id,
        client_id=client.client_id,
        client_name=client.name,
        organization_id=grant.organization_id,
        organization_name=organization_name,
        workspace_id=grant.workspace_id,
        scopes=tuple(grant.scopes),
        created_at=grant.created_at,
    )
