"""Scans rolled up: batches that are in no total yet are added to the totals, and are in them then.

Everything happens in one transaction, so a scan is in a total or in a batch that waits, and never
in both or in neither, wherever a process is killed. One roller works at a time; others wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.rules.firsts import Group, Moved, Tallies, count
from activities.rules.totals import MICROSECONDS_A_QUARTER, QUARTERS_A_DAY
from activities.statistics.collecting import uncollected
from activities.statistics.counters import AddToCounters, Counted, add_to_counters
from activities.statistics.scans import (
    DAY,
    GROUPS,
    KNOWN,
    SCANS,
    Batches,
    ReadFormer,
    group_of,
    known_of,
    read_former,
)
from activities.statistics.totals import AddToTotals, add_to_totals
from schema.db import through_deadlocks, transaction

LOCK = 0x696E6B72
MOST_BATCHES = 5000
IDLE_MILLISECONDS = 60_000
"""How long PostgreSQL waits for a roller that does not go on: its machine may be gone."""

_BEGIN = """
SELECT pg_advisory_xact_lock(:lock), set_config('jit', 'off', true),
  set_config('synchronous_commit', 'off', true), set_config('work_mem', '64MB', true),
  set_config('idle_in_transaction_session_timeout', :idle, true)
"""
"""What is lost with the server's memory is not rolled up yet, and is once more."""

_TAKE = """
DELETE FROM scan_batch WHERE id IN (
  SELECT id FROM (
    SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM (
      SELECT id, size FROM scan_batch ORDER BY id LIMIT :most
    ) AS oldest
  ) AS summed WHERE before < :limit
) RETURNING id, last_id, first_at, last_at, size
"""

_OLDEST = """
SELECT min(first_at) FROM (SELECT first_at FROM scan_batch ORDER BY id LIMIT :most) AS waiting
"""

_VISITORS = f"""
WITH d AS MATERIALIZED (
  SELECT date '1970-01-01' + {DAY} AS day, organization_id, visitor, asset_id,
    min(s.created_at) AS first_at
  FROM {SCANS} WHERE NOT is_bot AND visitor IS NOT NULL GROUP BY 1, 2, 3, 4
), known AS MATERIALIZED (
  {KNOWN.format(visitors="(SELECT DISTINCT day, organization_id, visitor FROM d) AS d")}
), new AS (
  INSERT INTO scan_visitor (day, organization_id, visitor, asset_id, first_at)
  SELECT d.* FROM d LEFT JOIN known AS k ON k.day = d.day AND k.visitor = d.visitor
    AND k.organization_id = d.organization_id AND k.asset_id = d.asset_id
  WHERE k.day IS NULL ORDER BY d.day, d.organization_id, d.visitor, d.asset_id
) SELECT body FROM known
"""  # noqa: S608
"""Visitors that come to an asset for the first time are remembered; answers who was known.

Each visitor is looked up once. Looked up for each asset, one that went to 1,500 codes in a round
made two million rows, and rounds of minutes.
"""

_EARLIER = """
UPDATE scan_visitor AS v
SET first_at = timestamptz '1970-01-01 00:00:00+00' + m.at * interval '1 microsecond'
FROM unnest(
  CAST(:days AS int[]), CAST(:owners AS uuid[]), CAST(:visitors AS bigint[]),
  CAST(:assets AS uuid[]), CAST(:times AS bigint[])
) AS m (day, organization_id, visitor, asset_id, at)
WHERE v.day = date '1970-01-01' + m.day AND v.organization_id = m.organization_id
  AND v.visitor = m.visitor AND v.asset_id = m.asset_id
"""


@dataclass(frozen=True)
class RollUp:
    """Take the oldest batches until they hold `limit` scans; one batch may hold more."""

    limit: int = 40_000


@dataclass(frozen=True)
class RolledUp:
    """How much was rolled up. `oldest_waiting` is the first visit of what was left for later.

    It is None when nothing was left, as far as this transaction saw.
    """

    scans: int
    batches: int
    oldest_waiting: datetime | None


async def roll_up(command: RollUp) -> RolledUp:
    """Add the scans of the oldest batches to their totals and to the counters of their assets.

    Raises `DatabaseAway`; then nothing happened.
    """

    async def once() -> RolledUp:
        async with transaction() as session:
            return await _roll_up(session, command.limit)

    return await through_deadlocks(once)


async def _roll_up(session: AsyncSession, limit: int) -> RolledUp:
    await session.execute(text(_BEGIN), {"lock": LOCK, "idle": str(IDLE_MILLISECONDS)})
    asked = {"most": MOST_BATCHES, "limit": limit}
    taken = (await session.execute(text(_TAKE), asked)).all()
    if not taken:
        return RolledUp(0, 0, None)
    ids, last_ids, first_ats, last_ats, sizes = zip(*taken, strict=True)
    batches = Batches(ids, last_ids, first_ats, last_ats)
    known = known_of((await session.execute(text(_VISITORS), batches.values)).scalars())
    groups = text(GROUPS.format(scans=SCANS))
    bodies = (await session.execute(groups, batches.values)).scalars().all()
    with uncollected():
        read = [group_of(body) for body in bodies]
        tallies, moved = count([group for group, _ in read], known)
    for former in await read_former(ReadFormer(tuple(moved))):
        tallies.take_back(former.moved, former.values)
    await _remember_earlier(session, moved)
    await add_to_totals(AddToTotals(tallies))
    await add_to_counters(AddToCounters(batches, _counted(read, tallies)))
    is_full = sum(sizes) >= limit or len(taken) == MOST_BATCHES
    oldest = await session.scalar(text(_OLDEST), {"most": MOST_BATCHES}) if is_full else None
    return RolledUp(sum(sizes), len(taken), oldest)


async def _remember_earlier(session: AsyncSession, moved: Sequence[Moved]) -> None:
    """Of a visitor's first scan of an asset; that of the organization follows from them."""
    own = [each for each in moved if each.scope == each.asset_id]
    if own:
        values = {
            "days": [each.at // MICROSECONDS_A_QUARTER // QUARTERS_A_DAY for each in own],
            "owners": [UUID(each.organization_id) for each in own],
            "visitors": [each.visitor for each in own],
            "assets": [UUID(each.asset_id) for each in own],
            "times": [each.earlier for each in own],
        }
        await session.execute(text(_EARLIER), values)


def _counted(read: Sequence[tuple[Group, int]], tallies: Tallies) -> tuple[Counted, ...]:
    """The codes and links whose counters change, with their new uniques."""
    kinds = {group.asset_id: group.kind for group, uncounted in read if uncounted}
    uniques: dict[str, int] = {}
    for group, _ in read:
        if group.times and group.asset_id not in uniques:
            quarters = tallies.scopes[group.asset_id].values()
            uniques[group.asset_id] = sum(tally.uniques for tally in quarters)
            if uniques[group.asset_id]:
                kinds[group.asset_id] = group.kind
    return tuple(
        Counted(UUID(asset_id), kind, uniques.get(asset_id, 0)) for asset_id, kind in kinds.items()
    )
