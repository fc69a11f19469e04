"""Where scans are kept: months made ahead, and what is over forgotten. Totals stay as they are.

Scans one by one are kept for as long as the plan of their organization says (`retention_days`),
totals of hours for as long as statistics look back, those of days for ever. It is done in small
transactions that wait for nobody: what is in use now is done the next time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.outside import outside
from activities.rules.plans import ALIASES, PLANS, plan_of
from activities.rules.spans import LONGEST_DAYS
from activities.shifts import Shift
from activities.statistics.pending import PENDING
from schema.db import DatabaseAway, transaction

MONTHS = 4
"""How many there are from the present one on."""

VISITORS_KEPT = timedelta(days=8)
"""A scan that arrives later than that is taken for its visitor's first one of the day."""

CHANGES_KEPT = timedelta(hours=1)
HOURS_KEPT = timedelta(days=LONGEST_DAYS + 2)
LOCK_MILLISECONDS = 300
MOST_ROWS = 5000
MOST_ORGANIZATIONS = 100

_OVER = {
    "scan_visitor": "day < CAST(:visitors AS date)",
    "scan_hour": "hour < :hours",
    "route_change": "changed_at < :changes",
    "visitor_salt": "day < CAST(:yesterday AS date)",
    "scan_others": "created_at < :longest AND created_at < "
    "coalesce((SELECT min(first_at) FROM scan_batch), 'infinity')",
}
"""Tables, and what of them is over."""

_MONTHS = """
SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'scan'::regclass AND c.relname ~ '^scan_[0-9]{4}_[0-9]{2}$' ORDER BY 1
"""

_DUE = """
SELECT o.id, k.since, p.cutoff FROM organization AS o
JOIN unnest(CAST(:plans AS text[]), CAST(:cutoffs AS date[])) AS p (plan, cutoff)
  ON p.plan = o.plan
LEFT JOIN scan_keeping AS k ON k.organization_id = o.id
WHERE k.since IS NULL OR k.since < p.cutoff ORDER BY k.since NULLS FIRST, o.id LIMIT :most
"""

_OLDEST_DAY = """
SELECT min(day) FROM scan_day
WHERE scope_id = :owner AND day < :cutoff AND (CAST(:since AS date) IS NULL OR day >= :since)
"""
"""Totals tell on which days an organization has scans, and of which assets."""

_FORGET_DAY = f"""
WITH old AS (
  SELECT s.id, s.created_at FROM scan_day AS t CROSS JOIN LATERAL (
    SELECT * FROM scan AS s WHERE s.asset_id = t.scope_id
    AND s.created_at >= :begin AND s.created_at < :end AND NOT coalesce({PENDING}, false) OFFSET 0
  ) AS s
  WHERE t.organization_id = :owner AND t.day = :day AND t.scope_id <> :owner LIMIT :most
), gone AS (
  DELETE FROM scan USING old WHERE scan.id = old.id AND scan.created_at = old.created_at
  RETURNING 1
) SELECT count(*) FROM gone
"""  # noqa: S608

_KEEP_SINCE = """
INSERT INTO scan_keeping (organization_id, since) VALUES (:owner, :since)
ON CONFLICT (organization_id) DO UPDATE SET since = excluded.since
"""

_PATIENCE = "SELECT set_config('lock_timeout', :milliseconds, true)"

log = structlog.get_logger("inkloom.storage")


@dataclass(frozen=True)
class KeepScanStorage:
    """Work on it for `seconds` at most; forget what is over at `now`, which is usually the present.

    Months to come are always counted from the present: visits are of today.
    """

    seconds: float = 120.0
    now: datetime | None = None


@dataclass(frozen=True)
class StorageKept:
    """What was made and forgotten; `is_done` when nothing is left to do now."""

    months_made: int
    months_dropped: int
    rows: int
    is_done: bool


@activity.defn
async def keep_scan_storage(command: KeepScanStorage) -> StorageKept:
    """Make the months to come and forget what is over. Raises `DatabaseAway`."""
    present, shift = outside().clock.now(), Shift(command.seconds)
    now = command.now or present
    made = await _unless_busy(_make_months, present)
    dropped = await _unless_busy(_drop_months, now)
    rows = 0
    for table, over in _OVER.items():
        rows += await shift.work(partial(_forget, table, over, now))
    rows += await shift.work(partial(_forget_scans, now))
    if made or dropped or rows:
        log.info("scan storage kept", made=made, dropped=dropped, rows=rows)
    is_done = shift.is_done and made is not None and dropped is not None
    return StorageKept(made or 0, dropped or 0, rows, is_done)


