"""Organizations: those of a person, new ones, what may be read and changed of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from activities.accounts import CreateOrganization, create_organization
from activities.audit import Act, done_by, record_act
from activities.outside import outside
from activities.permits import needs
from activities.rules import naming
from activities.rules.actors import Actor, Person
from activities.rules.errors import Forbidden, InvalidFields
from activities.rules.expiry import normalised_warning_days
from activities.rules.paging import Page, PageRequest
from activities.rules.permissions import Role, role_named
from activities.rules.plans import Plan, must_have_room, plan_of
from schema.db import transaction
from schema.locks import count_assets, lock_organization
from schema.pages import read_page
from schema.tables import MembershipRow, OrganizationRow, UserRow

MOST_OWNED = 10
"""Who owns as many organizations founds no further one."""

TRIES = 5
"""Draws of a slug before giving up."""


@dataclass(frozen=True)
class ListOrganizations:
    """The organizations that a person belongs to, the latest joined first."""

    by: Person
    page: PageRequest


@dataclass(frozen=True)
class ListOrganizationsOfKey:
    """What a key may see of organizations: those of the person who made it."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class FoundOrganization:
    """A new organization of a person; without `slug` one is made from the name."""

    by: Person
    name: str
    slug: str | None = None


@dataclass(frozen=True)
class FoundByKey:
    """A new organization of the person who made the key."""

    by: Actor
    name: str
    slug: str | None = None


@dataclass(frozen=True)
class ReadOrganization:
    """The actor's organization."""

    by: Actor


@dataclass(frozen=True)
class UpdateOrganization:
    """What is not None is changed.

    `expiry_warning_days` are how many days before its end a code or link is warned of
    (`rules/expiry.py`).
    """

    by: Actor
    name: str | None = None
    slug: str | None = None
    expiry_warning_days: tuple[int, ...] | None = None


@dataclass(frozen=True)
class OwnOrganization:
    """An organization as somebody in it sees it; `role` is None for a key that nobody made."""

    id: UUID
    name: str
    slug: str
    plan: str
    role: Role | None
    created_at: datetime


@dataclass(frozen=True)
class OrganizationDetails:
    """An organization, what its plan allows, and how much of that there is.

    An actor that is restricted to one workspace sees the assets of that one counted.
    """

    id: UUID
    name: str
    slug: str
    plan: str
    limits: Plan
    member_count: int
    asset_count: int
    expiry_warning_days: tuple[int, ...]
    created_at: datetime


async def list_organizations(command: ListOrganizations) -> Page[OwnOrganization]:
    """One page of a person's organizations, with the role in each."""
    return await _list_of(command.by.user_id, command.page)


@needs("organization.read")
async def list_organizations_of_key(command: ListOrganizationsOfKey) -> Page[OwnOrganization]:
    """The organizations of the key's maker, the latest joined first.

    Just the key's own when nobody made it, when its maker has left that organization, or when it is
    restricted to a workspace: a key tells nothing of a person to people who are strangers now.
    """
    by = command.by
    async with transaction() as session:
        if by.workspace_id is None and await _maker(session, by) is not None:
            return await _list_of(by.user_id, command.page)
        row = await session.get_one(OrganizationRow, by.organization_id)
    mine = [] if command.page.offset else [_own(row, None)]
    return Page(mine, 1, command.page)


async def create_organization_for(command: FoundOrganization) -> OwnOrganization:
    """Make an organization on plan free with one workspace; the person is its owner.

    Raises `InvalidFields`, and `PlanLimitReached` for who owns `MOST_OWNED` already.
    """
    by = command.by
    async with transaction() as session:
        made = await _found(session, by.user_id, command.name, command.slug)
        target = f"organization {made.id}"
        await record_act(
            Act(made.id, "session", by.user_id, by.name, "organization.created", target)
        )
        return made


@needs("organizations.create")
async def found_by_key(command: FoundByKey) -> OwnOrganization:
    """The same for the maker of a key. Raises `Forbidden` besides, when the maker is no member of
    the key's organization (any more), or the key is restricted to a workspace."""
    by = command.by
    async with transaction() as session:
        maker = await _maker(session, by)
        if maker is None or by.workspace_id is not None:
            raise Forbidden("organizations.create")
        made = await _found(session, maker, command.name, command.slug)
        target = f"organization {made.id}"
        await record_act(
            Act(made.id, by.kind, by.credential_id, by.name, "organization.created", target)
        )
        return made


