"""Signing up: a person with a password, an organization and the first pair, all or none.

The address is not proved yet; a mail asks for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from activities.accounts import (
    AccountView,
    CreateOrganization,
    OrganizationView,
    create_organization,
)
from activities.audit import Act, record_act
from activities.confirmations import MailConfirmation, mail_confirmation
from activities.outside import outside
from activities.passwords import HashPassword, hash_password
from activities.people import canonical_address
from activities.rules import naming
from activities.rules.errors import AddressTaken, InvalidFields
from activities.rules.permissions import OF_ROLE
from activities.token_pairs import OpenPair, Pair, open_pair
from schema.db import transaction
from schema.tables import UserRow

TRIES = 5
"""Draws of a slug before giving up; from the second on each has 32 random bits."""


@dataclass(frozen=True)
class SignUp:
    """A new account; without `organization_name` its organization is called as the person."""

    email: str
    password: str = field(repr=False)
    name: str
    organization_name: str | None = None


@dataclass(frozen=True)
class SignedUp:
    """The account, and the pair that its person is signed in with."""

    account: AccountView
    pair: Pair


async def sign_up(command: SignUp) -> SignedUp:
    """Make person, organization on plan free, workspace and membership, and sign the person in.

    Raises `InvalidFields` with every field that is wrong, `AddressTaken` when an account has the
    address (of two sign-ups at once one gets it), and `RateLimited` while too many passwords wait.
    """
    wanted = _sound(command)
    hashed = await hash_password(HashPassword(wanted.password, wanted.email, wanted.name))
    async with transaction() as session:
        user_id = await _make_person(session, wanted, hashed.hash)
        organization = await _make_organization(wanted)
        target = f"organization {organization.id}"
        await record_act(
            Act(organization.id, "jwt", user_id, wanted.name, "organization.created", target)
        )
        await mail_confirmation(MailConfirmation(wanted.email))
        pair = await open_pair(OpenPair(user_id, organization.id))
    account = AccountView(
        user_id=user_id,
        email=wanted.email,
        email_confirmed=False,
        name=wanted.name,
        organization_id=organization.id,
        organization_name=organization.name,
        slug=organization.slug,
        plan=organization.plan,
        role="owner",
        permissions=tuple(sorted(OF_ROLE["owner"])),
    )
    return SignedUp(account, pair)


def _sound(command: SignUp) -> SignUp:
    """The command with its address as accounts have it and names without blanks around them."""
    wrong: dict[str, tuple[str, ...]] = {}
    email, name = "", command.name.strip()
    home = name if command.organization_name is None else command.organization_name.strip()
    try:
        email = canonical_address(command.email)
    except InvalidFields as fault:
        wrong.update(fault.fields)
    if refusal := naming.name_refusal(name):
        wrong["name"] = (refusal,)
    if home != name and (refusal := naming.name_refusal(home)):
        wrong["organization_name"] = (refusal,)
    if wrong:
        raise InvalidFields(wrong)
    return SignUp(email, command.password, name, home)


async def _make_person(session: AsyncSession, wanted: SignUp, password_hash: str) -> UUID:
    person = (
        insert(UserRow)
        .values(
            created_at=outside().clock.now(),
            email=wanted.email,
            name=wanted.name,
            password_hash=password_hash,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(col(UserRow.id))
    )
    made = (await session.execute(person)).first()
    if made is None:
        raise AddressTaken
    user_id: UUID = made[0]
    return user_id


async def _make_organization(wanted: SignUp) -> OrganizationView:
    name = wanted.organization_name or wanted.name
    for turn in range(TRIES):
        slug = naming.slug_of(name, outside().dice.throw(4) if turn else b"")
        try:
            return await create_organization(
                CreateOrganization(name, slug, wanted.email, wanted.name)
            )
        except InvalidFields:
            continue
    raise InvalidFields({"organization_name": ["Choose another name."]})
