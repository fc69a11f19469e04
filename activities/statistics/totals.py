"""Totals as they are kept: a document for each scope and hour, and for each scope and day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.rules.firsts import Tallies
from activities.rules.totals import (
    QUARTERS_A_DAY,
    QUARTERS_AN_HOUR,
    Document,
    Tally,
    add_to_day,
    add_to_hour,
)
from activities.statistics.collecting import uncollected
from schema.db import transaction


@dataclass(frozen=True)
class AddToTotals:
    """What was counted, by scope and quarter of an hour."""

    tallies: Tallies


@dataclass(frozen=True)
class _Kind:
    """How totals of one length are kept: their table, and how a number since 1970 names one."""

    table: str
    span: str
    spelled: str
    numbered: str
    quarters: int
    add: Callable[[Document, Iterable[tuple[int, Tally]]], None]


_HOURS = _Kind(
    "scan_hour",
    "hour",
    "to_timestamp({}::float8 * 3600)",
    "floor(date_part('epoch', t.hour) / 3600)::int",
    QUARTERS_AN_HOUR,
    add_to_hour,
)
_DAYS = _Kind(
    "scan_day",
    "day",
    "date '1970-01-01' + {}",
    "t.day - date '1970-01-01'",
    QUARTERS_A_DAY,
    add_to_day,
)

SEPARATOR = "\x1e"
"""Between documents that travel as one text: nothing in them has to be escaped for an array."""

_Key = tuple[str, int]

_READ = """
SELECT t.scope_id::text, {numbered}, t.doc::text
FROM unnest(CAST(:scopes AS uuid[]), CAST(:spans AS int[])) AS k (scope_id, span)
JOIN LATERAL (
  SELECT * FROM {table} AS t WHERE t.scope_id = k.scope_id AND t.{span} = {spelled} OFFSET 0
) AS t ON true
"""

_WRITE = """
INSERT INTO {table} (scope_id, organization_id, {span}, visits, uniques, bots, doc)
SELECT k.scope_id, k.owner, {spelled}, k.visits, k.uniques, k.bots, k.doc::json
FROM unnest(
  CAST(:scopes AS uuid[]), CAST(:owners AS uuid[]), CAST(:spans AS int[]),
  CAST(:visits AS bigint[]), CAST(:uniques AS bigint[]), CAST(:bots AS bigint[]),
  string_to_array(:docs, chr(30))
) AS k (scope_id, owner, span, visits, uniques, bots, doc)
ON CONFLICT (scope_id, {span}) DO UPDATE SET visits = excluded.visits,
  uniques = excluded.uniques, bots = excluded.bots, doc = excluded.doc
"""


async def add_to_totals(command: AddToTotals) -> None:
    """Put it into the totals of hours and days. Only who rolls up may do that, one at a time."""
    async with transaction() as session:
        for kind in (_HOURS, _DAYS):
            await _add(session, kind, command.tallies)


async def _add(session: AsyncSession, kind: _Kind, tallies: Tallies) -> None:
    added: dict[_Key, list[tuple[int, Tally]]] = {}
    for scope, quarters in tallies.scopes.items():
        for quarter, tally in quarters.items():
            added.setdefault((scope, quarter // kind.quarters), []).append((quarter, tally))
    keys = sorted(added)
    bodies = await _read(session, kind, keys)
    with uncollected():
        docs = {key: orjson.loads(bodies.get(key, "{}")) for key in keys}
        for key, doc in docs.items():
            kind.add(doc, added[key])
        values = _values(keys, docs, tallies.owners)
    statement = _WRITE.format(
        table=kind.table, span=kind.span, spelled=kind.spelled.format("k.span")
    )
    await session.execute(text(statement), values)


async def _read(session: AsyncSession, kind: _Kind, keys: Sequence[_Key]) -> dict[_Key, str]:
    statement = _READ.format(
        table=kind.table,
        span=kind.span,
        spelled=kind.spelled.format("k.span"),
        numbered=kind.numbered,
    )
    rows = await session.execute(text(statement), _named(keys))
    return {(scope, span): doc for scope, span, doc in rows}


def _values(
    keys: Sequence[_Key], docs: Mapping[_Key, Document], owners: Mapping[str, str]
) -> dict[str, Any]:
    quarters = [docs[key]["q"].values() for key in keys]
    return {
        **_named(keys),
        "owners": [UUID(owners[scope]) for scope, _ in keys],
        **{
            name: [sum(figures[n] for figures in each) for each in quarters]
            for n, name in enumerate(("visits", "uniques", "bots"))
        },
        "docs": SEPARATOR.join(orjson.dumps(docs[key]).decode() for key in keys),
    }


def _named(keys: Sequence[_Key]) -> dict[str, Any]:
    return {"scopes": [UUID(scope) for scope, _ in keys], "spans": [span for _, span in keys]}
