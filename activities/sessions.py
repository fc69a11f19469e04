"""Signed-in browsers: rows on our side, a random token on theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import select

from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.credentials import KEY_PREFIXES, fingerprint, must_be_alive, spell
from activities.rules.errors import CredentialUnknown, InvalidFields, NotFound
from schema.db import transaction
from schema.tables import MembershipRow, OrganizationRow, SessionRow, UserRow

LIFETIME = timedelta(days=14)


@dataclass(frozen=True)
class OpenSession:
    """Sign a person in on one browser."""

    user_id: UUID


@dataclass(frozen=True)
class NewSession:
    """The cookie's value and when it ends."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class AuthenticateSession:
    """Who is behind this cookie, acting for which of their organizations?

    `organization_id` may be left out by a person who has just one.
    """

    token: str
    organization_id: UUID | None = None


async def open_session(command: OpenSession) -> NewSession:
    """A session of 14 days; the token is in the answer and nowhere else."""
    now = outside().clock.now()
    token = spell(KEY_PREFIXES["workspace"], outside().dice.throw(32))
    row = SessionRow(
        created_at=now,
        user_id=command.user_id,
        token_hash=fingerprint(token),
        expires_at=now + LIFETIME,
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
    return NewSession(token=token, expires_at=row.expires_at)


async def authenticate_session(command: AuthenticateSession) -> Actor:
    """The actor behind a cookie.

    Raises `CredentialUnknown`, `CredentialRevoked`, `CredentialExpired`; `NotFound` for an
    organization that the person does not belong to; `InvalidFields` when it must be named.
    """
    query = (
        select(SessionRow, UserRow.name, OrganizationRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)  # type: ignore[arg-type]
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)  # type: ignore[arg-type]
        .join(OrganizationRow, OrganizationRow.id == MembershipRow.organization_id)  # type: ignore[arg-type]
        .where(SessionRow.token_hash == fingerprint(command.token))
    )
    async with transaction() as session:
        found = (await session.execute(query)).all()
    if not found:
        raise CredentialUnknown
    row, name, _ = found[0]
    must_be_alive(outside().clock.now(), expires_at=row.expires_at, revoked_at=row.revoked_at)
    mine = {organization.id: organization for _, _, organization in found}
    wanted = command.organization_id
    if wanted is None and len(mine) > 1:
        raise InvalidFields({"organization_id": ["Say which organization; you belong to several."]})
    organization = mine.get(wanted) if wanted else next(iter(mine.values()))
    if organization is None:
        raise NotFound("organization")
    return Actor(
        organization_id=organization.id,
        credential_id=row.id,
        dialect="workspace",
        name=name,
        plan=organization.plan,
    )
