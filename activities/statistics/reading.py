"""Statistics read: totals and what is in none yet, as of one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.firsts import count
from activities.rules.spans import Span, lay_out, span_of
from activities.rules.totals import (
    DIMENSIONS,
    QUARTERS_A_DAY,
    QUARTERS_AN_HOUR,
    Cells,
    Document,
    Tally,
)
from activities.shelf.visible import visible
from activities.statistics.collecting import uncollected
from activities.statistics.pending import PENDING, WINDOW
from activities.statistics.scans import (
    DAY,
    GROUPS,
    KNOWN,
    WAITING,
    ReadFormer,
    group_of,
    known_of,
    read_former,
)
from activities.statistics.views import Day, Dimension, Figures, Share, Statistics
from schema.assets import AssetRow
from schema.db import transaction
from schema.tables import BarcodeRow, LinkPageRow, LinkRow, QrCodeRow, ScanBatchRow

Kind = Literal["qr", "link", "page", "barcode", "organization"]

_ASSETS: Mapping[str, tuple[str, type[AssetRow]]] = {
    "qr": ("QR code", QrCodeRow),
    "link": ("link", LinkRow),
    "page": ("link page", LinkPageRow),
    "barcode": ("barcode", BarcodeRow),
}

_Window = tuple[datetime | None, datetime | None]

_HOUR = "timestamptz '1970-01-01 00:00:00+00' + {} * interval '1 hour'"

_KEPT = f"""
SELECT 'day' AS part, day - date '1970-01-01' AS number, doc::text AS body FROM scan_day
WHERE scope_id = :scope AND day >= date '1970-01-01' + CAST(:first_day AS int)
  AND day < date '1970-01-01' + CAST(:end_day AS int)
UNION ALL
SELECT 'hour', floor(date_part('epoch', hour) / 3600)::int, t.doc::text
FROM unnest(CAST(:first_hours AS int[]), CAST(:end_hours AS int[])) AS e (low, high)
JOIN scan_hour AS t ON scope_id = :scope
  AND hour >= {_HOUR.format("e.low")} AND hour < {_HOUR.format("e.high")}
UNION ALL
SELECT 'all', 0, json_build_array(
  coalesce(sum(visits), 0), coalesce(sum(uniques), 0), coalesce(sum(bots), 0), (
    SELECT (doc->>'last')::bigint FROM scan_day WHERE scope_id = :scope AND visits > 0
    ORDER BY day DESC LIMIT 1
  )
)::text FROM scan_day WHERE scope_id = :scope
"""  # noqa: S608

_OF_ASSET = f"""
SELECT s.* FROM scan AS s
WHERE s.asset_id = :scope AND s.created_at BETWEEN :low AND :high AND {PENDING}
"""  # noqa: S608

_OF_ORGANIZATION = f"SELECT s.* FROM {WAITING}"  # noqa: S608

_VISITORS = f"""
(SELECT DISTINCT date '1970-01-01' + {DAY} AS day, organization_id, visitor FROM s
 WHERE NOT is_bot AND visitor IS NOT NULL) AS d
