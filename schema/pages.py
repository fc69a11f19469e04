"""One page of a list out of the database, newest first unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select, tuple_
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
    number: SQLColumnExpression[Any] | None = None,
) -> tuple[Sequence[Any], int]:
    """The rows of the page, and how many all pages have. `query` has no order of its own.

    `listed` is the table whose rows are listed: it gives the order, by `created_at` and `id`.
    Of rows made at the same moment the one with the higher `number`, if they have one, is first.
    """
    total = await count_rows(session, query)
    newest, last = newest_first(listed)
    order = (newest, last) if number is None else (newest, number.desc().nulls_last(), last)
    page = query.order_by(*order).limit(size).offset(offset)
    return (await session.execute(page)).all(), total


async def count_rows(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> int:
    """How many rows a query has."""
    counted = select(func.count()).select_from(query.subquery())
    return await session.scalar(counted) or 0


def newest_first(listed: type[Row]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The order of lists."""
    return col(listed.created_at).desc(), col(listed.id).desc()


def behind(listed: type[Row], created_at: datetime, id: UUID) -> ColumnElement[bool]:
    """The rows that follow this place in the order of lists."""
    return tuple_(col(listed.created_at), col(listed.id)) < tuple_(created_at, id)
