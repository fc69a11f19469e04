"""People who sign in at Clerk instead of here. Off until `CLERK_JWKS_URL` is set."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.gateways.clerk import ClerkAway, ClerkToken, TokenOver, TokenRefused
from activities.outside import outside
from activities.people import ProveAddress, canonical_address, prove_address
from activities.rules.actors import Person
from activities.rules.errors import CredentialExpired, CredentialUnknown, InvalidFields
from schema.db import transaction
from schema.tables import UserRow

__all__ = ["AuthenticateClerk", "ClerkAway", "authenticate_clerk", "clerk_is_on"]

SESSIONS = UUID("5e551045-c1e4-4c1e-8c1e-000000000000")
"""The space of ids that stand for Clerk's sessions, of which we have no rows."""


@dataclass(frozen=True)
class AuthenticateClerk:
    """Who is behind this session token of Clerk?"""

    token: str


def clerk_is_on() -> bool:
    """Whether tokens of Clerk are taken."""
    return outside().clerk is not None


async def authenticate_clerk(command: AuthenticateClerk) -> Person:
    """The person behind the token; who comes for the first time is joined to the account of their
    address, or gets one with an organization.

    That needs the claims `email` and `email_verified: true`; any other address could be somebody
    else's. Raises `CredentialUnknown`, `CredentialExpired`, and `ClerkAway`.
    """
    clerk = outside().clerk
    if clerk is None:
        raise CredentialUnknown
    try:
        seen = await clerk.read(command.token)
    except TokenRefused:
        raise CredentialUnknown from None
    except TokenOver:
        raise CredentialExpired from None
    known = select(UserRow).where(UserRow.external_subject == seen.subject)
    async with transaction() as session:
        user = (await session.execute(known)).scalar_one_or_none()
        if user is None:
            user = await _first_seen(session, seen)
    return Person(user.id, uuid5(SESSIONS, seen.session), user.name, user.email)


async def _first_seen(session: AsyncSession, seen: ClerkToken) -> UserRow:
    if not seen.email_verified:
        raise CredentialUnknown
    try:
        email = canonical_address(seen.email)
    except InvalidFields:
        raise CredentialUnknown from None
    person = await prove_address(ProveAddress(email, seen.name))
    join = (
        update(UserRow)
        .where(col(UserRow.id) == person.id, col(UserRow.external_subject).is_(None))
        .values(external_subject=seen.subject)
    )
    await session.execute(join, execution_options={"synchronize_session": False})
    user = await session.get_one(UserRow, person.id, populate_existing=True)
    # Two requests at once join the same one; the subject of another does not get this account.
    if user.external_subject != seen.subject:
        raise CredentialUnknown
    return user
