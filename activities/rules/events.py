"""Every event that can be subscribed to, and the facts that Inkloom records as events today.

A fact is a frozen dataclass; its `payload()` is the versioned view that receivers get: camelCase
keys, ids with their prefix, times in UTC with milliseconds. The catalogue is that of seed 000.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from activities.rules.spelling import prefixed, stamp

CATALOGUE: tuple[str, ...] = (
    "qr.created",
    "qr.updated",
    "qr.deleted",
    "qr.scan_limit_reached",
    "qr.expiry_warning",
    "qr.expired",
    "qr.scanned",
    "link.created",
    "link.updated",
    "link.deleted",
    "link.clicked",
    "barcode.created",
    "barcode.updated",
    "barcode.deleted",
    "barcode.scanned",
    "inventory.movement",
    "inventory.stock_low",
    "inventory.scanned",
    "conversion.recorded",
    "page.viewed",
)


@dataclass(frozen=True)
class Event:
    """A fact of one organization about one asset, true since `occurred_at`."""

    kind: ClassVar[str]

    organization_id: UUID
    asset_id: UUID
    occurred_at: datetime

    def payload(self) -> dict[str, Any]:
        """What receivers are told; JSON values only."""
        raise NotImplementedError


@dataclass(frozen=True)
class QrCreated(Event):
    """A QR code was made."""

    kind = "qr.created"

    workspace_id: UUID
    short_code: str
    short_url: str
    name: str
    destination_url: str

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("qr", self.asset_id),
            "name": self.name,
            "type": "URL",
            "isDynamic": True,
            "shortCode": self.short_code,
            "shortUrl": self.short_url,
            "destinationUrl": self.destination_url,
            "workspaceId": prefixed("wsp", self.workspace_id),
            "createdAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class QrScanned(Event):
    """A person followed a QR code. Bots, HEAD requests and prefetches are no scans."""

    kind = "qr.scanned"

    scan_id: UUID
    short_code: str
    destination_url: str
    country: str | None
    device: str
    os: str | None
    browser: str | None
    language: str | None
    referrer_domain: str | None

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("qr", self.asset_id),
            "scanId": prefixed("scn", self.scan_id),
            "shortCode": self.short_code,
            "destinationUrl": self.destination_url,
            "country": self.country,
            "device": self.device,
            "os": self.os,
            "browser": self.browser,
            "language": self.language,
            "referrerDomain": self.referrer_domain,
            "scannedAt": stamp(self.occurred_at),
        }


def unknown_patterns(patterns: Iterable[str]) -> list[str]:
    """The subscriptions that match nothing of the catalogue (`qr.*` and `*` are wildcards)."""
    return [pattern for pattern in patterns if not any(matches(pattern, k) for k in CATALOGUE)]


def matches(pattern: str, kind: str) -> bool:
    """Whether a subscription covers an event kind: the kind itself, `qr.*`, or `*`."""
    if pattern in ("*", kind):
        return True
    return pattern.endswith(".*") and kind.startswith(pattern[:-1])
