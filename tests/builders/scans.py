"""Scans that are to be written, and what the tables hold of them, in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from activities.rules.actors import Actor
from activities.rules.lifecycle import Lifecycle
from activities.visitors import Visitor
from activities.visits.following import PATIENCE_SECONDS
from activities.visits.ledger import WriteScans, new_batch, write_scans
from activities.visits.scans import Scan
from activities.visits.targets import Asset, FindTarget, Kind, find_target
from schema.db import transaction
from schema.direct import Direct
from tests.builders.tenants import PERSON
from tests.conftest import NOW

Table = Literal["scan", "scan_batch", "event", "qr_code", "link", "route_change", "unknown_visit"]


def an_asset(
    n: int = 1, kind: Kind = "qr", limit: int | None = None, by: Actor | None = None
) -> Asset:
    """An asset that no table knows."""
    return Asset(
        id=UUID(int=n),
        kind=kind,
        organization_id=by.organization_id if by else UUID(int=7),
        slug=f"asset{n}",
        lifecycle=Lifecycle(limit=limit),
        password_hash=None,
        destination_url="https://example.com/a",
        variants=(),
    )


async def found(kind: Kind, id: UUID) -> Asset:
    """An asset as it is in the tables now."""
    target = await find_target(FindTarget(kind, id=id))
    assert target is not None
    return target.asset


def a_visit(asset: Asset, visitor: Visitor = PERSON, **more: Any) -> Scan:
    return Scan(**{"asset": asset, "visitor": visitor, "at": NOW, "destination_url": "", **more})


async def write(scans: Sequence[Scan], first: UUID | None = None) -> tuple[bool, ...]:
    """Write them in one batch, over a connection of its own."""
    over = Direct(patience=PATIENCE_SECONDS)
    try:
        return await write_scans(WriteScans(tuple(scans), first or new_batch(), over))
    finally:
        over.close()


async def rows(table: Table, where: str = "true", order: str = "id") -> list[dict[str, Any]]:
    """The rows of a table, by column."""
    query = text(f"SELECT * FROM {table} WHERE {where} ORDER BY {order}")
    async with transaction() as session:
        return [dict(row) for row in (await session.execute(query)).mappings()]


async def how_many(table: Table, where: str = "true") -> int:
    async with transaction() as session:
        found = await session.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"))
        return int(found or 0)
