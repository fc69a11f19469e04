"""The most visited codes or links of an organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.spans import Span, span_of
from activities.rules.totals import QUARTERS_A_DAY
from activities.statistics.scans import WAITING
from activities.statistics.views import Figures
from schema.db import transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)

_COUNTED = f"""
WITH waiting AS MATERIALIZED (
  SELECT s.asset_id, s.visitor, s.created_at, s.is_bot,
    created_at >= :begins AND created_at < :ends AS is_inside
  FROM {WAITING}
), earliest AS (
  SELECT asset_id, visitor, date '1970-01-01' + floor(date_part('epoch', created_at) / 86400)::int
    AS day, min(created_at) AS at
  FROM waiting WHERE NOT is_bot AND visitor IS NOT NULL GROUP BY 1, 2, 3
), counted (id, visits, uniques, bots) AS (
  SELECT scope_id, visits, uniques, bots FROM scan_day
  WHERE organization_id = :owner AND scope_id <> :owner
    AND day >= date '1970-01-01' + CAST(:inside AS int)
    AND day < date '1970-01-01' + CAST(:outside AS int)
  UNION ALL
  SELECT scope_id, (figures->>0)::bigint, (figures->>1)::bigint, (figures->>2)::bigint
  FROM scan_day, json_each(doc->'q') AS q (quarter, figures)
  WHERE organization_id = :owner AND scope_id <> :owner
    AND day - date '1970-01-01' = ANY(CAST(:edges AS int[]))
    AND (day - date '1970-01-01') * 96 + q.quarter::int BETWEEN :start AND :end
  UNION ALL
  SELECT asset_id, CASE WHEN is_bot THEN 0 ELSE 1 END, 0, CASE WHEN is_bot THEN 1 ELSE 0 END
  FROM waiting WHERE is_inside
  UNION ALL
  SELECT e.asset_id, 0, (CASE WHEN e.at >= :begins AND e.at < :ends THEN 1 ELSE 0 END)
    - (CASE WHEN v.first_at >= :begins AND v.first_at < :ends THEN 1 ELSE 0 END), 0
  FROM earliest AS e LEFT JOIN scan_visitor AS v ON v.day = e.day AND v.organization_id = :owner
    AND v.visitor = e.visitor AND v.asset_id = e.asset_id
  WHERE v.first_at IS NULL OR e.at < v.first_at
)
"""  # noqa: S608
"""All scans of the span, one statement: those that totals have, and those that wait to be added."""

_LEADING = """
SELECT asset.id, asset.name, {slug}, sum(visits)::bigint, sum(uniques)::bigint, sum(bots)::bigint
FROM counted JOIN {table} AS asset USING (id) {more}
WHERE asset.organization_id = :owner AND asset.deleted_at IS NULL
  AND (CAST(:workspace AS uuid) IS NULL OR asset.workspace_id = :workspace)
GROUP BY 1, 2, 3, 4
HAVING sum(visits) > 0 ORDER BY 5 DESC, 6 DESC, 1 LIMIT :most
"""

_STATEMENTS = {
    "qr": _COUNTED + _LEADING.format(slug="asset.short_code, NULL", table="qr_code", more=""),
    "link": _COUNTED
    + _LEADING.format(
        slug="asset.slug, domain.hostname",
        table="link",
        more="LEFT JOIN domain ON domain.id = asset.domain_id",
    ),
}


@dataclass(frozen=True)
class ReadLeaders:
    """The `most` of one kind, in a span that is said as in `ReadStatistics`."""

    by: Actor
    kind: Literal["qr", "link"]
    first: date | None = None
    last: date | None = None
    days: int = 30
    time_zone: str = "UTC"
    most: int = 10


@dataclass(frozen=True)
class Leader:
    """A code or link; static codes have no `slug`, which is the short code, and no `short_url`."""

    id: UUID
    name: str
    slug: str | None
    short_url: str | None
    figures: Figures


@needs("assets.read")
async def read_leaders(command: ReadLeaders) -> tuple[Leader, ...]:
    """Those with the most visits of people first; none that is in the trash or had no visits.

    Raises `InvalidFields` as `read_statistics` does.
    """
    by, now = command.by, outside().clock.now()
    span = span_of(command.first, command.last, command.days, command.time_zone, now)
    values = {
        **_bounds(span),
        "owner": by.organization_id,
        "workspace": by.workspace_id,
        "most": command.most,
    }
    async with transaction() as session:
        rows = (await session.execute(text(_STATEMENTS[command.kind]), values)).all()
    return tuple(_leader(command.kind, row) for row in rows)


def _bounds(span: Span) -> dict[str, Any]:
    """The span as the statement wants it: whole days (UTC), quarters of others, and moments."""
    return {
        "inside": span.inside.start,
        "outside": span.inside.stop,
        "edges": sorted({quarter // QUARTERS_A_DAY for edge in span.edges for quarter in edge}),
        "start": span.start,
        "end": span.end - 1,
        "begins": _EPOCH + span.start * _QUARTER,
        "ends": _EPOCH + span.end * _QUARTER,
    }


def _leader(kind: str, row: Any) -> Leader:
    id_, name, slug, hostname, visits, uniques, bots = row
    short_url = None
    if slug:
        short_url = (
            outside().short_url(slug) if kind == "qr" else outside().link_url(slug, hostname)
        )
    return Leader(id_, name, slug, short_url, Figures(visits, uniques, bots))
