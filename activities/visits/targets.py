"""What a short address leads to: whose host it is on, and the code or link behind its slug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from activities.outside import outside
from activities.rules import hostnames
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.lifecycle import Lifecycle
from activities.shelf.claims import CODES, DEFAULT_DOMAIN
from schema.db import transaction

Kind = Literal["qr", "link"]

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
ALWAYS: Final = Lifecycle()
"""What most assets have of it: one for all of them, as very many are remembered at once."""


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

    @property
    def space(self) -> str:
        """Where its slug is unique."""
        if self.kind == "qr":
            return CODES
        return str(self.home.domain_id) if self.home else DEFAULT_DOMAIN


def _nothing() -> Mapping[str, Any]:
    return NOTHING


@dataclass(frozen=True, slots=True)
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
    utm: Mapping[str, str] = field(default_factory=_nothing)
    passes_query: bool = False
    preview: Mapping[str, str] = field(default_factory=_nothing)
    deep_links: Mapping[str, Any] = field(default_factory=_nothing)

    @property
    def columns(self) -> str:
        """Its columns in a line of COPY (`activities.visits.scans`)."""
        return f"{self.organization_id}\t{self.id}\t{self.kind}"


@dataclass(frozen=True, slots=True)
class Target:
    """The `asset` that is visited.

    `through` is the link that a code is tied to, while that is active: then the code leads wherever
    the link does. `tied_to` is its id, active or not.
    """

    asset: Asset
    through: Asset | None = None
    tied_to: UUID | None = None

    @property
    def leading(self) -> Asset:
        """Whose destination, rules and variants count."""
        return self.through or self.asset

    @property
    def stops(self) -> tuple[Asset, ...]:
        """Everything that a visit has to pass, in order."""
        return (self.asset, self.through) if self.through else (self.asset,)

    @property
    def ids(self) -> tuple[UUID, ...]:
        """Whatever it depends on."""
        return (self.asset.id, self.tied_to) if self.tied_to else (self.asset.id,)

    @property
    def guard(self) -> Asset | None:
        """Whose password is asked for: its own, or else that of the link it is tied to."""
        return next((stop for stop in self.stops if stop.password_hash), None)


HOME = """
SELECT id, organization_id, hostname, status = 'active' AND deleted_at IS NULL
FROM domain WHERE hostname = %(hostname)s AND verified_at IS NOT NULL
"""


async def find_home(command: FindHome) -> Home | None:
    """The custom domain; None for the default one, which every other host stands for.

    A load balancer or a tunnel may send any host, so one that nobody brought is the default domain.
    One that somebody proved to own, and that is active no more, is nobody's: `NotFound`.
    """
    hostname = foreign_name(command.host)
    if hostname is None:
        return None
    async with transaction() as session:
        connection = await session.connection()
        return home_of((await connection.exec_driver_sql(HOME, {"hostname": hostname})).all())


def home_of(rows: Sequence[Any]) -> Home | None:
    """What rows of `HOME` say; raises `NotFound` for a name that is nobody's any more."""
    for id_, organization_id, hostname, is_active in rows:
        if is_active:
            return Home(id_, organization_id, hostname)
    if rows:
        raise NotFound("domain")
    return None


async def find_target(command: FindTarget) -> Target | None:
    """The code or link, unless it is in the trash; whether it is live is not judged here."""
    statement = CODE if command.kind == "qr" else LINK
    values: dict[str, Any] = {"id": command.id, "slugs": [command.slug], "spaces": [command.space]}
    async with transaction() as session:
        connection = await session.connection()
        where = BY_ID if command.id is not None else BY_SLUG
        found = (await connection.exec_driver_sql(statement + where, values)).first()
    return target_of(found, command.home) if found else None


