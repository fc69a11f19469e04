"""Confirming the address of an account that was made with a password: a link by mail.

The link is good once and for three days. Following it proves the address and takes nothing back, as
a sign-in link would (`activities/people.py`): who made the account keeps password, keys and
sessions. It signs nobody in, so it gives nothing to who finds it in a mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.mail import QueueMail, queue_mail
from activities.meters import Take, take
from activities.outside import outside
from activities.people import PersonalAct, ProvedPerson, record_personal_act
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.credentials import fingerprint, spell
from activities.rules.errors import InvalidFields, LinkSpent, NotFound
from activities.rules.throttles import MAIL_ADDRESS
from activities.sign_in_links import PATH, SpendLink, spend_link
from schema.db import transaction
from schema.tables import SignInLinkRow, UserRow

PREFIX = "cfa_"
LIFETIME = timedelta(days=3)
UNCONFIRMED = "Confirm your own address first; a link to do so can be mailed to you again."


@dataclass(frozen=True)
class MailConfirmation:
    """Mail a link to the address of an account that is being made or waits to be confirmed."""

    email: str = field(repr=False)


@dataclass(frozen=True)
class AskConfirmation:
    """Mail another link to the actor's own address."""

    by: Actor


@dataclass(frozen=True)
class ConfirmAddress:
    """Follow the link with this token."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class ConfirmedPerson:
    """The person behind the actor, who must have confirmed their address."""

    by: Actor


def is_confirmation(token: str) -> bool:
    """Whether the token of a mailed link is one of these, good or not."""
    return token.startswith(PREFIX)


async def mail_confirmation(command: MailConfirmation) -> None:
    """Put the mail on its way in the open transaction; links sent before stay good."""
    now = outside().clock.now()
    token = spell(PREFIX, outside().dice.throw(32))
    link = f"{outside().public_url}{PATH}?{urlencode({'token': token})}"
    async with transaction() as session:
        session.add(
            SignInLinkRow(
                created_at=now,
                email=command.email,
                token_hash=fingerprint(token),
                purpose="confirm",
                expires_at=now + LIFETIME,
            )
        )
        words = {"link": link, "days": str(LIFETIME.days)}
        await queue_mail(QueueMail("confirm_address", command.email, words))


@needs("organization.read")
async def ask_confirmation(command: AskConfirmation) -> bool:
    """Whether a link is on its way; False, and no mail, for an address that is confirmed.

    Raises `NotFound` for a credential without a person, and `RateLimited` for who asks too often:
    that leaves the address its sign-in links.
    """
    async with transaction() as session:
        user = await _person(session, command.by)
        if user is None:
            raise NotFound("account")
        if user.proved_at is not None:
            return False
        await take(Take(MAIL_ADDRESS, f"confirmation to {user.email}"))
        await mail_confirmation(MailConfirmation(user.email))
    return True


async def confirm_address(command: ConfirmAddress) -> None:
    """Mark the address that the link was mailed to as proved.

    Raises `LinkSpent` as `spend_link` does, and when the address was proved before, also by a
    sign-in link that took the account back. Of two at once one is refused.
    """
    async with transaction() as session:
        link = await spend_link(SpendLink(command.token, "confirm"))
        prove = (
            update(UserRow)
            .where(col(UserRow.email) == link.email, col(UserRow.proved_at).is_(None))
            .values(proved_at=outside().clock.now())
            .returning(col(UserRow.id))
        )
        proved = await session.execute(prove, execution_options={"synchronize_session": False})
        user_id = proved.scalar_one_or_none()
        if user_id is None:
            raise LinkSpent
        how = {"by": "confirmation link"}
        await record_personal_act(PersonalAct(user_id, "account.proved", f"user {user_id}", how))


@needs("organization.read")
async def confirmed_person(command: ConfirmedPerson) -> ProvedPerson:
    """Who asks, for what nobody may do in the name of an address that could be another's.

    Raises `InvalidFields` while the address is not confirmed, `NotFound` without a person.
    """
    async with transaction() as session:
        user = await _person(session, command.by)
    if user is None:
        raise NotFound("account")
    if user.proved_at is None:
        raise InvalidFields({"email": [UNCONFIRMED]})
    return ProvedPerson(user.id, user.name, user.email)


async def _person(session: AsyncSession, by: Actor) -> UserRow | None:
    query = select(UserRow).where(UserRow.id == by.user_id)
    fresh = query.execution_options(populate_existing=True)
    return (await session.execute(fresh)).scalar_one_or_none()