@needs("organization.read")
async def read_organization(command: ReadOrganization) -> OrganizationDetails:
    """The organization with its figures, deleted assets left out."""
    by = command.by
    members = select(func.count()).where(MembershipRow.organization_id == by.organization_id)
    async with transaction() as session:
        row = await session.get_one(OrganizationRow, by.organization_id, populate_existing=True)
        return OrganizationDetails(
            id=row.id,
            name=row.name,
            slug=row.slug,
            plan=row.plan,
            limits=plan_of(row.plan),
            member_count=await session.scalar(members) or 0,
            asset_count=await count_assets(session, by.organization_id, by.workspace_id),
            expiry_warning_days=tuple(row.expiry_warning_days),
            created_at=row.created_at,
        )


@needs("organization.write")
async def update_organization(command: UpdateOrganization) -> OrganizationDetails:
    """Change what is given. Raises `InvalidFields`, also for a slug that is taken."""
    by, days = command.by, command.expiry_warning_days
    _must_be_sound(command.name, command.slug)
    chosen = None if days is None else list(normalised_warning_days(days))
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        row = await session.get_one(OrganizationRow, by.organization_id, populate_existing=True)
        before = row.model_dump()
        wanted: dict[str, Any] = {"name": command.name, "slug": command.slug}
        wanted["expiry_warning_days"] = chosen
        changes = {
            name: value
            for name, value in wanted.items()
            if value is not None and value != before[name]
        }
        if changes:
            await _change(session, row, changes)
            old = {name: before[name] for name in changes}
            target = f"organization {row.id}"
            await record_act(done_by(by, "organization.updated", target, old=old, new=changes))
        return await read_organization(ReadOrganization(by))


async def _list_of(user_id: UUID | None, page: PageRequest) -> Page[OwnOrganization]:
    query = (
        select(MembershipRow, OrganizationRow)
        .join(OrganizationRow, OrganizationRow.id == MembershipRow.organization_id)  # type: ignore[arg-type]
        .where(MembershipRow.user_id == user_id)
    )
    async with transaction() as session:
        rows, total = await read_page(
            session, query, MembershipRow, offset=page.offset, size=page.size
        )
    return Page([_own(row, role_named(mine.role)) for mine, row in rows], total, page)


async def _maker(session: AsyncSession, by: Actor) -> UUID | None:
    """Who made the key, as long as that person belongs to the key's organization."""
    return await session.scalar(
        select(MembershipRow.user_id).where(
            MembershipRow.organization_id == by.organization_id,
            MembershipRow.user_id == by.user_id,
        )
    )


async def _found(
    session: AsyncSession, owner_id: UUID, name: str, slug: str | None
) -> OwnOrganization:
    _must_be_sound(name, slug)
    # The person's row is held, so that two at once do not both count the organizations before.
    held = select(UserRow).where(UserRow.id == owner_id).with_for_update(key_share=True)
    owner = (await session.execute(held)).scalar_one()
    owned = select(func.count()).where(
        MembershipRow.user_id == owner_id, MembershipRow.role == "owner"
    )
    must_have_room("free", "organizations", MOST_OWNED, await session.scalar(owned) or 0)
    for turn in range(1 if slug else TRIES):
        chosen = slug or naming.slug_of(name, outside().dice.throw(4) if turn else b"")
        try:
            made = await create_organization(
                CreateOrganization(name, chosen, owner.email, owner.name)
            )
        except InvalidFields:
            continue
        return _own(await session.get_one(OrganizationRow, made.id), "owner")
    raise InvalidFields({"slug": [naming.TAKEN]})


def _must_be_sound(name: str | None, slug: str | None) -> None:
    wrong: dict[str, list[str]] = {}
    if name is not None and (refusal := naming.name_refusal(name)):
        wrong["name"] = [refusal]
    if slug is not None and (refusal := naming.slug_refusal(slug)):
        wrong["slug"] = [refusal]
    if wrong:
        raise InvalidFields(wrong)


async def _change(session: AsyncSession, row: OrganizationRow, changes: dict[str, Any]) -> None:
    try:
        async with session.begin_nested():
            row.sqlmodel_update(changes)
            await session.flush()
    except IntegrityError as fault:
        raise InvalidFields({"slug": [naming.TAKEN]}) from fault


def _own(row: OrganizationRow, role: Role | None) -> OwnOrganization:
    return OwnOrganization(row.id, row.name, row.slug, row.plan, role, row.created_at)
