"""People who handle keys, and their keys, in one line each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from activities.accounts import OrganizationView
from activities.key_ring import IssueKey, KeyView, issue_key
from activities.rules.actors import Actor
from activities.rules.permissions import OF_ROLE, Permission, role_named
from schema.db import transaction
from schema.tables import OrganizationRow, WorkspaceRow


async def an_actor(
    organization: OrganizationView,
    role: str = "owner",
    plan: str = "free",
    *,
    only: Iterable[Permission] | None = None,
    workspace_id: UUID | None = None,
) -> Actor:
    """The owner's person in a role, or with `only` these permissions; the plan is changed."""
    async with transaction() as session:
        row = await session.get_one(OrganizationRow, organization.id)
        row.plan = plan
    return Actor(
        organization_id=organization.id,
        credential_id=uuid4(),
        dialect="workspace",
        name="Ada",
        plan=plan,
        permissions=OF_ROLE[role_named(role)] if only is None else frozenset(only),
        kind="session",
        workspace_id=workspace_id,
        user_id=organization.owner_id,
        role=role_named(role),
    )


async def a_key_of(by: Actor, dialect: str = "studio") -> KeyView:
    return await issue_key(IssueKey(by, dialect, "test key"))


async def a_workspace(organization: OrganizationView, *, deleted: bool = False) -> UUID:
    moment = datetime(2026, 11, 21, 13, tzinfo=UTC)
    row = WorkspaceRow(
        created_at=moment,
        organization_id=organization.id,
        name="Aside",
        deleted_at=moment if deleted else None,
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
    return row.id


def secret_of(key: KeyView) -> str:
    """What was shown once."""
    assert key.secret is not None
    return key.secret
