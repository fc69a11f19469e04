"""What visitors do beyond scanning: they view pages and convert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.rules.events import Event
from activities.rules.spelling import prefixed, stamp


@dataclass(frozen=True)
class PageViewed(Event):
    """A person opened a link page."""

    kind = "page.viewed"

    view_id: UUID
    slug: str
    country: str | None
    device: str
    os: str | None
    browser: str | None
    language: str | None
    referrer_domain: str | None

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("pg", self.asset_id),
            "viewId": prefixed("scn", self.view_id),
            "slug": self.slug,
            "country": self.country,
            "device": self.device,
            "os": self.os,
            "browser": self.browser,
            "language": self.language,
            "referrerDomain": self.referrer_domain,
            "viewedAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class ConversionRecorded(Event):
    """A visitor of an asset did what its owner hoped for. `value` is a decimal number as text."""

    kind = "conversion.recorded"

    conversion_id: UUID
    source_type: str
    source_prefix: str
    step: str
    value: str | None
    currency: str | None

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("cnv", self.conversion_id),
            "sourceType": self.source_type,
            "sourceId": prefixed(self.source_prefix, self.asset_id),
            "step": self.step,
            "value": self.value,
            "currency": self.currency,
            "recordedAt": stamp(self.occurred_at),
        }
