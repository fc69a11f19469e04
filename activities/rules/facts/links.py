"""What happens to a short link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.rules.events import Event
from activities.rules.spelling import prefixed, stamp


@dataclass(frozen=True)
class LinkFact(Event):
    """A link as it is after the fact; `domain` is null on the default domain."""

    workspace_id: UUID
    slug: str
    domain: str | None
    short_url: str
    name: str
    destination_url: str
    is_active: bool

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("lnk", self.asset_id),
            "name": self.name,
            "slug": self.slug,
            "domain": self.domain,
            "shortUrl": self.short_url,
            "destinationUrl": self.destination_url,
            "isActive": self.is_active,
            "workspaceId": prefixed("wsp", self.workspace_id),
        }


@dataclass(frozen=True)
class LinkCreated(LinkFact):
    """A short link was made."""

    kind = "link.created"

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "createdAt": stamp(self.occurred_at)}


@dataclass(frozen=True)
class LinkUpdated(LinkFact):
    """A short link was changed, moved, archived or restored; `changes` names the fields."""

    kind = "link.updated"

    changes: tuple[str, ...]

    def payload(self) -> dict[str, Any]:
        changed = {"changes": list(self.changes), "updatedAt": stamp(self.occurred_at)}
        return {**super().payload(), **changed}


@dataclass(frozen=True)
class LinkDeleted(LinkFact):
    """A short link was put into the trash: it leads nowhere until it is restored."""

    kind = "link.deleted"

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "deletedAt": stamp(self.occurred_at)}


@dataclass(frozen=True)
class LinkHealthChanged(LinkFact):
    """Where a monitored link leads got healthy, degraded or unknown; `reason` says why.

    `url` is the worst of the addresses that it leads to. That it fails, or works again, has events
    of its own.
    """

    kind = "link.health_changed"

    state_before: str
    state: str
    reason: str | None
    url: str

    def payload(self) -> dict[str, Any]:
        changed = {"from": self.state_before, "to": self.state, "reason": self.reason}
        told = {"url": self.url, "changedAt": stamp(self.occurred_at)}
        return {**super().payload(), **changed, **told}


@dataclass(frozen=True)
class LinkHealthFailed(LinkHealthChanged):
    """Where a monitored link leads fails, three looks in a row; `reason` says why.

    `url` is the worst of the addresses that it leads to.
    """

    kind = "link.health_failed"


@dataclass(frozen=True)
class LinkHealthRecovered(LinkHealthChanged):
    """Where a monitored link leads failed, and works again; `to` says how well.

    `url` is the worst of the addresses that it leads to.
    """

    kind = "link.health_recovered"


@dataclass(frozen=True)
class LinkClicked(Event):
    """A person followed a short link. Bots, HEAD requests and prefetches are no clicks."""

    kind = "link.clicked"

    click_id: UUID
    slug: str
    domain: str | None
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
            "id": prefixed("lnk", self.asset_id),
            "clickId": prefixed("scn", self.click_id),
            "slug": self.slug,
            "domain": self.domain,
            "destinationUrl": self.destination_url,
            "country": self.country,
            "device": self.device,
            "os": self.os,
            "browser": self.browser,
            "language": self.language,
            "referrerDomain": self.referrer_domain,
            "variant": self.variant,
            "rule": self.rule,
            "clickedAt": stamp(self.occurred_at),
        }
