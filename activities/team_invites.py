"""Invitations to an organization: mailed, used once within a week, or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import Act, done_by, record_act
from activities.confirmations import ConfirmedPerson, confirmed_person
from activities.mail import QueueMail, queue_mail
from activities.members import MustOutrank, must_outrank
from activities.meters import Take, take
from activities.outside import outside
from activities.people import ProveAddress, ProvedPerson, canonical_address, prove_address
from activities.permits import needs
from activities.rules import naming
from activities.rules.actors import Actor
from activities.rules.credentials import fingerprint, spell
from activities.rules.errors import AlreadyMember, InvalidFields, InviteSpent, NotFound
from activities.rules.paging import Page, PageRequest
from activities.rules.permissions import Role, role_named
from activities.rules.plans import must_have_room, plan_of
from activities.rules.throttles import AUTH, MAIL_ADDRESS
from schema.db import transaction
from schema.locks import lock_organization
from schema.pages import read_page
from schema.tables import MembershipRow, OrganizationRow, TeamInviteRow, UserRow, WorkspaceRow

PREFIX = "inv_"
LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class InviteMember:
    """Ask the owner of a mail address into the actor's organization."""

    by: Actor
    email: str
    role: Role


@dataclass(frozen=True)
class ListInvites:
    """The open invitations of the actor's organization, newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class WithdrawInvite:
    """Make an open invitation worthless."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class AcceptInvite:
    """Follow an invitation. `name` is for a person who has no account yet."""

    token: str = field(repr=False)
    name: str = ""


@dataclass(frozen=True)
class InviteView:
    """An open invitation; its token is in the mail only."""

    id: UUID
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Joined:
    """Who came in where. `workspace_id` is the oldest workspace; None when there is none."""

    organization_id: UUID
    name: str
    slug: str
    plan: str
    workspace_id: UUID | None
    role: Role
    person: ProvedPerson


@needs("members.write")
async def invite_member(command: InviteMember) -> InviteView:
    """Write an invitation and mail it; an open one to the same address is replaced.

    It tells nobody whether the address has an account. Raises `InvalidFields` (also for who has not
    confirmed their own address), `Forbidden` (admins invite no owners), `AlreadyMember`,
    `RateLimited`, and `PlanLimitReached` when members and open invitations together are as many as
    the plan allows.
    """
    by, now = command.by, outside().clock.now()
    email = canonical_address(command.email)
    inviter = await confirmed_person(ConfirmedPerson(by))
    await take(Take(AUTH, f"invitations of {by.organization_id}"))
    await take(Take(MAIL_ADDRESS, f"invitation to {email}"))
    token = spell(PREFIX, outside().dice.throw(32))
    async with transaction() as session:
        home = await _locked(session, by.organization_id)
        await must_outrank(MustOutrank(by, (command.role,)))
        await _must_be_new(session, by.organization_id, email)
        await _withdraw(session, by, now, _is_open(now), col(TeamInviteRow.email) == email)
        present = await _present(session, by.organization_id, now)
        must_have_room(home.plan, "members", plan_of(home.plan).members, present)
        row = TeamInviteRow(
            created_at=now,
            organization_id=by.organization_id,
            email=email,
            role=command.role,
            token_hash=fingerprint(token),
            invited_by=inviter.id,
            expires_at=now + LIFETIME,
        )
        session.add(row)
        await session.flush()
        await queue_mail(_mail(by, home.name, row, token))
        await record_act(done_by(by, "member.invited", f"invite {row.id}", role=command.role))
    return _view(row, by.name)


@needs("members.read")
async def list_invites(command: ListInvites) -> Page[InviteView]:
    """One page of the open ones."""
    query = (
        select(TeamInviteRow, UserRow.name)
        .join(UserRow, UserRow.id == TeamInviteRow.invited_by)  # type: ignore[arg-type]
        .where(TeamInviteRow.organization_id == command.by.organization_id)
        .where(_is_open(outside().clock.now()))
    )
    page = command.page
    async with transaction() as session:
        rows, total = await read_page(
            session, query, TeamInviteRow, offset=page.offset, size=page.size
        )
    return Page([_view(*row) for row in rows], total, page)


@needs("members.write")
async def withdraw_invite(command: WithdrawInvite) -> None:
    """Withdraw an open invitation. Raises `NotFound`, also for one that is no longer open, and
    `Forbidden` for an admin and an invitation to become owner."""
    by, now = command.by, outside().clock.now()
    which = col(TeamInviteRow.id) == command.id, _is_open(now)
    mine = select(TeamInviteRow.role).where(TeamInviteRow.organization_id == by.organization_id)
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        role = await session.scalar(mine.where(*which))
        if role is None:
            raise NotFound("invitation")
        await must_outrank(MustOutrank(by, (role_named(role),)))
        await _withdraw(session, by, now, *which)


