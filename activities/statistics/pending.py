"""Scans that are in no total yet, for who wants figures that are right at this moment.

Counters are read together with what waits for them, in one statement: a roll-up in between would
be missed or counted twice by two. While nothing waits that is one look at an empty table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, func, select, text, true
from sqlmodel import col

from activities.statistics.scans import DAY
from schema.db import transaction
from schema.tables import ScanBatchRow, ScanRow

CountedKind = Literal["qr", "link"]
"""The kinds of assets whose counters are rolled up; others count by themselves."""

PENDING = """
(SELECT b.last_id FROM scan_batch AS b WHERE b.id <= s.id ORDER BY b.id DESC LIMIT 1) >= s.id
"""
"""Whether a batch that waits has the scan `s`: no batch reaches into another."""

WINDOW = "SELECT min(first_at) AS low, max(last_at) AS high FROM scan_batch"
"""The times between which scans are that wait; nothing where none do."""

_COUNTERS = {
    "qr": ("qr_code", "a.scan_count", "a.last_scanned_at", "a.unique_count"),
    "link": ("link", "a.click_count", "a.last_clicked_at", "0"),
}

_ROLLED_UP = f"""
SELECT a.id, {{visits}}, {{last_at}}, {{uniques}}, w.low, w.high
FROM {{table}} AS a CROSS JOIN ({WINDOW}) AS w WHERE a.id = ANY(:ids)
"""  # noqa: S608

_LIVE = f"""
SELECT a.id, {{visits}} + coalesce(p.visits, 0), greatest({{last_at}}, p.last_at),
  {{uniques}} + coalesce(p.uniques, 0)
FROM {{table}} AS a LEFT JOIN (
  SELECT n.asset_id, count(*) FILTER (WHERE NOT is_counted) AS visits,
    max(n.created_at) AS last_at,
    count(DISTINCT (n.day, n.visitor)) FILTER (WHERE n.visitor IS NOT NULL AND v.day IS NULL)
      AS uniques
  FROM (
    SELECT s.*, date '1970-01-01' + {DAY} AS day FROM scan AS s
    WHERE s.asset_id = ANY(:ids) AND s.created_at BETWEEN :low AND :high AND NOT s.is_bot
    AND {PENDING}
  ) AS n LEFT JOIN scan_visitor AS v ON v.day = n.day
    AND v.organization_id = n.organization_id AND v.visitor = n.visitor
    AND v.asset_id = n.asset_id
  GROUP BY n.asset_id
) AS p ON p.asset_id = a.id
WHERE a.id = ANY(:ids)
"""  # noqa: S608


@dataclass(frozen=True)
class ReadCounters:
    """The counters of some codes or links."""

    kind: CountedKind
    ids: frozenset[UUID]


@dataclass(frozen=True)
class Counter:
    """Visits of people, the last one, and how many were a visitor's first of a day (UTC).

    Uniques are counted of codes only.
    """

    visits: int = 0
    last_at: datetime | None = None
    uniques: int = 0


@dataclass(frozen=True)
class Counters:
    """The counters by the ids of what they are of."""

    known: Mapping[UUID, Counter] = field(default_factory=dict)

    def of(self, id: UUID) -> Counter:
        """The counter of a code or link that was asked for."""
        return self.known.get(id, Counter())


async def read_counters(command: ReadCounters) -> Counters:
    """The counters at this moment, scans that were committed just now included."""
    if not command.ids:
        return Counters()
    table, visits, last_at, uniques = _COUNTERS[command.kind]
    named = {"table": table, "visits": visits, "last_at": last_at, "uniques": uniques}
    asked = {"ids": list(command.ids)}
    async with transaction() as session:
        rows = (await session.execute(text(_ROLLED_UP.format(**named)), asked)).all()
        if rows and rows[0].low is not None:
            window = {"low": rows[0].low, "high": rows[0].high}
            rows = (await session.execute(text(_LIVE.format(**named)), asked | window)).all()
    return Counters({row[0]: Counter(row[1], row[2], row[3]) for row in rows})


def pending_visits(assets: Subquery) -> ColumnElement[int]:
    """How many visits of people to these assets their counters have not yet."""
    scan = (
        select(col(ScanRow.asset_id))
        .where(
            col(ScanRow.id).between(col(ScanBatchRow.id), col(ScanBatchRow.last_id)),
            col(ScanRow.created_at).between(col(ScanBatchRow.first_at), col(ScanBatchRow.last_at)),
            col(ScanRow.is_bot).is_(False),
            col(ScanRow.is_counted).is_(False),
        )
        # So that each batch is looked up, whatever PostgreSQL believes of the number of scans.
        .offset(0)
        .lateral()
    )
    waiting = select(func.count()).select_from(ScanBatchRow).join(scan, true())
    return waiting.join(assets, assets.c.id == scan.c.asset_id).scalar_subquery()
