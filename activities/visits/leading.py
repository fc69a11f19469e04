"""Where a visit is led: decided from what is known of asset and visitor, without waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl
from uuid import UUID

from activities.outside import outside
from activities.rules import access_tokens, deep_links, routing, utm
from activities.rules.destinations import location
from activities.rules.errors import NotFound
from activities.rules.experiments import choose, roll_of
from activities.rules.lifecycle import state_at
from activities.visitors import Visitor
from activities.visits.scans import Scan
from activities.visits.targets import Asset, Kind, Target

CLOSED = ("inactive", "not_started")
OVER = ("expired", "used_up")


@dataclass(frozen=True)
class Follow:
    """A visit to a slug of QR codes or of links, on the domain that `host` stands for.

    `query` is raw, as UTF-8 with surrogateescape. `access` are the tokens that the browser has, by
    the id of their asset in hex; `visitor_id` is who it is to A/B tests. `instead` is an address of
    the owner that is asked for in place of the usual one; `passed` is a query to pass on, also
    where the asset passes none.
    """

    kind: Kind
    slug: str
    visitor: Visitor
    host: str = ""
    query: str = ""
    access: Mapping[str, str] = field(default_factory=dict, repr=False)
    visitor_id: UUID | None = None
    instead: str | None = None
    passed: str | None = None


@dataclass(frozen=True)
class Redirection:
    """Go to `url`, which is ASCII and may stand in a Location header.

    `new_visitor_id` is to be kept by the browser, so that its next visit meets the same variant.
    """

    url: str
    new_visitor_id: UUID | None = None


@dataclass(frozen=True)
class AppTrial:
    """Try to open `app_url`; go on to `fallback_url` when there is no such app. Both are ASCII."""

    app_url: str
    fallback_url: str
    new_visitor_id: UUID | None = None


@dataclass(frozen=True)
class Preview:
    """What a chat shows of a link; `address` is the link's own, `url` where it leads."""

    address: str
    url: str
    title: str | None
    description: str | None
    image_url: str | None


@dataclass(frozen=True)
class PasswordNeeded:
    """Ask for the password of this asset first."""

    kind: Kind
    asset_id: UUID


@dataclass(frozen=True)
class Gone:
    """It was here; its time is over, or as many came as were to come."""


Outcome = Redirection | AppTrial | Preview | PasswordNeeded | Gone


@dataclass(frozen=True)
class Way:
    """Where an asset leads this visit, as its owner wrote it, and why."""

    url: str
    variant: str | None = None
    rule: str | None = None
    new_visitor_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a visit comes to. With a `scan`, that has to be written first; `late` is the outcome
    when its limit lets it through no more.
    """

    outcome: Outcome
    scan: Scan | None = None
    late: Outcome | None = None


def decide(target: Target, command: Follow, now: datetime) -> Decision:
    """Lead a visit that found this target.

    A code that is tied to a link leads wherever the link does, on the link's terms too. Judged in
    this order: is it open (else `NotFound`), its password, whether it is over, rules, variants, the
    destination. Visits that come too late leave no trace.
    """
    if not is_open(target, now):
        raise NotFound("short address")
    guard = target.guard
    if guard and not _is_let_in(guard, command, now):
        return Decision(PasswordNeeded(guard.kind, guard.id))
    for stop in target.stops:
        if state_at(stop.lifecycle, now) in OVER:
            return Decision(too_late(stop))
    way = _choose(target.leading, command, now)
    scan = Scan(target.asset, command.visitor, now, way.url, way.variant, way.rule)
    late = too_late(target.asset) if scan.is_limited else None
    return Decision(_lead(target.leading, way, command), scan, late)


def is_open(target: Target, now: datetime) -> bool:
    """Whether a visitor may know that it is there."""
    return all(state_at(stop.lifecycle, now) not in CLOSED for stop in target.stops)


def _is_let_in(guard: Asset, command: Follow, now: datetime) -> bool:
    key = outside().vault.derive("asset access")
    token = command.access.get(guard.id.hex, "")
    return access_tokens.admits(key, token, guard.id, guard.password_hash or "", now)


def too_late(stop: Asset) -> Outcome:
    """What a visit meets when the time is over, or the limit reached."""
    url = stop.lifecycle.expired_url
    return Redirection(location(url)) if url else Gone()


def _choose(asset: Asset, command: Follow, now: datetime) -> Way:
    """The way by rules, variants or the destination. Raises `NotFound` where there is none."""
    visitor = command.visitor
    if command.instead is not None:
        return Way(command.instead)
    if asset.rules:
        rule = routing.first_match(asset.rules, _seen(command, now))
        if rule is not None:
            return Way(rule["destinationUrl"], rule=rule["id"])
    if asset.variants:
        known = None if visitor.has_opted_out else command.visitor_id
        visitor_id = known or UUID(bytes=outside().dice.throw(16), version=4)
        variant = choose(asset.variants, roll_of(str(visitor_id), asset.id))
        is_kept = known is None and not visitor.has_opted_out and not visitor.is_bot
        new = visitor_id if is_kept else None
        return Way(variant["destinationUrl"], variant=variant["id"], new_visitor_id=new)
    if not asset.destination_url:
        raise NotFound("short address")
    return Way(asset.destination_url)


def _seen(command: Follow, now: datetime) -> routing.Visit:
    """The visit as rules look at it; of a parameter given twice the first value counts."""
    visitor = command.visitor
    return routing.Visit(
        now=now,
        country=visitor.country,
        region=visitor.region,
        device=visitor.device,
        os=visitor.os,
        language=visitor.language,
        query=dict(reversed(parse_qsl(command.query, keep_blank_values=True))),
    )


def _lead(asset: Asset, way: Way, command: Follow) -> Outcome:
    """How the visit is led: by a redirect, an app, or a preview for who draws one."""
    passed = command.query if asset.passes_query and command.passed is None else command.passed
    url = utm.merged(way.url, asset.utm, passed)
    if command.visitor.is_preview and asset.preview:
        return Preview(
            address=outside().link_url(asset.slug, asset.hostname),
            url=location(url),
            title=asset.preview.get("title"),
            description=asset.preview.get("description"),
            image_url=asset.preview.get("imageUrl"),
        )
    app = deep_links.for_visit(asset.deep_links, command.visitor.os)
    if app is None:
        return Redirection(location(url), way.new_visitor_id)
    if app.needs_page:
        return AppTrial(app.app_address(url), app.fallback(url), way.new_visitor_id)
    return Redirection(app.app_address(url), way.new_visitor_id)