async def _unless_busy(
    change: Callable[[AsyncSession, datetime], Awaitable[int]], now: datetime
) -> int | None:
    """What it answers; None when others hold the tables: visits do not wait behind us for them."""
    patience = {"milliseconds": str(LOCK_MILLISECONDS)}
    try:
        async with transaction() as session:
            await session.execute(text(_PATIENCE), patience)
            return await change(session, now)
    except DatabaseAway as fault:
        log.warning("months of scans are left as they are", reason=str(fault))
        return None


async def _make_months(session: AsyncSession, now: datetime) -> int:
    values = {"first": now.astimezone(UTC).date(), "months": MONTHS}
    made = await session.scalar(text("SELECT ink_make_scan_months(:first, :months)"), values)
    return int(made or 0)


async def _drop_months(session: AsyncSession, now: datetime) -> int:
    """Those that are over for every plan, and whose scans are all in totals."""
    oldest = now - _longest()
    waiting = await session.scalar(text("SELECT min(first_at) FROM scan_batch"))
    names = (await session.execute(text(_MONTHS))).scalars().all()
    dropped = 0
    for name in names:
        year, month = int(name[5:9]), int(name[10:12])
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if end <= oldest and (waiting is None or waiting >= end):
            await session.execute(text(f"DROP TABLE {name}"))
            dropped += 1
    return dropped


async def _forget(table: str, over: str, now: datetime) -> tuple[int, bool]:
    """A bounded part of what is over in a table."""
    today = now.astimezone(UTC).date()
    values = {
        "visitors": today - VISITORS_KEPT,
        "yesterday": today - timedelta(days=1),
        "hours": now - HOURS_KEPT,
        "changes": now - CHANGES_KEPT,
        "longest": now - _longest(),
        "most": MOST_ROWS,
    }
    # Names and conditions are those above; only values come from outside.
    statement = text(
        f"WITH gone AS (DELETE FROM {table} WHERE ctid = ANY (ARRAY("  # noqa: S608
        f"SELECT ctid FROM {table} WHERE {over} LIMIT :most)) RETURNING 1) "
        "SELECT count(*) FROM gone"
    )
    async with transaction() as session:
        rows = int(await session.scalar(statement, values) or 0)
    return rows, rows == MOST_ROWS


async def _forget_scans(now: datetime) -> tuple[int, bool]:
    """One step for each of some organizations that have scans their plan does not keep."""
    cutoffs = {
        name: (now - timedelta(days=plan_of(name).retention_days)).astimezone(UTC).date()
        for name in (*PLANS, *ALIASES)
    }
    asked = {
        "plans": list(cutoffs),
        "cutoffs": list(cutoffs.values()),
        "most": MOST_ORGANIZATIONS,
    }
    async with transaction() as session:
        due = (await session.execute(text(_DUE), asked)).all()
    rows = 0
    for owner, since, cutoff in due:
        rows += await _forget_scans_of(owner, since, cutoff)
    return rows, bool(due)


async def _forget_scans_of(owner: UUID, since: date | None, cutoff: date) -> int:
    """Some scans of the oldest day that is over, or the mark that there are none."""
    async with transaction() as session:
        asked: dict[str, Any] = {"owner": owner, "since": since, "cutoff": cutoff}
        day = await session.scalar(text(_OLDEST_DAY), asked)
        rows, kept = 0, cutoff
        if day is not None:
            begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
            asked |= {"day": day, "begin": begin, "end": begin + timedelta(days=1)}
            rows = int(await session.scalar(text(_FORGET_DAY), asked | {"most": MOST_ROWS}) or 0)
            kept = day if rows == MOST_ROWS else day + timedelta(days=1)
        await session.execute(text(_KEEP_SINCE), {"owner": owner, "since": kept})
    return rows


def _longest() -> timedelta:
    return timedelta(days=max(plan.retention_days for plan in PLANS.values()))
