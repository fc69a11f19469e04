"""Members: who belongs to an organization, in which role, and how that ends.

Every change locks the organization, so an organization has an owner whatever happens at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import Select

from activities.audit import done_by, record_act
from activities.notices.withdrawing import WithdrawMails, withdraw_mails
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, LastOwner, NotFound
from activities.rules.notices import TOPICS, mails_of
from activities.rules.paging import Page, PageRequest
from activities.rules.permissions import ROLES, Role, outranks, role_named
from schema.db import transaction
from schema.locks import lock_organization
from schema.pages import read_page
from schema.tables import (
    MembershipRow,
    OAuthGrantRow,
    TeamInviteRow,
    TokenFamilyRow,
    UserRow,
)


@dataclass(frozen=True)
class ListMembers:
    """The members of the actor's organization, the latest joined first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class ChangeRole:
    """Another role for a member, who may be the actor. `id` is that of the membership."""

    by: Actor
    id: UUID
    role: Role


@dataclass(frozen=True)
class RemoveMember:
    """End a membership, by its id."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class LeaveOrganization:
    """End the actor's own membership."""

    by: Actor


@dataclass(frozen=True)
class MustOutrank:
    """May the actor give, change or take these roles?"""

    by: Actor
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class MemberView:
    """A person in an organization; `id` is that of the membership."""

    id: UUID
    user_id: UUID
    name: str
    email: str
    role: Role
    joined_at: datetime


@needs("members.read")
async def list_members(command: ListMembers) -> Page[MemberView]:
    """One page of members."""
    async with transaction() as session:
        rows, total = await read_page(
            session,
            _members_of(command.by),
            MembershipRow,
            offset=command.page.offset,
            size=command.page.size,
        )
    return Page([_view(*row) for row in rows], total, command.page)


@needs("members.write")
async def change_role(command: ChangeRole) -> MemberView:
    """Give a member another role; admins neither change owners nor make any.

    Open invitations that the member could not write in the new role are withdrawn. Raises
    `NotFound`, `Forbidden`, `LastOwner`.
    """
    by, role = command.by, command.role
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        row, user = await _find(session, by, command.id)
        old = role_named(row.role)
        await must_outrank(MustOutrank(by, (old, role)))
        if old != role:
            await _must_not_be_the_last_owner(session, row)
            row.role = role
            await session.flush()
            await _withdraw_invites(session, row, role)
            target = f"member {row.id}"
            await record_act(
                done_by(by, "member.role_changed", target, user=str(user.id), old=old, new=role)
            )
        return _view(row, user)


@needs("members.write")
async def remove_member(command: RemoveMember) -> None:
    """End a membership, with the tokens and grants that the person has in this organization.

    Browser sessions stay: they are the person's, and without the membership they open nothing
    here. API keys that the person made stay too: they belong to the organization. Open invitations
    of the person are withdrawn, and mails about the organization that wait for quiet hours to end
    do not go out. Raises `NotFound`, `Forbidden`, `LastOwner`.
    """
    by = command.by
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        row, _ = await _find(session, by, command.id)
        await must_outrank(MustOutrank(by, (role_named(row.role),)))
        await _end(session, row)
        await _record_end(by, row, left=row.user_id == by.user_id)


@needs("organization.read")
async def leave_organization(command: LeaveOrganization) -> None:
    """The same on oneself, in any role. Raises `LastOwner`; `Forbidden` unless a person asks."""
    by = command.by
    if by.kind not in ("session", "jwt"):
        raise Forbidden("members.write")
    mine = _members_of(by).where(MembershipRow.user_id == by.user_id)
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        found = (await session.execute(mine)).first()
        if found is None:
            raise NotFound("organization")
        await _end(session, found[0])
        await _record_end(by, found[0], left=True)


@needs("members.write")
async def must_outrank(command: MustOutrank) -> None:
    """Raise `Forbidden` unless the actor may handle these roles as the member that it is now.

    The role is read again: that of the credential is from before the organization was locked.
    """
    by = command.by
    if by.kind not in ("session", "jwt"):
        raise Forbidden("members.write")
    query = select(MembershipRow.role).where(
        MembershipRow.organization_id == by.organization_id, MembershipRow.user_id == by.user_id
    )
    async with transaction() as session:
        mine = await session.scalar(query)
    if mine is None:
        raise NotFound("organization")
    if not all(outranks(role_named(mine), role) for role in command.roles):
        raise Forbidden("organization.write" if mine == "admin" else "members.write")


def _members_of(by: Actor) -> Select[MembershipRow, UserRow]:
    return (
        select(MembershipRow, UserRow)
        .join(UserRow, UserRow.id == MembershipRow.user_id)  # type: ignore[arg-type]
        .where(MembershipRow.organization_id == by.organization_id)
        .execution_options(populate_existing=True)
    )


async def _find(session: AsyncSession, by: Actor, id: UUID) -> tuple[MembershipRow, UserRow]:
    found = (await session.execute(_members_of(by).where(MembershipRow.id == id))).first()
    if found is None:
        raise NotFound("member")
    return found[0], found[1]


async def _must_not_be_the_last_owner(session: AsyncSession, row: MembershipRow) -> None:
    """The organization is locked, so that the other owners cannot go at the same time."""
    if row.role != "owner":
        return
    others = select(func.count()).where(
        MembershipRow.organization_id == row.organization_id,
        MembershipRow.role == "owner",
        MembershipRow.id != row.id,
    )
    if not await session.scalar(others):
        raise LastOwner


async def _end(session: AsyncSession, row: MembershipRow) -> None:
    await _must_not_be_the_last_owner(session, row)
    for held in (TokenFamilyRow, OAuthGrantRow):
        await session.execute(
            update(held)
            .where(
                col(held.organization_id) == row.organization_id,
                col(held.user_id) == row.user_id,
                col(held.revoked_at).is_(None),
            )
            .values(revoked_at=outside().clock.now())
        )
    await _withdraw_invites(session, row, None)
    await session.delete(row)
    await session.flush()
    kinds = tuple(kind for topic in TOPICS for kind in mails_of(topic))
    await withdraw_mails(WithdrawMails(row.user_id, row.organization_id, kinds))


async def _withdraw_invites(session: AsyncSession, row: MembershipRow, role: Role | None) -> None:
    """End the member's open invitations to roles that the member no longer hands out."""
    lost = [other for other in ROLES if role is None or not outranks(role, other)]
    await session.execute(
        update(TeamInviteRow)
        .where(
            col(TeamInviteRow.organization_id) == row.organization_id,
            col(TeamInviteRow.invited_by) == row.user_id,
            col(TeamInviteRow.role).in_(lost),
            col(TeamInviteRow.accepted_at).is_(None),
            col(TeamInviteRow.withdrawn_at).is_(None),
        )
        .values(withdrawn_at=outside().clock.now())
    )


async def _record_end(by: Actor, row: MembershipRow, *, left: bool) -> None:
    told: dict[str, Any] = {"user": str(row.user_id), "role": row.role, "left": left}
    await record_act(done_by(by, "member.removed", f"member {row.id}", **told))


def _view(row: MembershipRow, user: UserRow) -> MemberView:
    return MemberView(
        id=row.id,
        user_id=user.id,
        name=user.name,
        email=user.email,
        role=role_named(row.role),
        joined_at=row.created_at,
    )
