"""Raw scans, part by part: whoever wants them all asks until none is left.

`list_scanned` says which assets have scans in a span and about how many, so that those of many
small assets are read at once; `read_scans` goes on behind the last scan it answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.spans import Span, span_of
from activities.statistics.scans import WAITING
from schema.db import transaction

COLUMNS = (
    *("id", "created_at", "asset_kind", "asset_id", "is_bot", "variant", "rule"),
    *("country", "region", "city", "device", "os", "browser", "language", "referrer_domain"),
    *("utm", "visitor", "local_hour"),
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)
_NOUNS = {"qr": "QR code", "link": "link"}
_TABLES = {"qr": "qr_code", "link": "link", "page": "link_page", "barcode": "barcode"}

_ASSETS = "\nUNION ALL ".join(
    f"SELECT '{kind}' AS kind, id, name, workspace_id, deleted_at FROM {table} "  # noqa: S608
    "WHERE organization_id = :owner"
    for kind, table in _TABLES.items()
)

_SCANNED = f"""
WITH counted AS (
  SELECT scope_id AS id, visits + bots AS scans FROM scan_day
  WHERE organization_id = :owner AND scope_id <> :owner AND day BETWEEN :first AND :last
    AND (CAST(:after AS uuid) IS NULL OR scope_id > :after)
    AND (CAST(:only AS uuid) IS NULL OR scope_id = :only)
  UNION ALL
  SELECT s.asset_id, 1 FROM {WAITING}
  WHERE s.created_at >= :begins AND s.created_at < :ends
    AND (CAST(:after AS uuid) IS NULL OR s.asset_id > :after)
    AND (CAST(:only AS uuid) IS NULL OR s.asset_id = :only)
), summed AS (
  SELECT id, sum(scans)::bigint AS scans FROM counted GROUP BY id ORDER BY id LIMIT :most
)
SELECT summed.id, summed.scans, asset.name, asset.workspace_id
FROM summed LEFT JOIN ({_ASSETS}) AS asset USING (id) ORDER BY summed.id
"""  # noqa: S608

_IS_THERE = f"""
SELECT true FROM ({_ASSETS}) AS asset WHERE kind = :kind AND id = :only AND deleted_at IS NULL
  AND (CAST(:workspace AS uuid) IS NULL OR workspace_id = :workspace)
"""  # noqa: S608

_PLACE = "(asset_id, created_at, id) > (:after_asset, :after_at, :after_id)"
_SCANS = f"""
SELECT {", ".join(COLUMNS)} FROM scan
WHERE {{which}} AND organization_id = :owner AND created_at >= :begins AND created_at < :ends
  AND {{place}} ORDER BY asset_id, created_at, id LIMIT :most
"""  # noqa: S608


@dataclass(frozen=True)
class ListScanned:
    """Assets with scans in a span that is said as in `ReadStatistics`; `kind` and `id` of one.

    `after` is the last asset of the part before.
    """

    by: Actor
    first: date | None = None
    last: date | None = None
    days: int = 30
    time_zone: str = "UTC"
    kind: Literal["qr", "link"] | None = None
    id: UUID | None = None
    after: UUID | None = None
    most: int = 1000


@dataclass(frozen=True)
class Scanned:
    """An asset and at least how many scans it has; `name` is None when it was deleted for good."""

    id: UUID
    name: str | None
    scans: int


@dataclass(frozen=True)
class ScannedPart:
    """Assets by their ids; `next` is where to go on, None at the end. Scans of `begins` to `ends`
    are meant, the latter is outside.
    """

    assets: tuple[Scanned, ...]
    begins: datetime
    ends: datetime
    next: UUID | None


@dataclass(frozen=True)
class RawScan:
    """One visit, as it is kept; see `schema.visits.ScanRow`."""

    id: UUID
    created_at: datetime
    asset_kind: str
    asset_id: UUID
    is_bot: bool
    variant: str | None
    rule: str | None
    country: str | None
    region: str | None
    city: str | None
    device: str
    os: str | None
    browser: str | None
    language: str | None
    referrer_domain: str | None
    utm: Mapping[str, str] | None
    visitor: int | None
    local_hour: int | None


@dataclass(frozen=True)
class ReadScans:
    """Scans of these assets from `begins` until before `ends`, behind the scan `after`."""

    by: Actor
    asset_ids: tuple[UUID, ...]
    begins: datetime
    ends: datetime
    after: RawScan | None
    most: int


@needs("assets.read")
async def list_scanned(command: ListScanned) -> ScannedPart:
    """Those of the actor's organization and, when restricted, workspace; of the trash too.

    Raises `NotFound` for one that is not there, `InvalidFields` as `read_statistics` does.
    """
    by = command.by
    now = outside().clock.now()
    span = span_of(command.first, command.last, command.days, command.time_zone, now)
    values = _values(command, span)
    async with transaction() as session:
        if command.kind is not None:
            there = {name: values[name] for name in ("owner", "workspace", "only")}
            found = await session.execute(text(_IS_THERE), {**there, "kind": command.kind})
            if found.first() is None:
                raise NotFound(_NOUNS[command.kind])
        asked = {name: value for name, value in values.items() if name != "workspace"}
        rows = (await session.execute(text(_SCANNED), asked)).all()
    assets = tuple(
        Scanned(row.id, row.name, row.scans)
        for row in rows
        if by.workspace_id in (None, row.workspace_id)
    )
    is_last = len(rows) < command.most
    return ScannedPart(assets, values["begins"], values["ends"], None if is_last else rows[-1].id)


@needs("assets.read")
async def read_scans(command: ReadScans) -> tuple[RawScan, ...]:
    """At most `most`, by asset, then by time. Fewer say that there are no more.

    Of assets that are another organization's there are none; those of another workspace than the
    actor's are for `list_scanned` to leave out.
    """
    after = command.after
    statement = _SCANS.format(
        # A single one is an equation, which keeps the order of the index.
        which="asset_id = :asset" if len(command.asset_ids) == 1 else "asset_id = ANY(:assets)",
        place=_PLACE if after else "true",
    )
    values: dict[str, Any] = {
        "owner": command.by.organization_id,
        "begins": command.begins,
        "ends": command.ends,
        "most": command.most,
    }
    if len(command.asset_ids) == 1:
        values["asset"] = command.asset_ids[0]
    else:
        values["assets"] = list(command.asset_ids)
    if after:
        values |= {
            "after_asset": after.asset_id,
            "after_at": after.created_at,
            "after_id": after.id,
        }
    async with transaction() as session:
        rows = (await session.execute(text(statement), values)).all()
    return tuple(RawScan(*row) for row in rows)


def _values(command: ListScanned, span: Span) -> dict[str, Any]:
    return {
        "owner": command.by.organization_id,
        "workspace": command.by.workspace_id,
        "only": command.id,
        "after": command.after,
        "most": command.most,
        "first": _EPOCH.date() + timedelta(days=span.touched.start),
        "last": _EPOCH.date() + timedelta(days=span.touched.stop - 1),
        "begins": _EPOCH + span.start * _QUARTER,
        "ends": _EPOCH + span.end * _QUARTER,
    }
