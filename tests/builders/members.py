"""People in organizations, signed in."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from activities.accounts import OrganizationView
from activities.outside import outside
from activities.rules.actors import Actor, Person
from activities.sessions import (
    AuthenticatePerson,
    AuthenticateSession,
    OpenSession,
    authenticate_person,
    authenticate_session,
    open_session,
)
from schema.db import transaction
from schema.tables import MembershipRow, UserRow


async def a_user(name: str) -> UUID:
    """Somebody with a proved address who belongs to no organization."""
    now = outside().clock.now()
    row = UserRow(created_at=now, email=f"{name}@people.example", name=name, proved_at=now)
    async with transaction() as session:
        session.add(row)
        await session.flush()
        return row.id


async def prove(user_id: UUID) -> None:
    """Somebody's address is proved, and nothing of theirs is taken back."""
    proof = update(UserRow).where(col(UserRow.id) == user_id)
    async with transaction() as session:
        await session.execute(proof.values(proved_at=outside().clock.now()))


async def a_membership(organization_id: UUID, user_id: UUID, role: str) -> UUID:
    row = MembershipRow(
        created_at=outside().clock.now(),
        organization_id=organization_id,
        user_id=user_id,
        role=role,
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        return row.id


async def a_token(user_id: UUID) -> str:
    return (await open_session(OpenSession(user_id))).token


async def the_owner(home: OrganizationView) -> Actor:
    """Who made the organization, signed in, with a proved address."""
    await prove(home.owner_id)
    return await authenticate_session(AuthenticateSession(await a_token(home.owner_id), home.id))


async def a_member(home: OrganizationView, role: str, name: str = "") -> Actor:
    """Somebody else in the organization, signed in."""
    user_id = await a_user(name or role)
    await a_membership(home.id, user_id, role)
    return await authenticate_session(AuthenticateSession(await a_token(user_id), home.id))


async def a_person(user_id: UUID) -> Person:
    """Somebody signed in who has not chosen an organization."""
    return await authenticate_person(AuthenticatePerson(await a_token(user_id)))