async def accept_invite(command: AcceptInvite) -> Joined:
    """Make the person a member, and the person too when the address has no account.

    The token proves the address, because it was nowhere but in a mail to it. It works once: of two
    at once one wins. A member already keeps the role and just ends the invitation. Raises
    `InviteSpent` for a token that was used, withdrawn, is over or unknown, and `InvalidFields`.
    """
    if command.name and (refusal := naming.name_refusal(command.name)):
        raise InvalidFields({"name": [refusal]})
    now, token_hash = outside().clock.now(), fingerprint(command.token)
    where = select(TeamInviteRow.organization_id).where(TeamInviteRow.token_hash == token_hash)
    async with transaction() as session:
        if (organization_id := await session.scalar(where)) is None:
            raise InviteSpent
        home = await _locked(session, organization_id)
        email, offered = await _use(session, token_hash, now)
        person = await _person(session, email, command.name, now)
        role = await _join(session, organization_id, person, offered, now)
        first = await _first_workspace(session, organization_id)
        return Joined(organization_id, home.name, home.slug, home.plan, first, role, person)


async def _locked(session: AsyncSession, organization_id: UUID) -> OrganizationRow:
    await lock_organization(session, organization_id)
    return await session.get_one(OrganizationRow, organization_id, populate_existing=True)


def _is_open(now: datetime) -> ColumnElement[bool]:
    return (
        col(TeamInviteRow.accepted_at).is_(None)
        & col(TeamInviteRow.withdrawn_at).is_(None)
        & (col(TeamInviteRow.expires_at) > now)
    )


async def _must_be_new(session: AsyncSession, organization_id: UUID, email: str) -> None:
    query = (
        select(MembershipRow.id)
        .join(UserRow, UserRow.id == MembershipRow.user_id)  # type: ignore[arg-type]
        .where(MembershipRow.organization_id == organization_id, UserRow.email == email)
    )
    if await session.scalar(query) is not None:
        raise AlreadyMember


async def _present(session: AsyncSession, organization_id: UUID, now: datetime) -> int:
    """Members and open invitations together."""
    members = select(func.count()).where(MembershipRow.organization_id == organization_id)
    invited = select(func.count()).where(TeamInviteRow.organization_id == organization_id)
    invites = invited.where(_is_open(now))
    return (await session.scalar(members) or 0) + (await session.scalar(invites) or 0)


async def _withdraw(
    session: AsyncSession, by: Actor, now: datetime, *which: ColumnElement[bool]
) -> None:
    ending: Any = (
        update(TeamInviteRow)
        .where(col(TeamInviteRow.organization_id) == by.organization_id, *which)
        .values(withdrawn_at=now)
        .returning(col(TeamInviteRow.id))
    )
    for ended in (await session.scalars(ending)).all():
        await record_act(done_by(by, "invite.withdrawn", f"invite {ended}"))


def _mail(by: Actor, organization: str, row: TeamInviteRow, token: str) -> QueueMail:
    words = {
        "link": f"{outside().public_url}/invite?token={token}",
        "organization": organization,
        "inviter": by.name,
        "role": row.role,
        "days": str(LIFETIME.days),
    }
    return QueueMail("team_invite", row.email, words, by.organization_id)


async def _use(session: AsyncSession, token_hash: bytes, now: datetime) -> tuple[str, Role]:
    """Spend the token: to whom it was sent, and the role it gives."""
    spending = (
        update(TeamInviteRow)
        .where(col(TeamInviteRow.token_hash) == token_hash, _is_open(now))
        .values(accepted_at=now)
        .returning(col(TeamInviteRow.email), col(TeamInviteRow.role))
    )
    spent = (await session.execute(spending)).first()
    if spent is None:
        raise InviteSpent
    return spent[0], role_named(spent[1])


async def _person(session: AsyncSession, email: str, name: str, now: datetime) -> ProvedPerson:
    """The person of the address. A new one gets no organization of their own: they have one."""
    newcomer = insert(UserRow).values(
        created_at=now, email=email, name=name or email.partition("@")[0], proved_at=now
    )
    await session.execute(newcomer.on_conflict_do_nothing(index_elements=["email"]))
    return await prove_address(ProveAddress(email))


async def _join(
    session: AsyncSession, organization_id: UUID, person: ProvedPerson, role: Role, now: datetime
) -> Role:
    """The role in which the person is a member from now on."""
    joining = (
        insert(MembershipRow)
        .values(created_at=now, organization_id=organization_id, user_id=person.id, role=role)
        .on_conflict_do_nothing(index_elements=["organization_id", "user_id"])
        .returning(col(MembershipRow.id))
    )
    joined = await session.scalar(joining)
    if joined is None:
        had = select(MembershipRow.role).where(
            MembershipRow.organization_id == organization_id, MembershipRow.user_id == person.id
        )
        return role_named((await session.execute(had)).scalar_one())
    target = f"member {joined}"
    await record_act(
        Act(organization_id, "session", person.id, person.name, "member.joined", target)
    )
    return role


async def _first_workspace(session: AsyncSession, organization_id: UUID) -> UUID | None:
    there = WorkspaceRow.organization_id == organization_id, col(WorkspaceRow.deleted_at).is_(None)
    oldest = col(WorkspaceRow.created_at), col(WorkspaceRow.id)
    return await session.scalar(select(WorkspaceRow.id).where(*there).order_by(*oldest).limit(1))


def _view(row: TeamInviteRow, invited_by: str) -> InviteView:
    role = role_named(row.role)
    return InviteView(row.id, row.email, role, invited_by, row.created_at, row.expires_at)
