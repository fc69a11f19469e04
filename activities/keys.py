"""API keys of every dialect: made once, shown once, looked up by their hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.credentials import KEY_PREFIXES, fingerprint, must_be_alive, shown, spell
from activities.rules.errors import CredentialUnknown
from schema.db import transaction
from schema.tables import ApiKeyRow, OrganizationRow

LAST_USED_STEP = timedelta(minutes=1)
"""How exact `last_used_at` is: a key in steady use costs one write a minute, not one a call."""


@dataclass(frozen=True)
class CreateKey:
    """A key for one dialect of an organization, optionally for one workspace only."""

    organization_id: UUID
    dialect: str
    name: str
    workspace_id: UUID | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class NewKey:
    """A key just made; `secret` is never to be had again."""

    id: UUID
    name: str
    prefix: str
    secret: str


@dataclass(frozen=True)
class AuthenticateKey:
    """Who is behind this secret, in this dialect?"""

    dialect: str
    secret: str


async def create_key(command: CreateKey) -> NewKey:
    """Make a key; its secret is in the answer and nowhere else."""
    prefix = KEY_PREFIXES[command.dialect]
    secret = spell(prefix, outside().dice.throw(32))
    row = ApiKeyRow(
        created_at=outside().clock.now(),
        organization_id=command.organization_id,
        workspace_id=command.workspace_id,
        dialect=command.dialect,
        name=command.name,
        prefix=shown(secret, prefix),
        secret_hash=fingerprint(secret),
        expires_at=command.expires_at,
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
    return NewKey(id=row.id, name=row.name, prefix=row.prefix, secret=secret)


async def authenticate_key(command: AuthenticateKey) -> Actor:
    """The actor behind a key; one indexed query.

    Raises `CredentialUnknown` (also for a key of another dialect), `CredentialRevoked`,
    `CredentialExpired`.
    """
    now = outside().clock.now()
    query = (
        select(ApiKeyRow, OrganizationRow.plan)
        .join(OrganizationRow, OrganizationRow.id == ApiKeyRow.organization_id)  # type: ignore[arg-type]
        .where(
            ApiKeyRow.secret_hash == fingerprint(command.secret),
            ApiKeyRow.dialect == command.dialect,
        )
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
        if found is None:
            raise CredentialUnknown
        key, plan = found
        must_be_alive(now, expires_at=key.expires_at, revoked_at=key.revoked_at)
        if key.last_used_at is None or now - key.last_used_at >= LAST_USED_STEP:
            touch = update(ApiKeyRow).where(col(ApiKeyRow.id) == key.id).values(last_used_at=now)
            await session.execute(touch)
        return Actor(
            organization_id=key.organization_id,
            credential_id=key.id,
            dialect=command.dialect,
            name=key.name,
            plan=plan,
            workspace_id=key.workspace_id,
        )
