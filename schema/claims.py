"""Slugs: who has which, decided by one unique key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.shelves import SlugClaimRow


async def claim_once(
    session: AsyncSession,
    *,
    space: str,
    slug: str,
    organization_id: UUID,
    asset_id: UUID,
    now: datetime,
) -> bool:
    """Take the slug for the asset; whether it has it now. Of many at once one wins.

    A slug that the asset had before is still its own.
    """
    row = SlugClaimRow(
        space=space, slug=slug, organization_id=organization_id, asset_id=asset_id, created_at=now
    )
    insertion = insert(SlugClaimRow).values(**row.model_dump())
    claimed = insertion.on_conflict_do_update(
        index_elements=["space", "slug"],
        set_={"asset_id": asset_id},
        where=col(SlugClaimRow.asset_id) == asset_id,
    ).returning(col(SlugClaimRow.slug))
    return (await session.execute(claimed)).first() is not None
