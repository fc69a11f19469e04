"""How a single scan is told, in a table or as it comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from activities.render.tables import Cell
from activities.rules.spelling import stamp
from activities.rules.utm import UTM_FIELDS
from activities.statistics.raw import RawScan
from api.workspace.stats_shapes import spelled_id

COLUMNS: Mapping[str, str] = {
    "time": "when, in UTC",
    "kind": "what was visited: qr, link, page or barcode",
    "asset_id": "its id",
    "asset_name": "what you call it",
    "is_bot": "true for bots, whose visits count nowhere else",
    "variant": "the id of the A/B variant that led the visit",
    "rule": "the id of the rule that led the visit",
    "country": "ISO 3166-1 alpha-2",
    "region": "ISO 3166-2",
    "city": "in English",
    "device": "mobile, tablet, desktop or bot",
    "os": "the operating system",
    "browser": "the browser",
    "language": "the preferred language",
    "referrer": "the domain of the page that led here",
    **{f"utm_{name}": f"the UTM parameter {name}" for name in UTM_FIELDS},
    "visitor": "the same for all visits of a visitor on one day (UTC); empty for who opted out",
    "local_hour": "the hour at the visitor's place",
}
"""The columns of the table, and what is in them; what is not known is empty."""


FIELDS: Mapping[str, str] = {
    "time": COLUMNS["time"],
    "kind": COLUMNS["kind"],
    "assetId": COLUMNS["asset_id"],
    "isBot": COLUMNS["is_bot"],
    "referrer": COLUMNS["referrer"],
    **{
        name: COLUMNS[name]
        for name in (
            *("variant", "rule", "country", "region", "city"),
            *("device", "os", "browser", "language"),
        )
    },
}
"""The fields of a scan as JSON, and what they say; what is not known is null."""


def scan_row(scan: RawScan, name: str | None) -> Sequence[Cell]:
    """The cells of a scan of the asset with this name."""
    utm = scan.utm or {}
    return (
        *(scan.created_at, scan.asset_kind, spelled_id(scan.asset_kind, scan.asset_id), name),
        *(scan.is_bot, scan.variant, scan.rule, scan.country, scan.region, scan.city),
        *(scan.device, scan.os, scan.browser, scan.language, scan.referrer_domain),
        *(utm.get(field) for field in UTM_FIELDS),
        *(_visitor(scan.visitor), scan.local_hour),
    )


def scan_object(scan: RawScan) -> dict[str, Any]:
    """A scan as JSON."""
    return {
        "time": stamp(scan.created_at),
        "kind": scan.asset_kind,
        "assetId": spelled_id(scan.asset_kind, scan.asset_id),
        "isBot": scan.is_bot,
        "variant": scan.variant,
        "rule": scan.rule,
        "country": scan.country,
        "region": scan.region,
        "city": scan.city,
        "device": scan.device,
        "os": scan.os,
        "browser": scan.browser,
        "language": scan.language,
        "referrer": scan.referrer_domain,
    }


def _visitor(number: int | None) -> str | None:
    """With a letter in front, or a spreadsheet would make a rounded number of it."""
    return None if number is None else f"v{number & (1 << 64) - 1:016x}"
