"""API keys of every dialect, as they are used: looked up by their hash, remembered for a moment.

What people do with their keys is in `activities/key_ring.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.credentials import (
    fingerprint,
    key_prefix,
    key_status,
    must_be_alive,
    shown,
    spell,
)
from activities.rules.errors import CredentialUnknown
from activities.rules.permissions import granted
from activities.rules.plans import must_have_api, plan_of
from schema.db import transaction
from schema.tables import ApiKeyRow, OrganizationRow

LAST_USED_STEP = timedelta(minutes=1)
"""How exact `last_used_at` is: a key in steady use costs one write a minute, not one a call."""

REMEMBERED = timedelta(milliseconds=800)
"""How long a key is taken from memory: a revoked one stops working within a second everywhere."""

MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class CreateKey:
    """The installation's own key for a dialect of an organization: nobody acts, no plan counts."""

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
    prefix = key_prefix(command.dialect)
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
    """The actor behind a key; one indexed query, remembered for less than a second.

    Raises `CredentialUnknown` (also for a key of another dialect), `CredentialRevoked`,
    `CredentialExpired`, and `PlanWithoutApi` when the plan's keys may not speak the dialect.
    """
    now = outside().clock.now()
    secret_hash = fingerprint(command.secret)
    known = _remembered.get(secret_hash)
    if known is None or not now - REMEMBERED < known.looked_up_at <= now:
        known = await _look_up(secret_hash, now)
        _remember(secret_hash, known)
    if known.actor.dialect != command.dialect:
        raise CredentialUnknown
    must_be_alive(now, expires_at=known.expires_at, revoked_at=known.revoked_at)
    must_have_api(known.actor.plan, command.dialect)
    return known.actor


def forget_key(secret_hash: bytes) -> None:
    """Look a key up anew from now on, in this process; others do within `REMEMBERED`."""
    _remembered.pop(secret_hash, None)


@dataclass(frozen=True)
class _Known:
    """A key as it was when it was looked up."""

    actor: Actor
    looked_up_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


_remembered: dict[bytes, _Known] = {}


def _remember(secret_hash: bytes, known: _Known) -> None:
    """Keep it, in place of the oldest when there are many."""
    _remembered.pop(secret_hash, None)
    if len(_remembered) >= MOST_REMEMBERED:
        del _remembered[next(iter(_remembered))]
    _remembered[secret_hash] = known


async def _look_up(secret_hash: bytes, now: datetime) -> _Known:
    query = (
        select(ApiKeyRow, OrganizationRow.plan)
        .join(OrganizationRow, OrganizationRow.id == ApiKeyRow.organization_id)  # type: ignore[arg-type]
        .where(ApiKeyRow.secret_hash == secret_hash)
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
        if found is None:
            raise CredentialUnknown
        key, plan = found
        if _is_to_be_noted(key, now):
            touch = update(ApiKeyRow).where(col(ApiKeyRow.id) == key.id).values(last_used_at=now)
            await session.execute(touch, execution_options={"synchronize_session": False})
    return _Known(_actor(key, plan), now, key.expires_at, key.revoked_at)


def _is_to_be_noted(key: ApiKeyRow, now: datetime) -> bool:
    """Whether this use is news for `last_used_at`; a dead key is not used, only tried."""
    status = key_status(now, expires_at=key.expires_at, revoked_at=key.revoked_at)
    if status not in ("active", "retiring"):
        return False
    return key.last_used_at is None or now - key.last_used_at >= LAST_USED_STEP


def _actor(key: ApiKeyRow, plan: str) -> Actor:
    return Actor(
        organization_id=key.organization_id,
        credential_id=key.id,
        dialect=key.dialect,
        name=key.name,
        plan=plan,
        permissions=granted(key.dialect, key.scopes),
        workspace_id=key.workspace_id,
        user_id=key.made_by,
        throttle=plan_of(plan).narrowed(f"key {key.name}", key.per_minute, key.burst),
        daily_cap=key.daily_cap,
    )
