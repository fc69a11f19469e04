"""Scans as they are counted: read in groups, one asset and one quarter of an hour each.

A group comes as one JSON array, column by column: that costs a fifth of a row for each scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from activities.rules.firsts import Group, Known, Moved
from activities.rules.totals import PLAIN, UTM
from schema.db import transaction

DAY = "floor(date_part('epoch', s.created_at) / 86400)::int"
"""The day (UTC) of a scan since 1970, which `date '1970-01-01' +` makes a date."""

_MICROSECONDS = "(date_part('epoch', {0}) * 1000000)::bigint"
_COLUMNS = {"referrer": "referrer_domain", "local_hour": "local_hour::text"}
"""What dimensions are called that are not called like their columns."""

_LISTED = (
    _MICROSECONDS.format("s.created_at"),
    *("s.visitor", "s.utm"),
    *(f"s.{_COLUMNS.get(name, name)}" for name in PLAIN),
)

_IN_BATCHES = """
{batches} CROSS JOIN LATERAL (
  SELECT * FROM scan WHERE scan.id BETWEEN b.id AND b.last_id
  AND scan.created_at BETWEEN b.first_at AND b.last_at {more} OFFSET 0
) AS s
"""
"""The scans `s` of batches `b`.

OFFSET 0 is a fence: each batch is looked up by its ids, whatever else is asked for. Without it
PostgreSQL went through all scans of an asset for each batch.
"""

_GIVEN = """
unnest(
  CAST(:ids AS uuid[]), CAST(:last_ids AS uuid[]),
  CAST(:first_ats AS timestamptz[]), CAST(:last_ats AS timestamptz[])
) AS b (id, last_id, first_at, last_at)
"""

SCANS = _IN_BATCHES.format(batches=_GIVEN, more="")
"""The scans `s` of some `Batches`."""

WAITING = _IN_BATCHES.format(batches="scan_batch AS b", more="AND scan.organization_id = :owner")
"""The scans `s` of the organization `:owner` that are in no total yet."""

VISITING = _IN_BATCHES.format(batches="scan_batch AS b", more="AND NOT scan.is_bot")
"""The scans `s` of people, of every organization, that are in no total yet."""

GROUPS = f"""
SELECT json_build_array(
  organization_id, asset_id, asset_kind, floor(date_part('epoch', s.created_at) / 900)::int,
  count(*) FILTER (WHERE is_bot), count(*) FILTER (WHERE NOT is_bot AND NOT is_counted),
  {", ".join(f"json_agg({column}) FILTER (WHERE NOT is_bot)" for column in _LISTED)}
)::text AS body
FROM {{scans}}
GROUP BY organization_id, asset_id, asset_kind, floor(date_part('epoch', s.created_at) / 900)
"""  # noqa: S608
"""The groups of some scans `s`."""

KNOWN = f"""
SELECT json_build_array(
  v.organization_id, v.day - date '1970-01-01', v.visitor, v.asset_id,
  {_MICROSECONDS.format("v.first_at")}
)::text AS body, v.day, v.organization_id, v.visitor, v.asset_id
FROM {{visitors}}
JOIN LATERAL (
  SELECT * FROM scan_visitor AS known WHERE known.day = d.day
  AND known.organization_id = d.organization_id AND known.visitor = d.visitor OFFSET 0
) AS v ON true
"""  # noqa: S608
"""Where and when some visitors `d` were before on these days."""

_FORMER = f"""
SELECT DISTINCT ON (m.n) m.n, s.asset_kind,
  {", ".join(f"s.{_COLUMNS.get(name, name)}" for name in PLAIN)}, s.utm::text
FROM unnest(CAST(:assets AS uuid[]), CAST(:times AS bigint[]), CAST(:visitors AS bigint[]))
  WITH ORDINALITY AS m (asset_id, at, visitor, n)
JOIN scan AS s ON s.asset_id = m.asset_id AND s.visitor = m.visitor
  AND s.created_at = timestamptz '1970-01-01 00:00:00+00' + m.at * interval '1 microsecond'
ORDER BY m.n, s.id
"""  # noqa: S608


@dataclass(frozen=True)
class Batches:
    """Batches of scans: ids and times of the first and last scan of each."""

    ids: tuple[UUID, ...]
    last_ids: tuple[UUID, ...]
    first_ats: tuple[datetime, ...]
    last_ats: tuple[datetime, ...]

    @property
    def values(self) -> dict[str, Any]:
        """What `SCANS` is asked with."""
        return {name: list(each) for name, each in vars(self).items()}


@dataclass(frozen=True)
class ReadFormer:
    """The scans that were uniques before `moved`."""

    moved: tuple[Moved, ...]


@dataclass(frozen=True)
class Former:
    """What moves, and what is known of the scan that was the unique, by dimension."""

    moved: Moved
    values: Mapping[str, str | None]


def group_of(body: str) -> tuple[Group, int]:
    """A group, and how many of its scans the counter of the asset has not."""
    owner, asset_id, kind, quarter, bots, uncounted, *lists = orjson.loads(body)
    times, visitors, utms, *columns = (each or () for each in lists)
    group = Group(owner, asset_id, kind, quarter, bots, times, visitors, columns, utms)
    return group, uncounted


def known_of(bodies: Iterable[str]) -> Known:
    """What is known of visitors."""
    known: dict[tuple[str, int, int], dict[str, int]] = {}
    for body in bodies:
        owner, day, visitor, asset_id, at = orjson.loads(body)
        known.setdefault((owner, day, visitor), {})[asset_id] = at
    return known


async def read_former(command: ReadFormer) -> tuple[Former, ...]:
    """What moves, with the values of the scans that were uniques before.

    Of a scan that is not kept any more there are none.
    """
    moved = command.moved
    if not moved:
        return ()
    values = {
        "assets": [UUID(each.asset_id) for each in moved],
        "times": [each.at for each in moved],
        "visitors": [each.visitor for each in moved],
    }
    async with transaction() as session:
        rows = (await session.execute(text(_FORMER), values)).all()
    found = {row[0] - 1: row[1:] for row in rows}
    return tuple(Former(each, _told(each, found.get(n))) for n, each in enumerate(moved))


def _told(moved: Moved, row: Sequence[Any] | None) -> dict[str, str | None]:
    if row is None:
        return {}
    kind, *columns, utm = row
    told: dict[str, str | None] = dict(zip(PLAIN, columns, strict=True))
    if utm is not None:
        given = orjson.loads(utm)
        told |= {name: given.get(field) for field, name in UTM}
    return told | {"kind": kind} if moved.scope == moved.organization_id else told
