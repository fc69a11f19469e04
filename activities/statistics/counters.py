"""The counters of codes and links: what is in them, and what waits to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.statistics.scans import SCANS, Batches
from schema.db import transaction

PATIENCE_MILLISECONDS = 500
"""Less than PostgreSQL takes to look for a deadlock: of two it is the roll-up that begins again."""

_LOCK = "SELECT id FROM {table} WHERE id = ANY(:assets) ORDER BY id FOR NO KEY UPDATE"

_ADD = f"""
UPDATE {{table}} AS a SET {{changes}}
FROM unnest(CAST(:assets AS uuid[]), CAST(:uniques AS bigint[])) AS c (id, uniques)
LEFT JOIN (
  SELECT asset_id, count(*) AS visits, max(s.created_at) AS last_at FROM {SCANS}
  WHERE NOT is_bot AND NOT is_counted AND asset_id = ANY(:assets) GROUP BY asset_id
) AS n ON n.asset_id = c.id
WHERE a.id = c.id
"""  # noqa: S608

_TABLES = {
    "link": (
        "link",
        "click_count = a.click_count + coalesce(n.visits, 0), "
        "last_clicked_at = greatest(a.last_clicked_at, n.last_at)",
    ),
    "qr": (
        "qr_code",
        "scan_count = a.scan_count + coalesce(n.visits, 0), "
        "last_scanned_at = greatest(a.last_scanned_at, n.last_at), "
        "unique_count = a.unique_count + c.uniques",
    ),
}
"""Links come before the codes that follow them (`schema.locks`)."""


@dataclass(frozen=True)
class Counted:
    """An asset that people visited, `kind` qr or link; `uniques` are those that came to it."""

    id: UUID
    kind: str
    uniques: int


@dataclass(frozen=True)
class AddToCounters:
    """The scans of some batches that the counters of these assets have not yet."""

    batches: Batches
    assets: tuple[Counted, ...]


async def add_to_counters(command: AddToCounters) -> None:
    """Add them; other kinds of assets count by themselves.

    The scans are looked at once more when the assets are held: one that got a limit meanwhile has
    counted its scans itself (`activities.statistics.folding`).
    """
    async with transaction() as session:
        for kind in _TABLES:
            assets = [asset for asset in command.assets if asset.kind == kind]
            if assets:
                await _add(session, kind, assets, command.batches)


async def _add(
    session: AsyncSession, kind: str, assets: Sequence[Counted], batches: Batches
) -> None:
    table, changes = _TABLES[kind]
    ids = [asset.id for asset in assets]
    patience = "SELECT set_config('lock_timeout', :milliseconds, true)"
    await session.execute(text(patience), {"milliseconds": str(PATIENCE_MILLISECONDS)})
    await session.execute(text(_LOCK.format(table=table)), {"assets": ids})
    values = {
        **batches.values,
        "assets": ids,
        "uniques": [asset.uniques for asset in assets],
    }
    await session.execute(text(_ADD.format(table=table, changes=changes)), values)
