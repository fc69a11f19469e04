"""Locks that make a count and what depends on it one step."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from schema.accounts import OrganizationRow


async def lock_organization(session: AsyncSession, organization_id: UUID) -> str:
    """Hold the organization until the transaction ends: others who lock it wait. Its plan, now.

    FOR NO KEY UPDATE, so rows that only refer to it can still be written.
    """
    query = (
        select(OrganizationRow.plan)
        .where(OrganizationRow.id == organization_id)
        .with_for_update(key_share=True)
    )
    return (await session.execute(query)).scalar_one()
