"""People by their mail address: made when it is first proved, freed of what was done in its name.

Whoever signs up with a password may have used somebody else's address. What was made in such an
account before its address was proved is taken back when the owner of the address comes (Sudhodanan
and Paverd, Pre-hijacked accounts, USENIX Security 2022).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col, select

from activities.accounts import CreateOrganization, create_organization
from activities.audit import Act, Action, record_act
from activities.outside import outside
from activities.rules.errors import InvalidFields
from activities.rules.naming import name_refusal
from schema.db import transaction
from schema.tables import (
    ApiKeyRow,
    MembershipRow,
    OAuthGrantRow,
    SessionRow,
    TokenFamilyRow,
    UserRow,
)


@dataclass(frozen=True)
class ProveAddress:
    """Somebody has just shown that `email` is theirs. `name` is for a person not seen before."""

    email: str
    name: str = ""


@dataclass(frozen=True)
class ProvedPerson:
    """The person of a proved address."""

    id: UUID
    name: str
    email: str


@dataclass(frozen=True)
class PersonalAct:
    """Something that a person did to their own account. `target` and `detail` as in `Act`."""

    user_id: UUID
    action: Action
    target: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def canonical_address(text: str) -> str:
    """The one spelling of a mail address: lower case, its domain in ASCII.

    Raises `InvalidFields` for anything that is no address.
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        refused = {"email": ["Enter a mail address, for example ada@example.com."]}
        raise InvalidFields(refused) from None
    return (found.ascii_email or found.normalized).lower()


async def prove_address(command: ProveAddress) -> ProvedPerson:
    """The person of this address; at first sight made, with an organization and a workspace."""
    now = outside().clock.now()
    name = command.name
    if name_refusal(name):
        name = command.email.partition("@")[0]
    newcomer = (
        insert(UserRow)
        .values(id=uuid4(), created_at=now, email=command.email, name=name, proved_at=now)
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(col(UserRow.id))
    )
    theirs = (
        select(UserRow)
        .where(UserRow.email == command.email)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    async with transaction() as session:
        is_new = (await session.execute(newcomer)).first() is not None
        user = (await session.execute(theirs)).scalar_one()
        if is_new:
            await _found(user)
        elif user.proved_at is None:
            await _take_back(session, user, now)
        return ProvedPerson(user.id, user.name, user.email)


async def record_personal_act(command: PersonalAct) -> None:
    """Write it to the log of the person's first organization; without one there is no log."""
    query = (
        select(UserRow.name, MembershipRow.organization_id)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)  # type: ignore[arg-type]
        .where(UserRow.id == command.user_id)
        .order_by(col(MembershipRow.created_at), col(MembershipRow.id))
        .limit(1)
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
        if found is not None:
            name, home = found
            act, who = command, command.user_id
            await record_act(Act(home, "session", who, name, act.action, act.target, act.detail))


async def _found(user: UserRow) -> None:
    """Make the organization of a newcomer."""
    made = await create_organization(CreateOrganization(user.name, _slug(), user.email, user.name))
    await record_personal_act(
        PersonalAct(user.id, "organization.created", f"organization {made.id}")
    )


def _slug() -> str:
    """A slug that nobody has and that says nothing about the person: 64 random bits."""
    return "org-" + base64.b32encode(outside().dice.throw(8)).rstrip(b"=").decode().lower()


async def _take_back(session: AsyncSession, user: UserRow, now: datetime) -> None:
    """Mark the address as proved and end all that was made while it was not."""
    user.proved_at, user.password_hash = now, None
    await session.flush()
    ended: dict[str, int] = {}
    for what, statement in _endings(user.id, now).items():
        done = await session.execute(statement, execution_options={"synchronize_session": False})
        ended[what] = len(done.all())
    await record_personal_act(
        PersonalAct(user.id, "account.proved", f"user {user.id}", {"revoked": ended})
    )


def _endings(user_id: UUID, now: datetime) -> dict[str, ReturningUpdate[tuple[UUID]]]:
    """What ends the person's credentials, by the name that an auditor reads."""
    return {
        "sessions": update(SessionRow)
        .where(col(SessionRow.user_id) == user_id, col(SessionRow.revoked_at).is_(None))
        .values(revoked_at=now)
        .returning(col(SessionRow.id)),
        "token_families": update(TokenFamilyRow)
        .where(col(TokenFamilyRow.user_id) == user_id, col(TokenFamilyRow.revoked_at).is_(None))
        .values(revoked_at=now)
        .returning(col(TokenFamilyRow.id)),
        "grants": update(OAuthGrantRow)
        .where(col(OAuthGrantRow.user_id) == user_id, col(OAuthGrantRow.revoked_at).is_(None))
        .values(revoked_at=now)
        .returning(col(OAuthGrantRow.id)),
        "keys": update(ApiKeyRow)
        .where(
            col(ApiKeyRow.made_by) == user_id,
            or_(col(ApiKeyRow.revoked_at).is_(None), col(ApiKeyRow.revoked_at) > now),
        )
        .values(revoked_at=now)
        .returning(col(ApiKeyRow.id)),
    }
