"""The browsers that a person is signed in on: listed, and signed out from any of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from activities.outside import outside
from activities.people import PersonalAct, record_personal_act
from activities.rules.actors import Person
from activities.rules.errors import NotFound
from schema.db import transaction
from schema.tables import SessionRow

MOST_LISTED = 100


@dataclass(frozen=True)
class ListSessions:
    """The browsers that a person is signed in on."""

    by: Person


@dataclass(frozen=True)
class RevokeSession:
    """Sign one of the person's browsers out, from any of them."""

    by: Person
    id: UUID


@dataclass(frozen=True)
class RevokeOtherSessions:
    """Sign all of the person's browsers out but this one."""

    by: Person


@dataclass(frozen=True)
class CloseSession:
    """Sign out."""

    by: Person


@dataclass(frozen=True)
class SessionView:
    """A browser that somebody is signed in on; `current` is the one that asks."""

    id: UUID
    agent: str
    created_at: datetime
    seen_at: datetime
    current: bool


@dataclass(frozen=True)
class Revoked:
    """How many sessions ended."""

    count: int


async def list_sessions(command: ListSessions) -> tuple[SessionView, ...]:
    """Those that are alive, the last used first; 100 at most."""
    query = (
        select(SessionRow)
        .where(
            SessionRow.user_id == command.by.user_id,
            col(SessionRow.revoked_at).is_(None),
            SessionRow.expires_at > outside().clock.now(),
        )
        .order_by(col(SessionRow.seen_at).desc(), col(SessionRow.id))
        .limit(MOST_LISTED)
    )
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
    here = command.by.session_id
    return tuple(
        SessionView(row.id, row.agent, row.created_at, row.seen_at, row.id == here) for row in rows
    )


async def revoke_session(command: RevokeSession) -> None:
    """End it. Again is no fault; another person's raises `NotFound`."""
    query = (
        select(SessionRow)
        .where(SessionRow.id == command.id, SessionRow.user_id == command.by.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
        if row is None:
            raise NotFound("session")
        if row.revoked_at is None:
            row.revoked_at = outside().clock.now()
            await session.flush()
            revoked = PersonalAct(row.user_id, "session.revoked", f"session {row.id}")
            await record_personal_act(revoked)


async def revoke_other_sessions(command: RevokeOtherSessions) -> Revoked:
    """End all but the one that asks."""
    ending = (
        update(SessionRow)
        .where(
            col(SessionRow.user_id) == command.by.user_id,
            col(SessionRow.id) != command.by.session_id,
            col(SessionRow.revoked_at).is_(None),
        )
        .values(revoked_at=outside().clock.now())
        .returning(col(SessionRow.id))
    )
    async with transaction() as session:
        rows = await session.execute(ending, execution_options={"synchronize_session": False})
        count = len(rows.all())
        if count:
            others = {"count": count}
            await record_personal_act(
                PersonalAct(command.by.user_id, "session.revoked", "other sessions", others)
            )
    return Revoked(count)


async def close_session(command: CloseSession) -> None:
    """End the session that asks; one that a sign-in service keeps is that service's to end."""
    try:
        await revoke_session(RevokeSession(command.by, command.by.session_id))
    except NotFound:
        return
