"""What a short address leads to: whose host it is on, and the code or link behind its slug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import and_, null
from sqlmodel import col, select

from activities.outside import outside
from activities.rules import hostnames
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.lifecycle import Lifecycle
from activities.shelf.claims import CODES, DEFAULT_DOMAIN
from schema.db import transaction
from schema.tables import DomainRow, LinkRow, QrCodeRow, SlugClaimRow

Kind = Literal["qr", "link"]


@dataclass(frozen=True)
class FindHome:
    """Whose host is this? `host` is as in a Host header, with or without a port."""

    host: str


@dataclass(frozen=True)
class Home:
    """An active custom domain."""

    domain_id: UUID
    organization_id: UUID
    hostname: str


@dataclass(frozen=True)
class FindTarget:
    """An asset by a slug that it has or had, on the default domain or at `home`; or by its id."""

    kind: Kind
    slug: str | None = None
    id: UUID | None = None
    home: Home | None = None


@dataclass(frozen=True)
class Asset:
    """What a visit needs to know of a code or link. `slug` and `hostname` are its present ones."""

    id: UUID
    kind: Kind
    organization_id: UUID
    slug: str
    lifecycle: Lifecycle
    password_hash: str | None = field(repr=False)
    destination_url: str | None
    variants: Sequence[Mapping[str, Any]]
    hostname: str | None = None
    rules: Sequence[Mapping[str, Any]] = ()
    utm: Mapping[str, str] = field(default_factory=dict)
    passes_query: bool = False
    preview: Mapping[str, str] = field(default_factory=dict)
    deep_links: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """The `asset` that is visited.

    `through` is the link that a code is tied to, while that is active: then the code leads wherever
    the link does.
    """

    asset: Asset
    through: Asset | None = None

    @property
    def leading(self) -> Asset:
        """Whose destination, rules and variants count."""
        return self.through or self.asset

    @property
    def stops(self) -> tuple[Asset, ...]:
        """Everything that a visit has to pass, in order."""
        return (self.asset, self.through) if self.through else (self.asset,)

    @property
    def guard(self) -> Asset | None:
        """Whose password is asked for: its own, or else that of the link it is tied to."""
        return next((stop for stop in self.stops if stop.password_hash), None)


async def find_home(command: FindHome) -> Home | None:
    """The custom domain; None for the default one, which every other host stands for.

    A load balancer or a tunnel may send any host, so one that nobody brought is the default domain.
    One that somebody proved to own, and that is active no more, is nobody's: `NotFound`.
    """
    hostname = foreign_name(command.host)
    if hostname is None:
        return None
    query = select(DomainRow).where(
        DomainRow.hostname == hostname, col(DomainRow.verified_at).is_not(None)
    )
    async with transaction() as session:
        brought = (await session.execute(query)).scalars().all()
    for row in brought:
        if row.status == "active" and row.deleted_at is None:
            return Home(row.id, row.organization_id, row.hostname)
    if brought:
        raise NotFound("domain")
    return None


async def find_target(command: FindTarget) -> Target | None:
    """The code or link, unless it is in the trash; whether it is live is not judged here."""
    query = _code_query(command) if command.kind == "qr" else _link_query(command)
    async with transaction() as session:
        found = (await session.execute(query)).first()
    if found is None:
        return None
    code, link, hostname = found
    through = _link(link, hostname) if link else None
    if code is not None:
        return Target(_code(code), through)
    return Target(through) if through else None


def foreign_name(host: str) -> str | None:
    """The name in a Host header if it could be somebody's domain; None for ours and local ones."""
    own = outside().own_hosts
    if host.lower() in own:
        return None
    try:
        return hostnames.normalised(urlsplit(f"//{host}").hostname or "", own)
    except (InvalidFields, ValueError):
        return None


def _code_query(command: FindTarget) -> Any:
    """A code, the link that it follows, and the host name of that."""
    tied = and_(
        col(LinkRow.id) == col(QrCodeRow.link_id),
        col(LinkRow.is_active),
        col(LinkRow.deleted_at).is_(None),
    )
    query: Any = (
        select(QrCodeRow, LinkRow, col(DomainRow.hostname))
        .outerjoin(LinkRow, tied)
        .outerjoin(DomainRow, col(DomainRow.id) == col(LinkRow.domain_id))
        .where(col(QrCodeRow.deleted_at).is_(None))
    )
    if command.home:
        query = query.where(QrCodeRow.organization_id == command.home.organization_id)
    return _named(query, QrCodeRow, CODES, command)


def _link_query(command: FindTarget) -> Any:
    """The same columns for a link."""
    space = str(command.home.domain_id) if command.home else DEFAULT_DOMAIN
    query: Any = (
        select(null(), LinkRow, col(DomainRow.hostname))
        .outerjoin(DomainRow, col(DomainRow.id) == col(LinkRow.domain_id))
        .where(col(LinkRow.deleted_at).is_(None))
    )
    return _named(query, LinkRow, space, command)


def _named(query: Any, table: type[QrCodeRow | LinkRow], space: str, command: FindTarget) -> Any:
    if command.id is not None:
        return query.where(table.id == command.id)
    claim = col(SlugClaimRow.asset_id) == col(table.id)
    return query.join(SlugClaimRow, claim).where(
        SlugClaimRow.space == space, SlugClaimRow.slug == command.slug
    )


def _code(row: QrCodeRow) -> Asset:
    return Asset(
        id=row.id,
        kind="qr",
        organization_id=row.organization_id,
        slug=row.short_code or "",
        lifecycle=_lifecycle(row, row.scan_count),
        password_hash=row.password_hash,
        destination_url=row.destination_url,
        variants=row.variants,
    )


def _link(row: LinkRow, hostname: str | None) -> Asset:
    return Asset(
        id=row.id,
        kind="link",
        organization_id=row.organization_id,
        slug=row.slug,
        lifecycle=_lifecycle(row, row.click_count),
        password_hash=row.password_hash,
        destination_url=row.destination_url,
        variants=row.variants,
        hostname=hostname,
        rules=row.rules,
        utm=row.utm,
        passes_query=row.passes_query,
        preview=row.preview,
        deep_links=row.deep_links,
    )


def _lifecycle(row: QrCodeRow | LinkRow, used: int) -> Lifecycle:
    return Lifecycle(
        is_active=row.is_active,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        limit=row.visit_limit,
        used=used,
        expired_url=row.expired_url,
    )
