"""Scans as they are written: lines for COPY, and the events that tell of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import orjson

from activities.cause import Cause
from activities.rules.events import Event
from activities.rules.facts.codes import QrScanLimitReached, QrScanned
from activities.rules.facts.links import LinkClicked
from activities.rules.scan_ids import nth_id, stem_of
from activities.visitors import Visitor
from activities.visits.targets import Asset

COPY_SCANS = b"""COPY scan (
  id, created_at, organization_id, asset_id, asset_kind, variant, rule, country, region, city,
  device, os, browser, language, referrer_domain, utm, visitor, local_hour, is_bot, is_counted
) FROM STDIN"""

NOTHING = Cause("")
"""The cause of what no request asked for."""

_UNSAFE = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": None})
_NULL = "\\N"


class Scan(NamedTuple):
    """A visit that is to be written. `destination_url` is as the owner wrote it.

    `is_wanted` says that somebody subscribed to the event of it; `columns` are the asset's, where
    they are known already.
    """

    asset: Asset
    visitor: Visitor
    at: datetime
    destination_url: str
    variant: str | None = None
    rule: str | None = None
    visitor_id: int | None = None
    is_wanted: bool = False
    cause: Cause = NOTHING
    columns: str = ""

    @property
    def is_limited(self) -> bool:
        """Whether it needs to be let through by the limit of its asset."""
        return self.asset.lifecycle.limit is not None and not self.visitor.is_bot


def block_of(first: UUID, scans: Sequence[Scan | None]) -> bytes:
    """The lines of a batch in the text format of COPY (PostgreSQL manual, COPY, File Formats).

    None stands for a visit that is not written: the others keep their ids, whoever else is left
    out, so that the same scan is never written twice.
    """
    stem = stem_of(first)
    lines = [f"{stem}{n:08x}\t{_line(scan)}" for n, scan in enumerate(scans) if scan]
    return "".join(lines).encode("utf-8", "replace")


def events_of(
    first: UUID, scans: Sequence[Scan | None], used_up: Mapping[UUID, int]
) -> list[tuple[Event, Cause]]:
    """What the batch makes true, and why.

    Of visits only what somebody wants to hear; `used_up` are codes that reached these limits.
    """
    told: list[tuple[Event, Cause]] = []
    last: dict[UUID, Scan] = {}
    for n, scan in enumerate(scans):
        if scan is None or scan.visitor.is_bot:
            continue
        last[scan.asset.id] = scan
        if scan.is_wanted:
            told.append((_event(scan, nth_id(first, n)), scan.cause))
    for asset_id, limit in used_up.items():
        scan = last[asset_id]
        if scan.asset.kind == "qr":
            reached = QrScanLimitReached(
                scan.asset.organization_id,
                asset_id,
                scan.at,
                short_code=scan.asset.slug,
                scan_limit=limit,
            )
            told.append((reached, scan.cause))
    return told


def event_block(events: Sequence[tuple[Event, Cause]]) -> bytes:
    """The lines of `COPY_EVENTS`."""
    lines = (
        (
            str(uuid4()),
            event.occurred_at.isoformat(),
            str(event.organization_id),
            event.kind,
            str(event.asset_id),
            escaped(orjson.dumps(event.payload()).decode()),
            escaped(cause.request_id),
            escaped(cause.traceparent),
        )
        for event, cause in events
    )
    return "".join("\t".join(line) + "\n" for line in lines).encode("utf-8", "replace")


COPY_EVENTS = b"""COPY event (
  id, created_at, organization_id, kind, asset_id, payload, request_id, traceparent
) FROM STDIN"""


def escaped(value: str | None) -> str:
    """A value of a line."""
    return _NULL if value is None else value.translate(_UNSAFE)


def _line(scan: Scan) -> str:
    asset, visitor = scan.asset, scan.visitor
    known = _known(
        visitor.country,
        visitor.region,
        visitor.city,
        visitor.device,
        visitor.os,
        visitor.browser,
        visitor.language,
        visitor.referrer_domain,
    )
    utm = escaped(orjson.dumps(dict(visitor.utm)).decode()) if visitor.utm else _NULL
    visitor_id = _NULL if scan.visitor_id is None else scan.visitor_id
    hour = _NULL if visitor.local_hour is None else visitor.local_hour
    bot = "t" if visitor.is_bot else "f"
    counted = "t" if scan.is_limited else "f"
    variant = _NULL if scan.variant is None else escaped(scan.variant)
    rule = _NULL if scan.rule is None else escaped(scan.rule)
    return (
        f"{scan.at.isoformat()}\t{scan.columns or asset.columns}\t{variant}\t{rule}\t{known}"
        f"\t{utm}\t{visitor_id}\t{hour}\t{bot}\t{counted}\n"
    )


@lru_cache(maxsize=16384)
def _known(*values: str | None) -> str:
    """What real traffic repeats."""
    return "\t".join(map(escaped, values))


def _event(scan: Scan, id: UUID) -> Event:
    asset = scan.asset
    told: dict[str, Any] = {
        "organization_id": asset.organization_id,
        "asset_id": asset.id,
        "occurred_at": scan.at,
        "destination_url": scan.destination_url,
        "variant": scan.variant,
        "rule": scan.rule,
        **scan.visitor.told,
    }
    if asset.kind == "link":
        return LinkClicked(**told, click_id=id, slug=asset.slug, domain=asset.hostname)
    return QrScanned(**told, scan_id=id, short_code=asset.slug)