def foreign_name(host: str) -> str | None:
    """The name in a Host header if it could be somebody's domain; None for ours and local ones."""
    own = outside().own_hosts
    if host.lower() in own:
        return None
    try:
        return hostnames.normalised(urlsplit(f"//{host}").hostname or "", own)
    except (InvalidFields, ValueError):
        return None


def target_of(row: Sequence[Any], home: Home | None = None) -> Target | None:
    """What a row of `CODE` or `LINK` says; None for what is in the trash, or not of the `home`."""
    code, link = row[CODE_BEGINS:LINK_BEGINS], row[LINK_BEGINS:]
    through = _link(link) if link[0] is not None else None
    if code[0] is None:
        return Target(through) if through else None
    if home is not None and code[1] != home.organization_id:
        return None
    return Target(_short(code, "qr"), through, row[TIED_TO])


def _short(columns: Sequence[Any], kind: Kind, **more: Any) -> Asset:
    id_, organization_id, slug, active, starts, ends, limit, used, expired = columns[:9]
    password_hash, destination_url, variants = columns[9:12]
    return Asset(
        id=id_,
        kind=kind,
        organization_id=_shared(organization_id),
        slug=slug or "",
        lifecycle=_lifecycle(Lifecycle(active, starts, ends, limit, used, expired)),
        password_hash=password_hash,
        destination_url=destination_url,
        variants=tuple(variants),
        **more,
    )


def _lifecycle(lifecycle: Lifecycle) -> Lifecycle:
    """The same; how many were counted is left out where there is no limit to it."""
    if lifecycle.limit is None and lifecycle.used:
        lifecycle = replace(lifecycle, used=0)
    return ALWAYS if lifecycle == ALWAYS else lifecycle


@lru_cache(maxsize=4096)
def _shared(organization_id: UUID) -> UUID:
    """One object for all that an organization has."""
    return organization_id


def _link(columns: Sequence[Any]) -> Asset:
    rules, utm, passes_query, preview, deep_links, hostname = columns[12:]
    return _short(
        columns,
        "link",
        hostname=hostname,
        rules=tuple(rules),
        utm=utm or NOTHING,
        passes_query=passes_query,
        preview=preview or NOTHING,
        deep_links=deep_links or NOTHING,
    )


_SHORT = """{0}.id, {0}.organization_id, {0}.{1}, {0}.is_active, {0}.starts_at, {0}.expires_at,
  {0}.visit_limit, {0}.{2}, {0}.expired_url, {0}.password_hash, {0}.destination_url, {0}.variants"""
_LINK = (
    _SHORT.format("link", "slug", "click_count")
    + ", link.rules, link.utm, link.passes_query, link.preview, link.deep_links, domain.hostname"
)
TIED_TO = 3
CODE_BEGINS = 4
LINK_BEGINS = CODE_BEGINS + 12

CODE = f"""
SELECT claim.space, claim.slug, claim.asset_id, code.link_id,
  {_SHORT.format("code", "short_code", "scan_count")}, {_LINK}
FROM slug_claim claim
LEFT JOIN qr_code code ON code.id = claim.asset_id AND code.deleted_at IS NULL
LEFT JOIN link ON link.id = code.link_id AND link.is_active AND link.deleted_at IS NULL
LEFT JOIN domain ON domain.id = link.domain_id
"""  # noqa: S608
"""What was claimed for it, a code that is there, and the active link that it follows."""

LINK = f"""
SELECT claim.space, claim.slug, claim.asset_id, {", ".join(["NULL"] * 13)}, {_LINK}
FROM slug_claim claim
LEFT JOIN link ON link.id = claim.asset_id AND link.deleted_at IS NULL
LEFT JOIN domain ON domain.id = link.domain_id
"""  # noqa: S608

BY_ID = "WHERE claim.asset_id = %(id)s LIMIT 1"
BY_SLUG = (
    "WHERE (claim.space, claim.slug) IN "
    "(SELECT * FROM unnest(%(spaces)s::text[], %(slugs)s::text[]))"
)