"""  # noqa: S608

_WITH_PENDING = f"""
WITH s AS MATERIALIZED ({{scans}})
{_KEPT}
UNION ALL SELECT 'group', 0, body FROM ({GROUPS.format(scans="s")}) AS groups
UNION ALL SELECT 'known', 0, body FROM ({KNOWN.format(visitors=_VISITORS)}) AS visitors
"""  # noqa: S608


@dataclass(frozen=True)
class ReadStatistics:
    """Of an asset of the actor's, or of the whole organization, whose id it is then.

    From `first` to `last` in `time_zone`; without them `days` days until today, 731 at most.
    """

    by: Actor
    kind: Kind
    id: UUID
    first: date | None = None
    last: date | None = None
    days: int = 30
    time_zone: str = "UTC"


class _Found:
    """What was read: documents by their day or hour since 1970, all-time figures, what waits."""

    def __init__(self, rows: Iterable[Any]) -> None:
        parts: dict[str, list[tuple[int, str]]] = {}
        for part, number, body in rows:
            parts.setdefault(part, []).append((number, body))
        self.days = [(number, orjson.loads(body)) for number, body in parts.get("day", ())]
        self.hours = [(number, orjson.loads(body)) for number, body in parts.get("hour", ())]
        *figures, self.last_at = orjson.loads(parts["all"][0][1])
        self.all_time = Figures(*figures)
        self.groups = [group_of(body)[0] for _, body in parts.get("group", ())]
        self.known = known_of(body for _, body in parts.get("known", ()))


@needs("assets.read")
async def read_statistics(command: ReadStatistics) -> Statistics:
    """What visitors did, those of a moment ago included.

    Raises `NotFound` as reading the asset does, and for an organization that the actor sees one
    workspace of only; `InvalidFields` for a span that is none.
    """
    span = span_of(
        command.first, command.last, command.days, command.time_zone, outside().clock.now()
    )
    async with transaction() as session:
        window = await _find(session, command)
        rows = await _rows(session, command, span, window)
        with uncollected():
            found = _Found(rows)
            tallies, moved = count(found.groups, found.known)
        for former in await read_former(ReadFormer(tuple(moved))):
            tallies.take_back(former.moved, former.values)
    with uncollected():
        return _statistics(command, span, found, tallies.scopes.get(str(command.id), {}))


async def _find(session: AsyncSession, command: ReadStatistics) -> _Window:
    """The times between which scans wait, if it is there."""
    by = command.by
    if command.kind == "organization":
        if command.id != by.organization_id or by.workspace_id is not None:
            raise NotFound("organization")
        low, high = (await session.execute(text(WINDOW))).one()
        return low, high
    noun, row = _ASSETS[command.kind]
    query = visible(row, by).where(col(row.id) == command.id)
    first = select(func.min(col(ScanBatchRow.first_at))).scalar_subquery()
    last = select(func.max(col(ScanBatchRow.last_at))).scalar_subquery()
    found = (await session.execute(query.with_only_columns(first, last))).one_or_none()
    if found is None:
        raise NotFound(noun)
    return found[0], found[1]


async def _rows(
    session: AsyncSession, command: ReadStatistics, span: Span, window: _Window
) -> Sequence[Any]:
    """In one statement, so that no roll-up is seen by halves."""
    asked: dict[str, Any] = {
        "scope": command.id,
        "first_day": span.touched.start,
        "end_day": span.touched.stop,
        "first_hours": [edge.start // QUARTERS_AN_HOUR for edge in span.edges],
        "end_hours": [-(-edge.stop // QUARTERS_AN_HOUR) for edge in span.edges],
    }
    low, high = window
    if low is None:
        return (await session.execute(text(_KEPT), asked)).all()
    if command.kind == "organization":
        scans = _OF_ORGANIZATION
        asked |= {"owner": command.id}
    else:
        scans = _OF_ASSET
        asked |= {"low": low, "high": high}
    return (await session.execute(text(_WITH_PENDING.format(scans=scans)), asked)).all()


def _statistics(
    command: ReadStatistics, span: Span, found: _Found, waiting: Mapping[int, Tally]
) -> Statistics:
    quarters = [(number, doc["q"]) for number, doc in found.days]
    laid = lay_out(span, [*quarters, *_figures_of(waiting)])
    figures = sum((Figures(*each) for each in laid.days), Figures())
    by = _told_apart(span, found, waiting)
    if command.kind != "organization" and figures.visits:
        by["kind"] = {command.kind: [figures.visits, figures.uniques]}
    pending = Tally()
    for tally in waiting.values():
        pending.add(tally)
    return Statistics(
        first=span.first,
        last=span.last,
        time_zone=command.time_zone,
        figures=figures,
        all_time=found.all_time + Figures(pending.visits, pending.uniques, pending.bots),
        last_at=_moment(max(found.last_at or 0, pending.last_at or 0)),
        days=tuple(
            Day(span.first + timedelta(n), Figures(*each)) for n, each in enumerate(laid.days)
        ),
        hours=tuple(Figures(*each) for each in laid.hours),
        weekdays=tuple(Figures(*each) for each in laid.weekdays),
        shares={cast(Dimension, name): _shares(by.get(name, {}), figures) for name in DIMENSIONS},
    )


def _told_apart(span: Span, found: _Found, waiting: Mapping[int, Tally]) -> Cells:
    """Visits and uniques of the span by dimension: of whole days, their parts at both ends, and
    what waits.
    """
    told = Tally()
    for number, doc in found.days:
        if number in span.inside:
            told.add_cells(doc["by"])
    for quarter, by in _edges_of(found.hours):
        if any(quarter in edge for edge in span.edges):
            told.add_cells(by)
    for quarter, tally in waiting.items():
        if span.start <= quarter < span.end:
            told.add_cells(tally.by)
    return told.by


def _moment(microseconds: int) -> datetime | None:
    if not microseconds:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)


def _shares(cells: Mapping[str, Sequence[int]], figures: Figures) -> tuple[Share, ...]:
    """The largest first; what is not known is the difference to all."""
    shares = [Share(value, visits, uniques) for value, (visits, uniques) in cells.items() if visits]
    visits = figures.visits - sum(share.visits for share in shares)
    uniques = figures.uniques - sum(share.uniques for share in shares)
    if visits > 0:
        shares.append(Share(None, visits, max(0, uniques)))
    return tuple(sorted(shares, key=lambda share: (-share.visits, share.value or "")))


def _figures_of(
    waiting: Mapping[int, Tally],
) -> Iterable[tuple[int, Mapping[str, Sequence[int]]]]:
    for quarter, tally in waiting.items():
        day, number = divmod(quarter, QUARTERS_A_DAY)
        yield day, {str(number): (tally.visits, tally.uniques, tally.bots)}


def _edges_of(hours: Sequence[tuple[int, Document]]) -> Iterable[tuple[int, Mapping[str, Any]]]:
    for number, doc in hours:
        for quarter, by in doc["by"].items():
            yield number * QUARTERS_AN_HOUR + int(quarter), by
