"""Scans in batches, straight in their table, and what they come to when each is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import text

from activities.rules.scan_ids import first_id, nth_id
from activities.rules.totals import DIMENSIONS
from activities.statistics.views import Day, Figures, Share, Statistics
from schema.db import transaction

_DICE = Random(7)

_WRITE = """
INSERT INTO scan (id, created_at, organization_id, asset_id, asset_kind, country, region, city,
  device, os, browser, language, referrer_domain, variant, rule, utm, visitor, local_hour, is_bot,
  is_counted)
SELECT id, created_at, organization_id, asset_id, asset_kind, country, region, city, device, os,
  browser, language, referrer_domain, variant, rule, utm, visitor, local_hour, is_bot, is_counted
FROM jsonb_populate_recordset(NULL::scan, CAST(:rows AS jsonb))
"""


@dataclass(frozen=True)
class Seen:
    """A visit. What is not told of it is not known."""

    asset_id: UUID
    organization_id: UUID
    at: datetime
    visitor: int | None = None
    kind: str = "qr"
    is_bot: bool = False
    is_counted: bool = False
    told: dict[str, Any] = field(default_factory=dict)
    utm: dict[str, str] | None = None

    def value(self, dimension: str) -> str | None:
        """What statistics tell it apart by."""
        if dimension == "kind":
            return self.kind
        if dimension.startswith("utm_"):
            return (self.utm or {}).get(dimension[4:])
        column = {"referrer": "referrer_domain"}.get(dimension, dimension)
        value = self.told.get(column, "mobile" if dimension == "device" else None)
        return None if value is None else str(value)


async def a_batch(scans: Sequence[Seen]) -> UUID:
    """Write them by one statement; the id of the first."""
    first = first_id(int(scans[0].at.timestamp() * 1000), _DICE.randbytes(6))
    rows = [
        {
            "device": "mobile",
            **scan.told,
            "id": str(nth_id(first, n)),
            "created_at": scan.at.isoformat(),
            "organization_id": str(scan.organization_id),
            "asset_id": str(scan.asset_id),
            "asset_kind": scan.kind,
            "utm": scan.utm,
            "visitor": scan.visitor,
            "is_bot": scan.is_bot,
            "is_counted": scan.is_counted,
        }
        for n, scan in enumerate(scans)
    ]
    async with transaction() as session:
        await session.execute(text(_WRITE), {"rows": orjson.dumps(rows).decode()})
    return first


def some_scans(
    dice: Random, assets: Sequence[tuple[UUID, UUID, str]], begin: datetime, hours: int, count: int
) -> list[Seen]:
    """Visits in these hours of few visitors, so that many come again; each at its own time."""
    moments = dice.sample(range(hours * 3600), count)
    return [_one(dice, assets, begin + timedelta(seconds=moment)) for moment in moments]


def in_batches(dice: Random, scans: Sequence[Seen], largest: int = 40) -> list[list[Seen]]:
    """The same in batches of all sizes, late ones among them: their order is not that of time."""
    left, batches = list(scans), []
    dice.shuffle(left)
    while left:
        size = dice.randint(1, largest)
        batches.append(left[:size])
        left = left[size:]
    return batches


def _one(dice: Random, assets: Sequence[tuple[UUID, UUID, str]], at: datetime) -> Seen:
    asset_id, organization_id, kind = dice.choice(assets)
    told = {
        "country": dice.choice(("DE", "US", None)),
        "city": dice.choice(("Köln", 'Say "hi"\\', None)),
        "browser": dice.choice(("Firefox", None)),
        "referrer_domain": dice.choice(("example.org", None, None)),
        "variant": dice.choice(("a", "b")),
        "local_hour": dice.choice((0, 13, None)),
    }
    return Seen(
        asset_id,
        organization_id,
        at,
        visitor=dice.choice((*range(6), None)),
        kind=kind,
        is_bot=dice.random() < 0.1,
        is_counted=kind in ("page", "barcode") or dice.random() < 0.2,
        told=told,
        utm=dice.choice((None, {"source": "news", "medium": "email"})),
    )


def uniques_of(scans: Iterable[Seen], scope: UUID) -> set[int]:
    """The places of scans that are the first of their visitor in the scope on a day (UTC)."""
    first: dict[tuple[date, int], tuple[datetime, int]] = {}
    for n, scan in enumerate(scans):
        if _in(scan, scope) and not scan.is_bot and scan.visitor is not None:
            key = (scan.at.astimezone(UTC).date(), scan.visitor)
            first[key] = min(first.get(key, (scan.at, n)), (scan.at, n))
    return {n for _, n in first.values()}


def brute_force(
    scans: Sequence[Seen], scope: UUID, first: date, last: date, time_zone: str
) -> Statistics:
    """Statistics by looking at each scan."""
    zone, uniques = ZoneInfo(time_zone), uniques_of(scans, scope)
    days: Counter[tuple[date, int]] = Counter()
    hours: Counter[tuple[int, int]] = Counter()
    weekdays: Counter[tuple[int, int]] = Counter()
    all_time: Counter[int] = Counter()
    shares: dict[str, Counter[tuple[str | None, int]]] = {name: Counter() for name in DIMENSIONS}
    last_at: datetime | None = None
    for n, scan in enumerate(scans):
        if not _in(scan, scope):
            continue
        local = scan.at.astimezone(zone)
        marks = [2] if scan.is_bot else [0, 1] if n in uniques else [0]
        if not scan.is_bot:
            last_at = max(last_at or scan.at, scan.at)
        for mark in marks:
            all_time[mark] += 1
            if first <= local.date() <= last:
                days[local.date(), mark] += 1
                hours[local.hour, mark] += 1
                weekdays[local.weekday(), mark] += 1
                if mark < 2:
                    for name, counter in shares.items():
                        counter[scan.value(name), mark] += 1
    span = [first + timedelta(n) for n in range((last - first).days + 1)]
    return Statistics(
        first=first,
        last=last,
        time_zone=time_zone,
        figures=sum((_figures(days, day) for day in span), Figures()),
        all_time=Figures(*(all_time[mark] for mark in range(3))),
        last_at=last_at,
        days=tuple(Day(day, _figures(days, day)) for day in span),
        hours=tuple(_figures(hours, n) for n in range(24)),
        weekdays=tuple(_figures(weekdays, n) for n in range(7)),
        shares={name: _shares(counter) for name, counter in shares.items()},  # type: ignore[misc]
    )


def later(scan: Seen, **more: Any) -> Seen:
    """The same, but for what is given."""
    return replace(scan, **more)


def _in(scan: Seen, scope: UUID) -> bool:
    return scope in (scan.asset_id, scan.organization_id)


def _figures(counter: Counter[Any], key: object) -> Figures:
    return Figures(*(counter[key, mark] for mark in range(3)))


def _shares(counter: Counter[tuple[str | None, int]]) -> tuple[Share, ...]:
    values = {value for value, _ in counter}
    shares = (Share(value, counter[value, 0], counter[value, 1]) for value in values)
    return tuple(sorted(shares, key=lambda share: (-share.visits, share.value or "")))
