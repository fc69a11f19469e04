"""Scans of people counted for many rules at once: of assets and of workspaces, by quarters.

Totals and what is in none yet are read in one statement, so that no roll-up is seen by halves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.rules.alerts import Span
from activities.rules.quarters import cut
from activities.rules.totals import QUARTERS_A_DAY
from activities.statistics.scans import VISITING
from schema.db import transaction

_ASSETS = ("qr_code", "link", "barcode", "link_page")


def _of_assets(condition: str, columns: str = "id, workspace_id") -> str:
    return " UNION ALL ".join(
        f"SELECT {columns} FROM {table} WHERE {condition}"  # noqa: S608
        for table in _ASSETS
    )


_HOUR = "timestamptz '1970-01-01 00:00:00+00' + {} * interval '1 hour'"

# OFFSET 0 are fences: each piece is looked up by its key. Only values come from outside.
_COUNT = f"""
WITH k AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:ns AS int[]), CAST(:targets AS uuid[]), CAST(:firsts AS int[]),
    CAST(:ends AS int[])) AS k (n, target, low, high)
), m AS MATERIALIZED (
  SELECT DISTINCT target, target AS scope FROM k WHERE target <> ALL (CAST(:workspaces AS uuid[]))
  UNION ALL
  SELECT a.workspace_id, a.id FROM ({_of_assets("workspace_id = ANY (:workspaces)")}) AS a
  WHERE EXISTS (SELECT FROM scan_day AS t WHERE t.scope_id = a.id
    AND t.day >= date '1970-01-01' + CAST(:since AS int))
), p AS MATERIALIZED (
  SELECT s.asset_id, floor(date_part('epoch', s.created_at) / 900)::int AS quarter,
    count(*) AS visits
  FROM {VISITING} GROUP BY 1, 2
), h AS MATERIALIZED (
  SELECT p.quarter, p.visits, a.workspace_id FROM p CROSS JOIN LATERAL (
    {_of_assets("id = p.asset_id", "workspace_id")} OFFSET 0
  ) AS a WHERE a.workspace_id = ANY (:workspaces)
)
SELECT n, sum(visits)::bigint FROM (
  SELECT d.n, t.visits FROM unnest(CAST(:day_ns AS int[]), CAST(:day_targets AS uuid[]),
    CAST(:day_firsts AS int[]), CAST(:day_ends AS int[])) AS d (n, target, low, high)
  JOIN m ON m.target = d.target CROSS JOIN LATERAL (
    SELECT t.visits FROM scan_day AS t WHERE t.scope_id = m.scope
    AND t.day >= date '1970-01-01' + d.low AND t.day < date '1970-01-01' + d.high OFFSET 0
  ) AS t
  UNION ALL
  SELECT d.n, t.visits FROM unnest(CAST(:hour_ns AS int[]), CAST(:hour_targets AS uuid[]),
    CAST(:hour_firsts AS int[]), CAST(:hour_ends AS int[])) AS d (n, target, low, high)
  JOIN m ON m.target = d.target CROSS JOIN LATERAL (
    SELECT t.visits FROM scan_hour AS t WHERE t.scope_id = m.scope
    AND t.hour >= {_HOUR.format("d.low")} AND t.hour < {_HOUR.format("d.high")} OFFSET 0
  ) AS t
  UNION ALL
  SELECT d.n, (q.value ->> 0)::bigint FROM unnest(CAST(:part_ns AS int[]),
    CAST(:part_targets AS uuid[]), CAST(:part_hours AS int[]), CAST(:part_firsts AS int[]),
    CAST(:part_ends AS int[])) AS d (n, target, hour, low, high)
  JOIN m ON m.target = d.target CROSS JOIN LATERAL (
    SELECT t.doc -> 'q' AS q FROM scan_hour AS t WHERE t.scope_id = m.scope
    AND t.hour = {_HOUR.format("d.hour")} OFFSET 0
  ) AS t CROSS JOIN LATERAL json_each(t.q) AS q WHERE q.key::int >= d.low AND q.key::int < d.high
  UNION ALL
  SELECT k.n, p.visits FROM p JOIN k ON k.target = p.asset_id
    AND p.quarter >= k.low AND p.quarter < k.high
  UNION ALL
  SELECT k.n, h.visits FROM h JOIN k ON k.target = h.workspace_id
    AND h.quarter >= k.low AND h.quarter < k.high
) AS counted GROUP BY n
"""  # noqa: S608


@dataclass(frozen=True)
class Asked:
    """The scans of an asset or a workspace in a span."""

    target: UUID
    span: Span


@dataclass(frozen=True)
class CountVisits:
    """What is asked, and which of the targets are workspaces: they have the scans of all their
    assets, of those in the trash too.
    """

    asked: tuple[Asked, ...]
    workspaces: frozenset[UUID]


@dataclass(frozen=True)
class Counted:
    """Scans of people, in the order in which was asked."""

    visits: tuple[int, ...]


async def count_visits(command: CountVisits) -> Counted:
    """As of this moment, scans that were committed just now included."""
    distinct = list(dict.fromkeys(command.asked))
    if not distinct:
        return Counted(())
    async with transaction() as session:
        # For this statement compiling costs more than it saves.
        await session.execute(text("SELECT set_config('jit', 'off', true)"))
        rows = await session.execute(text(_COUNT), _values(distinct, command.workspaces))
        found = {distinct[n]: int(visits) for n, visits in rows}
    return Counted(tuple(found.get(one, 0) for one in command.asked))


def _values(asked: Sequence[Asked], workspaces: frozenset[UUID]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = defaultdict(list)
    oldest = [one.span.first // QUARTERS_A_DAY for one in asked if one.target in workspaces]
    for n, (target, span) in enumerate((one.target, one.span) for one in asked):
        pieces = cut(span.first, span.end)
        _add(columns, "", (n, target, span.first, span.end))
        for day in [pieces.days] if pieces.days else []:
            _add(columns, "day_", (n, target, day.start, day.stop))
        for hours in pieces.hours:
            _add(columns, "hour_", (n, target, hours.start, hours.stop))
        for hour, part in pieces.parts:
            _add(columns, "part_", (n, target, part.start, part.stop))
            columns["part_hours"].append(hour)
    names = [f"{kind}{name}" for kind in ("", "day_", "hour_", "part_") for name in _COLUMNS]
    return {
        "workspaces": list(workspaces),
        "since": min(oldest, default=0),
        **{name: columns[name] for name in (*names, "part_hours")},
    }


_COLUMNS = ("ns", "targets", "firsts", "ends")


def _add(columns: dict[str, list[Any]], kind: str, values: tuple[int, UUID, int, int]) -> None:
    for name, value in zip(_COLUMNS, values, strict=True):
        columns[f"{kind}{name}"].append(value)
