"""What an organization's week was like: its workspaces with the most scans, and their codes.

Counted are the totals of whole days (UTC), so a week that is over says the same whenever it is
asked for. What is in the trash is left out, as in the lists of leaders.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.notices.charts import Chart, chart_address
from activities.rules.weeks import DAYS, Week, change, heights
from schema.db import transaction

MOST_SECTIONS = 5
MOST_ROWS = 5

_TABLES = {
    "QR code": ("qr_code", "a.short_code"),
    "link": ("link", "a.slug"),
    "link page": ("link_page", "a.slug"),
    "barcode": ("barcode", "a.value"),
}
"""What a mail calls them, and what names one that has no name."""

_ASSETS = " UNION ALL ".join(
    f"SELECT a.id, a.workspace_id, coalesce(nullif(a.name, ''), {otherwise}, '') AS name, "  # noqa: S608
    f"'{kind}' AS kind FROM {table} AS a WHERE a.organization_id = :owner "
    "AND a.deleted_at IS NULL AND a.id IN (SELECT id FROM counted)"
    for kind, (table, otherwise) in _TABLES.items()
)

_COUNTED = """
WITH counted AS MATERIALIZED (
  SELECT scope_id AS id, day, visits FROM scan_day
  WHERE organization_id = :owner AND scope_id <> :owner AND day >= :before AND day < :end
  AND visits > 0
), asset AS MATERIALIZED ({assets})
"""

_LEADING = f"""
{_COUNTED.format(assets=_ASSETS)}, summed AS (
  SELECT asset.*, sum(visits) FILTER (WHERE day >= :first)::bigint AS scans,
    sum(visits) FILTER (WHERE day < :first)::bigint AS earlier
  FROM counted JOIN asset USING (id) GROUP BY asset.id, asset.workspace_id, name, kind
), ranked AS (
  SELECT *, row_number() OVER (
    PARTITION BY workspace_id ORDER BY scans DESC NULLS LAST, earlier DESC NULLS LAST, id
  ) AS place FROM summed
)
SELECT workspace_id, name, kind, coalesce(scans, 0) AS scans, coalesce(earlier, 0) AS earlier
FROM ranked WHERE place <= :most ORDER BY workspace_id, place
"""  # noqa: S608 - made of constants

_SERIES = f"""
{_COUNTED.format(assets=_ASSETS)}
SELECT w.id, w.name, day, sum(visits)::bigint AS visits
FROM counted JOIN asset USING (id) JOIN workspace AS w ON w.id = asset.workspace_id
GROUP BY w.id, w.name, day
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class ReadWeek:
    """A week of an organization."""

    organization_id: UUID
    week: Week


@dataclass(frozen=True)
class WeekTold:
    """As the mail takes it; `sections` is "" when nothing was scanned in this week and the one
    before. `more` are workspaces that are left out.
    """

    week: Week
    sections: str
    more: int

    @property
    def words(self) -> Mapping[str, str]:
        return {"week": self.week.words, "sections": self.sections, "more": str(self.more)}


async def read_week(command: ReadWeek) -> WeekTold:
    """The workspaces that anything was scanned of, the one with the most scans first."""
    week = command.week
    values: dict[str, Any] = {
        "owner": command.organization_id,
        "before": week.before,
        "first": week.first,
        "end": week.end,
    }
    async with transaction() as session:
        series = (await session.execute(text(_SERIES), values)).all()
        leading = (await session.execute(text(_LEADING), {**values, "most": MOST_ROWS})).all()
    places = _places(series, week)
    rows: dict[UUID, list[Any]] = {}
    for row in leading:
        rows.setdefault(row.workspace_id, []).append(row)
    told = [place.told(rows.get(place.id, ())) for place in places[:MOST_SECTIONS]]
    return WeekTold(week, json.dumps(told) if told else "", max(0, len(places) - MOST_SECTIONS))


@dataclass(frozen=True)
class _Place:
    """A workspace: its scans of the seven days, and of the seven before them together."""

    id: UUID
    name: str
    days: tuple[int, ...]
    then: int

    @property
    def now(self) -> int:
        return sum(self.days)

    def told(self, rows: Iterable[Any]) -> dict[str, Any]:
        """As the mail takes it."""
        chart = chart_address(Chart(heights(self.days))) if self.now else ""
        return {
            "name": self.name,
            "scans": self.now,
            "change": change(self.now, self.then),
            "chart": chart,
            "rows": [
                {
                    "name": row.name,
                    "kind": row.kind,
                    "scans": row.scans,
                    "change": change(row.scans, row.earlier),
                }
                for row in rows
            ],
        }


def _places(series: Sequence[Any], week: Week) -> list[_Place]:
    names: dict[UUID, str] = {}
    days: dict[UUID, dict[date, int]] = {}
    for row in series:
        names[row.id] = row.name
        days.setdefault(row.id, {})[row.day] = row.visits
    shown = [week.first + timedelta(days=n) for n in range(DAYS)]
    places = [
        _Place(
            key,
            names[key],
            tuple(visits.get(day, 0) for day in shown),
            sum(count for day, count in visits.items() if day < week.first),
        )
        for key, visits in days.items()
    ]
    return sorted(places, key=lambda place: (-place.now, -place.then, place.name, place.id))
