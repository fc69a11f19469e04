"""One example of every event: to be looked at, and to be sent before anything has happened.

An example is made by the fact's own class, so its payload has the shape of a real one. What it
tells of does not exist: every id in it begins with eight zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime, timedelta
from inspect import getdoc
from typing import Any
from uuid import UUID

from activities.rules.events import CATALOGUE, Event
from activities.rules.facts.alerts import AlertFired
from activities.rules.facts.barcodes import (
    BarcodeCreated,
    BarcodeDeleted,
    BarcodeScanned,
    BarcodeUpdated,
)
from activities.rules.facts.codes import (
    QrCreated,
    QrDeleted,
    QrExpired,
    QrExpiryWarning,
    QrHealthChanged,
    QrHealthFailed,
    QrHealthRecovered,
    QrScanLimitReached,
    QrScanned,
    QrUpdated,
)
from activities.rules.facts.endpoints import EndpointDisabled, WebhookTested
from activities.rules.facts.links import (
    LinkClicked,
    LinkCreated,
    LinkDeleted,
    LinkHealthChanged,
    LinkHealthFailed,
    LinkHealthRecovered,
    LinkUpdated,
)
from activities.rules.facts.stock import InventoryMoved, InventoryScanned, StockLow
from activities.rules.facts.visits import ConversionRecorded, PageViewed

FACTS: Mapping[str, type[Event]] = {
    fact.kind: fact
    for fact in (
        *(QrCreated, QrUpdated, QrDeleted, QrScanLimitReached, QrExpiryWarning, QrExpired),
        *(QrScanned, QrHealthFailed, QrHealthRecovered, QrHealthChanged),
        *(LinkCreated, LinkUpdated, LinkDeleted, LinkClicked),
        *(LinkHealthFailed, LinkHealthRecovered, LinkHealthChanged),
        *(BarcodeCreated, BarcodeUpdated, BarcodeDeleted, BarcodeScanned),
        *(InventoryMoved, StockLow, InventoryScanned, ConversionRecorded, PageViewed),
        *(AlertFired, EndpointDisabled, WebhookTested),
    )
}
"""The class of every event of the catalogue."""

_VALUES: Mapping[str, Any] = {
    "name": "Spring poster",
    "short_code": "spring7",
    "short_url": "https://links.example.com/q/spring7",
    "destination_url": "https://www.example.com/spring",
    "url": "https://www.example.com/spring",
    "is_active": True,
    "is_dynamic": True,
    "changes": ("destinationUrl", "name"),
    "country": "DE",
    "device": "mobile",
    "os": "iOS",
    "browser": "Safari",
    "language": "de",
    "referrer_domain": "www.example.org",
    "variant": None,
    "rule": None,
    "scan_limit": 500,
    "expires_at": timedelta(days=7),
    "expired_at": timedelta(minutes=-5),
    "days_left": 7,
    "slug": "spring",
    "domain": None,
    "sku": "TEA-250",
    "quantity": 12,
    "place": "Warehouse north",
    "note": "Shelf 4",
    "movement": "out",
    "from_location": "Warehouse north",
    "to_location": None,
    "balance": 38,
    "threshold": 15,
    "source_type": "qr",
    "source_prefix": "qr",
    "step": "purchase",
    "value": "49.90",
    "currency": "EUR",
    "host": "hooks.example.com",
    "reason": "failing",
    "failing_since": timedelta(days=-5),
    "asked_by": "Ada",
    "normalized_value": "4006381333931",
    "state_before": "healthy",
    "state": "failing",
}
"""By the name of the field; a span of time is counted from the moment of the event."""

_OWN: Mapping[tuple[str, str], Any] = {
    ("alert", "name"): "Posters are scanned often",
    ("alert", "rule"): "over",
    ("alert", "threshold"): 500,
    ("alert", "factor"): None,
    ("alert", "window_minutes"): 60,
    ("alert", "counted"): 512,
    ("alert", "expected"): None,
    ("qr", "type"): "URL",
    ("qr", "reason"): "timeout",
    ("link", "name"): "Spring",
    ("link", "reason"): "timeout",
    ("link", "short_url"): "https://links.example.com/spring",
    ("barcode", "type"): "EAN13",
    ("barcode", "name"): "Black tea, 250 g",
    ("barcode", "value"): "400638133393",
    ("inventory", "name"): "Black tea, 250 g",
    ("qr.health_recovered", "state_before"): "failing",
    ("qr.health_recovered", "state"): "healthy",
    ("qr.health_recovered", "reason"): None,
    ("qr.health_changed", "state"): "degraded",
    ("qr.health_changed", "reason"): "slow",
    ("link.health_recovered", "state_before"): "failing",
    ("link.health_recovered", "state"): "healthy",
    ("link.health_recovered", "reason"): None,
    ("link.health_changed", "state"): "degraded",
    ("link.health_changed", "reason"): "slow",
}
"""Where a noun or a kind has another value, or the only one."""


_NOWHERE = 0x4000_8000_0000_0000_0000
"""Ids from here on are well-formed (RFC 9562 5.4), and of nothing."""


@dataclass(frozen=True)
class EventType:
    """An event of the catalogue: what it tells, and what the payload of one looks like."""

    kind: str
    description: str
    sample: Mapping[str, Any]


def sample_of(kind: str, organization_id: UUID, occurred_at: datetime) -> Event:
    """An event of this kind that never happened. `KeyError` for a kind that is not known."""
    fact = FACTS[kind]
    known = {"organization_id": organization_id, "occurred_at": occurred_at}
    values: dict[str, Any] = {}
    for number, field in enumerate(fields(fact)):
        if field.name in known:
            values[field.name] = known[field.name]
        elif field.name.endswith("_id"):
            values[field.name] = UUID(int=_NOWHERE + number)
        else:
            values[field.name] = _value(kind, field.name, field.default, occurred_at)
    return fact(**values)


def event_types(at: datetime) -> tuple[EventType, ...]:
    """All of the catalogue in its order, with samples of that moment."""
    nobody = UUID(int=0)
    return tuple(
        EventType(kind, _meaning(FACTS[kind]), sample_of(kind, nobody, at).payload())
        for kind in CATALOGUE
    )


def _value(kind: str, name: str, default: Any, occurred_at: datetime) -> Any:
    noun = kind.partition(".")[0]
    usual = _OWN.get((noun, name), _VALUES.get(name, MISSING))
    value = _OWN.get((kind, name), usual)
    if value is MISSING:
        if default is MISSING:
            raise KeyError(f"{kind} has no example of {name}")
        return default
    return occurred_at + value if isinstance(value, timedelta) else value


def _meaning(fact: type[Event]) -> str:
    """What clients read of a fact: its docstring, in one line."""
    return " ".join((getdoc(fact) or "").split())
