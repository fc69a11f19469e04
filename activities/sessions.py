"""Signed-in browsers: rows on our side, a random token on theirs.

A session ends 14 days after it was last used. To keep that cheap its row is touched once an hour at
most, so the end may come an hour early.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.people import PersonalAct, record_personal_act
from activities.rules.actors import Actor, Person
from activities.rules.credentials import KEY_PREFIXES, fingerprint, must_be_alive, spell
from activities.rules.errors import CredentialUnknown, InvalidFields, NotFound
from activities.rules.permissions import OF_ROLE, role_named
from schema.db import transaction
from schema.tables import MembershipRow, OrganizationRow, SessionRow, UserRow

LIFETIME = timedelta(days=14)

SEEN_STEP = timedelta(hours=1)
"""How exact `seen_at` is: a session in steady use costs one write an hour."""


@dataclass(frozen=True)
class OpenSession:
    """Sign a person in on one browser; `agent` is that browser in words."""

    user_id: UUID
    agent: str = ""


@dataclass(frozen=True)
class NewSession:
    """The cookie's value and when it ends unless it is used."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class AuthenticatePerson:
    """Who is behind this cookie?"""

    token: str


@dataclass(frozen=True)
class AuthenticateSession:
    """Who is behind this cookie, acting for which of their organizations?

    `organization_id` may be left out by a person who has just one.
    """

    token: str
    organization_id: UUID | None = None


@dataclass(frozen=True)
class ChooseOrganization:
    """Act for one of the person's organizations; may be left out by who has just one."""

    by: Person
    organization_id: UUID | None = None


async def open_session(command: OpenSession) -> NewSession:
    """A session of 14 days; the token is in the answer and nowhere else."""
    now = outside().clock.now()
    token = spell(KEY_PREFIXES["workspace"], outside().dice.throw(32))
    row = SessionRow(
        created_at=now,
        user_id=command.user_id,
        token_hash=fingerprint(token),
        agent=command.agent,
        seen_at=now,
        expires_at=now + LIFETIME,
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        opened = PersonalAct(
            row.user_id, "session.opened", f"session {row.id}", {"agent": row.agent}
        )
        await record_personal_act(opened)
    return NewSession(token=token, expires_at=row.expires_at)


async def authenticate_person(command: AuthenticatePerson) -> Person:
    """The person behind a cookie, whether they belong to an organization or not.

    Raises `CredentialUnknown`, `CredentialRevoked`, `CredentialExpired`.
    """
    query = (
        select(SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)  # type: ignore[arg-type]
        .where(SessionRow.token_hash == fingerprint(command.token))
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
        if found is None:
            raise CredentialUnknown
        row, user = found
        await _see(session, row)
    return Person(user.id, row.id, user.name, user.email)


async def authenticate_session(command: AuthenticateSession) -> Actor:
    """The actor behind a cookie; one indexed query.

    Raises `CredentialUnknown`, `CredentialRevoked`, `CredentialExpired`; `NotFound` for an
    organization that the person does not belong to; `InvalidFields` when it must be named.
    """
    query = (
        select(SessionRow, UserRow, MembershipRow.role, OrganizationRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)  # type: ignore[arg-type]
        .outerjoin(MembershipRow, MembershipRow.user_id == UserRow.id)  # type: ignore[arg-type]
        .outerjoin(OrganizationRow, OrganizationRow.id == MembershipRow.organization_id)  # type: ignore[arg-type]
        .where(SessionRow.token_hash == fingerprint(command.token))
    )
    async with transaction() as session:
        found = (await session.execute(query)).all()
        if not found:
            raise CredentialUnknown
        row, user, *_ = found[0]
        await _see(session, row)
    person = Person(user.id, row.id, user.name, user.email)
    mine = [(role, organization) for *_, role, organization in found if organization is not None]
    return _actor(person, mine, command.organization_id)


async def choose_organization(command: ChooseOrganization) -> Actor:
    """The person as an actor. Raises `NotFound` and `InvalidFields` as `authenticate_session`."""
    query = (
        select(MembershipRow.role, OrganizationRow)
        .join(OrganizationRow, OrganizationRow.id == MembershipRow.organization_id)  # type: ignore[arg-type]
        .where(MembershipRow.user_id == command.by.user_id)
    )
    async with transaction() as session:
        found = (await session.execute(query)).all()
    mine = [(role, organization) for role, organization in found]
    return _actor(command.by, mine, command.organization_id)


async def _see(session: AsyncSession, row: SessionRow) -> None:
    """Refuse a session that is over; move the end of one that was not used for a while."""
    now = outside().clock.now()
    must_be_alive(now, expires_at=row.expires_at, revoked_at=row.revoked_at)
    if now - row.seen_at < SEEN_STEP:
        return
    slide = (
        update(SessionRow)
        .where(col(SessionRow.id) == row.id, col(SessionRow.seen_at) == row.seen_at)
        .values(seen_at=now, expires_at=now + LIFETIME)
    )
    await session.execute(slide, execution_options={"synchronize_session": False})


def _actor(
    person: Person, mine: Sequence[tuple[str, OrganizationRow]], wanted: UUID | None
) -> Actor:
    if wanted is None and len(mine) > 1:
        raise InvalidFields({"organization_id": ["Say which organization; you belong to several."]})
    for role_name, organization in mine:
        if wanted in (None, organization.id):
            role = role_named(role_name)
            return Actor(
                organization_id=organization.id,
                credential_id=person.session_id,
                dialect="workspace",
                name=person.name,
                plan=organization.plan,
                permissions=OF_ROLE[role],
                kind="session",
                user_id=person.user_id,
                role=role,
            )
    raise NotFound("organization")
