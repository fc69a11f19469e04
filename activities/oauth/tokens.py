"""Access and refresh tokens that were given: who is behind one, what it is good for, its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import and_, col, or_

from activities.audit import Act, record_act
from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.credentials import fingerprint, must_be_alive
from activities.rules.errors import CredentialRevoked, CredentialUnknown
from activities.rules.oauth import DIALECT
from activities.rules.permissions import OF_ROLE, granted, role_named
from activities.rules.plans import must_have_api, plan_of
from schema.db import transaction
from schema.tables import (
    MembershipRow,
    OAuthClientRow,
    OAuthGrantRow,
    OAuthTokenRow,
    OrganizationRow,
    UserRow,
    WorkspaceRow,
)


@dataclass(frozen=True)
class AuthenticateOAuth:
    """Who is behind this access token, in this dialect?"""

    token: str = field(repr=False)
    dialect: str = DIALECT


@dataclass(frozen=True)
class FindToken:
    """What is this access or refresh token?"""

    token: str = field(repr=False)


@dataclass(frozen=True)
class KnownToken:
    """A token as the authorization server sees it; `scopes` are its own, `user_id` who allowed.

    For a refresh token they are those of the grant. `active` is whether it is good for anything.
    """

    kind: Literal["access_token", "refresh_token"]
    client_id: str
    user_id: UUID
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    active: bool


@dataclass(frozen=True)
class RevokeToken:
    """The client gives a token back; with a refresh token the whole grant."""

    client_id: str
    token: str = field(repr=False)


async def authenticate_oauth(command: AuthenticateOAuth) -> Actor:
    """The actor behind an access token, in one query.

    It may do what its scopes and the person's role now have in common. Its `credential_id` is the
    grant, which outlives its tokens. Raises `CredentialUnknown` (also in another dialect),
    `CredentialRevoked` when the token, its grant, its client, its workspace or the person's
    membership ended, `CredentialExpired`, and `PlanWithoutApi`.
    """
    if command.dialect != DIALECT:
        raise CredentialUnknown
    query = _tokens().where(col(OAuthTokenRow.access_hash) == fingerprint(command.token))
    async with transaction() as session:
        found = (await session.execute(query)).first()
    if found is None:
        raise CredentialUnknown
    token: OAuthTokenRow = found.OAuthTokenRow
    if not _lives(found):
        raise CredentialRevoked
    must_be_alive(
        outside().clock.now(), expires_at=token.access_expires_at, revoked_at=token.revoked_at
    )
    must_have_api(found.plan, command.dialect)
    return _actor(found)


async def find_token(command: FindToken) -> KnownToken | None:
    """What the token is, whether it is still good or not; None when it is none of ours."""
    async with transaction() as session:
        found = await _find(session, command.token)
    if found is None:
        return None
    token: OAuthTokenRow = found.OAuthTokenRow
    grant: OAuthGrantRow = found.OAuthGrantRow
    now = outside().clock.now()
    is_access = token.access_hash == fingerprint(command.token)
    expires_at = token.access_expires_at if is_access else token.refresh_expires_at
    ended_at = token.revoked_at if is_access else token.refresh_used_at
    return KnownToken(
        kind="access_token" if is_access else "refresh_token",
        client_id=found.OAuthClientRow.client_id,
        user_id=grant.user_id,
        scopes=tuple(token.scopes if is_access else grant.scopes),
        issued_at=token.created_at,
        expires_at=expires_at,
        active=_lives(found) and ended_at is None and expires_at > now,
    )


async def revoke_token(command: RevokeToken) -> None:
    """End an access token, or the grant of a refresh token (RFC 7009 2.1).

    A token that is another client's, over or unknown changes nothing and is not told apart.
    """
    now = outside().clock.now()
    async with transaction() as session:
        found = await _find(session, command.token, lock=True)
        if found is None or found.OAuthClientRow.client_id != command.client_id:
            return
        token: OAuthTokenRow = found.OAuthTokenRow
        grant: OAuthGrantRow = found.OAuthGrantRow
        if token.access_hash == fingerprint(command.token):
            token.revoked_at = token.revoked_at or now
            await session.flush()
        elif grant.revoked_at is None:
            grant.revoked_at = now
            await session.flush()
            await record_act(_given_back(grant, found.OAuthClientRow))


def _tokens() -> Select[*tuple[Any, ...]]:
    """Tokens with all that they depend on; None where membership or workspace is gone."""
    return (
        select(
            OAuthTokenRow,
            OAuthGrantRow,
            OAuthClientRow,
            col(UserRow.name).label("person"),
            col(OrganizationRow.plan).label("plan"),
            col(MembershipRow.role).label("role"),
            col(WorkspaceRow.id).label("workspace"),
        )
        .join(OAuthGrantRow, col(OAuthGrantRow.id) == OAuthTokenRow.grant_id)
        .join(OAuthClientRow, col(OAuthClientRow.id) == OAuthGrantRow.client_row_id)
        .join(UserRow, col(UserRow.id) == OAuthGrantRow.user_id)
        .join(OrganizationRow, col(OrganizationRow.id) == OAuthGrantRow.organization_id)
        .outerjoin(
            MembershipRow,
            and_(
                col(MembershipRow.user_id) == OAuthGrantRow.user_id,
                col(MembershipRow.organization_id) == OAuthGrantRow.organization_id,
            ),
        )
        .outerjoin(
            WorkspaceRow,
            and_(
                col(WorkspaceRow.id) == OAuthGrantRow.workspace_id,
                col(WorkspaceRow.deleted_at).is_(None),
            ),
        )
    )


async def _find(session: AsyncSession, token: str, *, lock: bool = False) -> Any:
    """The row of an access or refresh token with what it depends on."""
    hashed = fingerprint(token)
    query = _tokens().where(
        or_(
            col(OAuthTokenRow.access_hash) == hashed,
            col(OAuthTokenRow.refresh_hash) == hashed,
        )
    )
    if lock:
        query = query.with_for_update(of=(OAuthTokenRow, OAuthGrantRow))
    return (await session.execute(query)).first()


def _lives(found: Any) -> bool:
    """Whether grant, client, membership and, where the grant is limited to one, workspace do."""
    grant: OAuthGrantRow = found.OAuthGrantRow
    return (
        grant.revoked_at is None
        and found.OAuthClientRow.revoked_at is None
        and found.role is not None
        and (grant.workspace_id is None or found.workspace is not None)
    )


def _actor(found: Any) -> Actor:
    grant: OAuthGrantRow = found.OAuthGrantRow
    allowed = granted(DIALECT, found.OAuthTokenRow.scopes) & OF_ROLE[role_named(found.role)]
    return Actor(
        organization_id=grant.organization_id,
        credential_id=grant.id,
        dialect=DIALECT,
        name=found.person,
        plan=found.plan,
        permissions=allowed,
        kind="oauth",
        workspace_id=grant.workspace_id,
        user_id=grant.user_id,
        throttle=plan_of(found.plan).throttle,
    )


def _given_back(grant: OAuthGrantRow, client: OAuthClientRow) -> Act:
    return Act(
        organization_id=grant.organization_id,
        actor_kind="oauth",
        actor_id=client.id,
        actor_name=client.name,
        action="grant.revoked",
        target=f"grant {grant.id}",
        detail={"client": client.client_id, "name": client.name},
    )
