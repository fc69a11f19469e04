"""One page of a list out of the database, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.base import Row


async def read_page(
    session: AsyncSession,
    query: Select[*tuple[Any, ...]],
    listed: type[Row],
    *,
    offset: int,
    size: int,
) -> tuple[Sequence[Any], int]:
    """The rows of the page, and how many all pages have. `query` has no order of its own.

    `listed` is the table whose rows are listed: it gives the order, by `created_at` and `id`.
    """
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = (
        query.order_by(col(listed.created_at).desc(), col(listed.id).desc())
        .limit(size)
        .offset(offset)
    )
    return (await session.execute(page)).all(), total
