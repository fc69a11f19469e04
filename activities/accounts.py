"""Organizations, their first workspace and their owner; the account of who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.permissions import Permission, Role
from schema.db import transaction
from schema.tables import MembershipRow, OrganizationRow, UserRow, WorkspaceRow


@dataclass(frozen=True)
class CreateOrganization:
    """A new tenant with one workspace and one owner. `slug` is unique on this host.

    `is_owner_proved` says that the owner reads the address, when whoever makes it knows that.
    """

    name: str
    slug: str
    owner_email: str
    owner_name: str
    plan: str = "free"
    is_owner_proved: bool = False


@dataclass(frozen=True)
class OrganizationView:
    """An organization as its owner sees it."""

    id: UUID
    name: str
    slug: str
    plan: str
    workspace_id: UUID
    owner_id: UUID


@dataclass(frozen=True)
class FindOrganization:
    """The organization with this slug."""

    slug: str


@dataclass(frozen=True)
class ReadAccount:
    """The account of the person behind the actor."""

    by: Actor


@dataclass(frozen=True)
class AccountView:
    """A person, and what that person is and may in one organization; permissions are sorted.

    `email_confirmed` tells whether somebody has shown that the address is theirs.
    """

    user_id: UUID
    email: str
    email_confirmed: bool
    name: str
    organization_id: UUID
    organization_name: str
    slug: str
    plan: str
    role: Role | None
    permissions: tuple[Permission, ...]


async def create_organization(command: CreateOrganization) -> OrganizationView:
    """Make tenant, workspace, person (unless the address is known) and membership, all or none.

    Raises `InvalidFields` for a slug that is taken.
    """
    now = outside().clock.now()
    async with transaction() as session:
        # Person before slug, as in every operation that makes both: two at once wait in one order.
        owner_id = await _owner(session, command)
        organization = await _make(session, command)
        workspace = WorkspaceRow(created_at=now, organization_id=organization.id, name=command.name)
        membership = MembershipRow(
            created_at=now, organization_id=organization.id, user_id=owner_id, role="owner"
        )
        session.add_all([workspace, membership])
        await session.flush()
        return _view(organization, workspace.id, owner_id)


async def find_organization(command: FindOrganization) -> OrganizationView | None:
    """The organization with its first workspace and owner, or None."""
    query = (
        select(OrganizationRow, WorkspaceRow.id, MembershipRow.user_id)
        .join(WorkspaceRow, WorkspaceRow.organization_id == OrganizationRow.id)  # type: ignore[arg-type]
        .join(MembershipRow, MembershipRow.organization_id == OrganizationRow.id)  # type: ignore[arg-type]
        .where(OrganizationRow.slug == command.slug, MembershipRow.role == "owner")
        .order_by(WorkspaceRow.created_at)  # type: ignore[arg-type]
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
        return _view(*found) if found else None


@needs("organization.read")
async def read_account(command: ReadAccount) -> AccountView:
    """Person, organization and role. Raises `NotFound` for a credential without a person."""
    by = command.by
    query = (
        select(UserRow, OrganizationRow)
        .join(MembershipRow, col(MembershipRow.user_id) == col(UserRow.id))
        .join(OrganizationRow, col(OrganizationRow.id) == col(MembershipRow.organization_id))
        .where(UserRow.id == by.user_id, OrganizationRow.id == by.organization_id)
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
    if found is None:
        raise NotFound("account")
    user, organization = found
    return AccountView(
        user_id=user.id,
        email=user.email,
        email_confirmed=user.proved_at is not None,
        name=user.name,
        organization_id=organization.id,
        organization_name=organization.name,
        slug=organization.slug,
        plan=organization.plan,
        role=by.role,
        permissions=tuple(sorted(by.permissions)),
    )


async def _owner(session: AsyncSession, command: CreateOrganization) -> UUID:
    """The person of the address, made when there is none."""
    address = command.owner_email.lower()
    now = outside().clock.now()
    person = insert(UserRow).values(
        created_at=now,
        email=address,
        name=command.owner_name,
        proved_at=now if command.is_owner_proved else None,
    )
    await session.execute(person.on_conflict_do_nothing(index_elements=["email"]))
    known = select(UserRow.id).where(UserRow.email == address)
    return (await session.execute(known)).scalar_one()


async def _make(session: AsyncSession, command: CreateOrganization) -> OrganizationRow:
    """The organization; of two at once with one slug the second waits and is refused."""
    organization = (
        insert(OrganizationRow)
        .values(
            created_at=outside().clock.now(),
            name=command.name,
            slug=command.slug,
            plan=command.plan,
        )
        .on_conflict_do_nothing(index_elements=["slug"])
        .returning(OrganizationRow)
    )
    made = (await session.execute(organization)).scalar_one_or_none()
    if made is None:
        raise InvalidFields({"slug": ["This slug is taken; choose another."]})
    return made


def _view(row: OrganizationRow, workspace_id: UUID, owner_id: UUID) -> OrganizationView:
    return OrganizationView(
        id=row.id,
        name=row.name,
        slug=row.slug,
        plan=row.plan,
        workspace_id=workspace_id,
        owner_id=owner_id,
    )
