"""The ends of keys: rotated, with a grace for the old secret, or revoked at once.

Another process may take an ended key from its memory for less than a second more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.key_ring import KeyView, keys_reached, new_key_row, view_key
from activities.keys import forget_key
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.credentials import key_status
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.key_terms import must_be_grace
from activities.rules.permissions import granted
from schema.db import transaction
from schema.tables import ApiKeyRow


@dataclass(frozen=True)
class RotateKey:
    """A new secret in place of a key's; the old one works for `grace_seconds` more (7 days)."""

    by: Actor
    id: UUID
    grace_seconds: int = 0
    dialect: str = ""


@dataclass(frozen=True)
class RevokeKey:
    """Take a key back at once. `dialect`, when named, must be the key's."""

    by: Actor
    id: UUID
    dialect: str = ""


@needs("keys.write")
async def rotate_key(command: RotateKey) -> KeyView:
    """A key with the same terms and another secret, in place of this one.

    A key that is itself the successor of a retiring one ends that one's grace: of one key at most
    two secrets work. Raises `NotFound`, `InvalidFields` for a key that is not active (so of two
    rotations at once, for one), and `Forbidden` when the key may do what the actor may not.
    """
    must_be_grace(command.grace_seconds)
    by, now = command.by, outside().clock.now()
    async with transaction() as session:
        old = await _active(session, command, now)
        for permission in sorted(granted(old.dialect, old.scopes)):
            by.must(permission)
        made, secret = new_key_row(
            by,
            now,
            **old.model_dump(
                include={"dialect", "name", "workspace_id", "scopes", "per_minute", "burst"}
                | {"kind", "daily_cap", "expires_at"}
            ),
        )
        session.add(made)
        await session.flush()
        await _end(session, and_(*keys_reached(by), col(ApiKeyRow.rotated_to) == old.id), now)
        old.revoked_at = now + timedelta(seconds=command.grace_seconds)
        old.rotated_to = made.id
        await session.flush()
        forget_key(old.secret_hash)
        detail = {"prefix": made.prefix, "old": old.prefix, "grace_seconds": command.grace_seconds}
        await record_act(done_by(by, "key.rotated", f"key {old.id}", to=str(made.id), **detail))
        return view_key(made, by.plan, now, 0, secret)


@needs("keys.write")
async def revoke_key(command: RevokeKey) -> None:
    """End a key, or the grace of a retiring one; nothing happens to one that is revoked already.

    Raises `NotFound`.
    """
    now, mine = outside().clock.now(), keys_reached(command.by, command.dialect, command.id)
    async with transaction() as session:
        ended = await _end(session, and_(*mine), now)
        if ended:
            detail = {"prefix": ended[0].prefix}
            await record_act(done_by(command.by, "key.revoked", f"key {command.id}", **detail))
        elif (await session.execute(select(ApiKeyRow.id).where(*mine))).first() is None:
            raise NotFound("API key")


async def _active(session: AsyncSession, command: RotateKey, now: datetime) -> ApiKeyRow:
    """The key, locked, as it stands after whoever had it before."""
    query = (
        select(ApiKeyRow)
        .where(*keys_reached(command.by, command.dialect, command.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("API key")
    status = key_status(now, expires_at=row.expires_at, revoked_at=row.revoked_at)
    if status != "active":
        raise InvalidFields({"id": [f"This key is {status}; only an active one can be rotated."]})
    return row


async def _end(session: AsyncSession, which: ColumnElement[bool], now: datetime) -> list[ApiKeyRow]:
    """Revoke those that are not revoked yet, and answer them."""
    alive = or_(col(ApiKeyRow.revoked_at).is_(None), col(ApiKeyRow.revoked_at) > now)
    ending = update(ApiKeyRow).where(which, alive).values(revoked_at=now).returning(ApiKeyRow)
    ended = list((await session.execute(ending)).scalars())
    for row in ended:
        forget_key(row.secret_hash)
    return ended
