"""Every event that can be subscribed to, and what an event is.

A fact is a frozen dataclass (`activities/rules/facts/`); its `payload()` is the versioned view that
receivers get: camelCase keys, ids with their prefix, times in UTC with milliseconds. The catalogue
is that of the public API documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

CATALOGUE: tuple[str, ...] = (
    "qr.created",
    "qr.updated",
    "qr.deleted",
    "qr.scan_limit_reached",
    "qr.expiry_warning",
    "qr.expired",
    "qr.scanned",
    "qr.health_failed",
    "qr.health_recovered",
    "qr.health_changed",
    "link.created",
    "link.updated",
    "link.deleted",
    "link.clicked",
    "link.health_failed",
    "link.health_recovered",
    "link.health_changed",
    "barcode.created",
    "barcode.updated",
    "barcode.deleted",
    "barcode.scanned",
    "inventory.movement",
    "inventory.stock_low",
    "inventory.scanned",
    "conversion.recorded",
    "page.viewed",
    "alert.fired",
    "endpoint.disabled",
    "webhook.test",
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


def unknown_patterns(patterns: Iterable[str]) -> list[str]:
    """The subscriptions that match nothing of the catalogue (`qr.*` and `*` are wildcards)."""
    return [pattern for pattern in patterns if not any(matches(pattern, k) for k in CATALOGUE)]


def matches(pattern: str, kind: str) -> bool:
    """Whether a subscription covers an event kind: the kind itself, `qr.*`, or `*`."""
    if pattern in ("*", kind):
        return True
    return pattern.endswith(".*") and kind.startswith(pattern[:-1])


def patterns_for(kind: str) -> tuple[str, str, str]:
    """Every subscription that covers an event kind."""
    return kind, f"{kind.partition('.')[0]}.*", "*"
