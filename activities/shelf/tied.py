"""Codes that are tied to a link."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from schema.assets import ShortAssetRow
from schema.tables import LinkRow, QrCodeRow


async def leading(session: AsyncSession, row: ShortAssetRow) -> ShortAssetRow:
    """What leads the visits of it: the link that a code is tied to while that is active, or itself.

    As `activities.visits.targets` leads them.
    """
    if not isinstance(row, QrCodeRow) or row.link_id is None:
        return row
    tied = select(LinkRow).where(
        LinkRow.id == row.link_id,
        col(LinkRow.is_active).is_(True),
        col(LinkRow.deleted_at).is_(None),
    )
    return (await session.execute(tied)).scalar_one_or_none() or row
