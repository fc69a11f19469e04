"""Signing in with a mail address and a password."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import Act, record_act
from activities.meters import Take, take
from activities.passwords import CheckedPassword, CheckPassword, check_password
from activities.people import canonical_address
from activities.rules.errors import InvalidFields, NotFound, SignInRefused
from activities.rules.throttles import AUTH_ADDRESS
from activities.token_pairs import OpenPair, Pair, open_pair
from schema.db import transaction
from schema.tables import MembershipRow, OrganizationRow, UserRow


@dataclass(frozen=True)
class SignIn:
    """An address and its password; `organization` is a slug for who belongs to several."""

    email: str
    password: str = field(repr=False)
    organization: str | None = None


async def sign_in(command: SignIn) -> Pair:
    """The first pair of a new family, for the organization named or the one joined first.

    Raises `SignInRefused`, after the same work, for an address that is not known, an account
    without password and a wrong password; `RateLimited` for one address asked too often, and
    `NotFound` for an organization that the person does not belong to.
    """
    address = _spelled(command.email)
    await take(Take(AUTH_ADDRESS, address))
    user_id, stored = await _look_up(address)
    checked = await check_password(CheckPassword(command.password, stored))
    if user_id is None or stored is None or not checked.is_right:
        raise SignInRefused
    async with transaction() as session:
        name = await _hold(session, user_id, stored)
        await _renew(session, user_id, checked)
        organization_id = await _choose(session, user_id, command.organization)
        pair = await open_pair(OpenPair(user_id, organization_id))
        target = f"token family {pair.family_id}"
        await record_act(Act(organization_id, "jwt", user_id, name, "password.signed_in", target))
        return pair


def _spelled(email: str) -> str:
    """The address as accounts have it; what is no address is nobody's."""
    try:
        return canonical_address(email)
    except InvalidFields:
        return email.strip().lower()


async def _look_up(address: str) -> tuple[UUID | None, str | None]:
    query = select(UserRow.id, UserRow.password_hash).where(UserRow.email == address)
    async with transaction() as session:
        found = (await session.execute(query)).first()
    return (found[0], found[1]) if found else (None, None)


async def _hold(session: AsyncSession, user_id: UUID, stored: str) -> str:
    """The person's name, locked; the password may have been changed while it was verified."""
    query = (
        select(UserRow.name)
        .where(UserRow.id == user_id, UserRow.password_hash == stored)
        .with_for_update(key_share=True)
    )
    name = await session.scalar(query)
    if name is None:
        raise SignInRefused
    return name


async def _renew(session: AsyncSession, user_id: UUID, checked: CheckedPassword) -> None:
    if checked.renewed is not None:
        renew = update(UserRow).where(col(UserRow.id) == user_id)
        await session.execute(
            renew.values(password_hash=checked.renewed),
            execution_options={"synchronize_session": False},
        )


async def _choose(session: AsyncSession, user_id: UUID, slug: str | None) -> UUID:
    query = (
        select(MembershipRow.organization_id)
        .join(OrganizationRow, col(OrganizationRow.id) == col(MembershipRow.organization_id))
        .where(MembershipRow.user_id == user_id)
        .order_by(col(MembershipRow.created_at), col(MembershipRow.id))
        .limit(1)
    )
    if slug is not None:
        query = query.where(OrganizationRow.slug == slug)
    chosen = await session.scalar(query)
    if chosen is None:
        raise NotFound("organization")
    return chosen
