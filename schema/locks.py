"""Locks that make a count and what depends on it one step."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from schema.accounts import OrganizationRow
from schema.assets import AssetRow, BarcodeRow, LinkPageRow, LinkRow, QrCodeRow

ASSETS: tuple[type[AssetRow], ...] = (LinkRow, QrCodeRow, BarcodeRow, LinkPageRow)
"""The tables whose rows a plan counts; who locks rows of several takes them in this order.

A link comes before the codes that follow it, as where a link is changed. Who changes a code holds
its link too weakly (FOR KEY SHARE) to wait for that.
"""


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


async def count_assets(
    session: AsyncSession, organization_id: UUID, workspace_id: UUID | None = None
) -> int:
    """How many assets the organization or one workspace has, those in the trash left out."""
    present = [
        select(func.count())
        .where(
            col(table.organization_id) == organization_id,
            col(table.deleted_at).is_(None),
            *([col(table.workspace_id) == workspace_id] if workspace_id else []),
        )
        .scalar_subquery()
        for table in ASSETS
    ]
    return await session.scalar(select(sum(present[1:], present[0]))) or 0


async def hold_rows(
    session: AsyncSession, table: type[AssetRow], which: ColumnElement[bool]
) -> None:
    """Lock the rows in the order of their ids, so that two who change the same ones take turns."""
    held = select(table.id).where(which).order_by(col(table.id)).with_for_update(key_share=True)
    await session.execute(select(func.count()).select_from(held.subquery()))
