"""Organizations, their first workspace and their owner."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from activities.outside import outside
from activities.rules.errors import InvalidFields
from schema.db import transaction
from schema.tables import MembershipRow, OrganizationRow, UserRow, WorkspaceRow


@dataclass(frozen=True)
class CreateOrganization:
    """A new tenant with one workspace and one owner. `slug` is unique on this host."""

    name: str
    slug: str
    owner_email: str
    owner_name: str
    plan: str = "free"


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


async def create_organization(command: CreateOrganization) -> OrganizationView:
    """Make tenant, workspace, person (unless the address is known) and membership, all or none."""
    now = outside().clock.now()
    async with transaction() as session:
        taken = select(OrganizationRow.id).where(OrganizationRow.slug == command.slug)
        if (await session.execute(taken)).first():
            raise InvalidFields({"slug": ["This slug is taken; choose another."]})
        organization = OrganizationRow(
            created_at=now, name=command.name, slug=command.slug, plan=command.plan
        )
        known = select(UserRow).where(UserRow.email == command.owner_email.lower())
        owner = (await session.execute(known)).scalar_one_or_none() or UserRow(
            created_at=now, email=command.owner_email.lower(), name=command.owner_name
        )
        session.add_all([organization, owner])
        await session.flush()
        workspace = WorkspaceRow(created_at=now, organization_id=organization.id, name=command.name)
        membership = MembershipRow(
            created_at=now, organization_id=organization.id, user_id=owner.id, role="owner"
        )
        session.add_all([workspace, membership])
        await session.flush()
        return _view(organization, workspace.id, owner.id)


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


def _view(row: OrganizationRow, workspace_id: UUID, owner_id: UUID) -> OrganizationView:
    return OrganizationView(
        id=row.id,
        name=row.name,
        slug=row.slug,
        plan=row.plan,
        workspace_id=workspace_id,
        owner_id=owner_id,
    )
