"""What happens to a QR code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.rules.events import Event
from activities.rules.spelling import prefixed, stamp


@dataclass(frozen=True)
class CodeFact(Event):
    """A code as it is after the fact. Static codes have neither short code nor address."""

    workspace_id: UUID
    type: str
    is_dynamic: bool
    short_code: str | None
    short_url: str | None
    name: str
    destination_url: str | None
    is_active: bool

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("qr", self.asset_id),
            "name": self.name,
            "type": self.type,
            "isDynamic": self.is_dynamic,
            "isActive": self.is_active,
            "shortCode": self.short_code,
            "shortUrl": self.short_url,
            "destinationUrl": self.destination_url,
            "workspaceId": prefixed("wsp", self.workspace_id),
        }


@dataclass(frozen=True)
class QrCreated(CodeFact):
    """A QR code was made."""

    kind = "qr.created"

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "createdAt": stamp(self.occurred_at)}


@dataclass(frozen=True)
class QrUpdated(CodeFact):
    """A QR code was changed, moved, archived or restored; `changes` names the fields."""

    kind = "qr.updated"

    changes: tuple[str, ...]

    def payload(self) -> dict[str, Any]:
        changed = {"changes": list(self.changes), "updatedAt": stamp(self.occurred_at)}
        return {**super().payload(), **changed}


@dataclass(frozen=True)
class QrDeleted(CodeFact):
    """A QR code was put into the trash: it leads nowhere until it is restored."""

    kind = "qr.deleted"

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "deletedAt": stamp(self.occurred_at)}


@dataclass(frozen=True)
class QrHealthChanged(CodeFact):
    """Where a monitored code leads got healthy, degraded or unknown; `reason` says why.

    `url` is the worst of the addresses that it leads to. That it fails, or works again, has events
    of its own.
    """

    kind = "qr.health_changed"

    state_before: str
    state: str
    reason: str | None
    url: str

    def payload(self) -> dict[str, Any]:
        changed = {"from": self.state_before, "to": self.state, "reason": self.reason}
        told = {"url": self.url, "changedAt": stamp(self.occurred_at)}
        return {**super().payload(), **changed, **told}


@dataclass(frozen=True)
class QrHealthFailed(QrHealthChanged):
    """Where a monitored code leads fails, three looks in a row; `reason` says why.

    `url` is the worst of the addresses that it leads to.
    """

    kind = "qr.health_failed"


@dataclass(frozen=True)
class QrHealthRecovered(QrHealthChanged):
    """Where a monitored code leads failed, and works again; `to` says how well.

    `url` is the worst of the addresses that it leads to.
    """

    kind = "qr.health_recovered"


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
    variant: str | None = None
    rule: str | None = None

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
            "variant": self.variant,
            "rule": self.rule,
            "scannedAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class QrScanLimitReached(Event):
    """The last scan that a code's limit lets through was made."""

    kind = "qr.scan_limit_reached"

    short_code: str
    scan_limit: int

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("qr", self.asset_id),
            "shortCode": self.short_code,
            "scanLimit": self.scan_limit,
            "reachedAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class QrExpiryWarning(Event):
    """A QR code ends at `expiresAt`, in `daysLeft` days at most, unless that is put off."""

    kind = "qr.expiry_warning"

    short_code: str
    expires_at: datetime
    days_left: int

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("qr", self.asset_id),
            "shortCode": self.short_code,
            "expiresAt": stamp(self.expires_at),
            "daysLeft": self.days_left,
            "warnedAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class QrExpired(Event):
    """The time of a QR code is over since `expiredAt`: it leads to its destination no more."""

    kind = "qr.expired"

    short_code: str
    expired_at: datetime

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("qr", self.asset_id),
            "shortCode": self.short_code,
            "expiredAt": stamp(self.expired_at),
            "deactivatedAt": stamp(self.occurred_at),
        }
