"""The domains that links live on: the default one, and those that an organization verified."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.permits import needs
from activities.rules import hostnames
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, SlugTaken
from activities.shelf.claims import DEFAULT_DOMAIN, ClaimSlug, claim_slug
from schema.db import transaction
from schema.tables import DomainRow, SlugClaimRow

UNVERIFIED = "This is no verified domain of yours; add it and verify it first."
REMOVED = "Its domain {} was removed; add and verify that again, then restore the link."


@dataclass(frozen=True)
class ChooseDomain:
    """A link shall live on the domain named `hostname`, or on that of an id.

    With neither, and for a host name of ours, it is the default domain.
    """

    by: Actor
    hostname: str | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class Home:
    """A domain that a link lives on; without both it is the default one."""

    domain_id: UUID | None = None
    hostname: str | None = None

    @property
    def space(self) -> str:
        """Where its slugs are unique."""
        return str(self.domain_id) if self.domain_id else DEFAULT_DOMAIN


@dataclass(frozen=True)
class FindHomeAgain:
    """A link with this `slug` comes out of the trash; `domain_id` is where it was."""

    by: Actor
    link_id: UUID
    slug: str
    domain_id: UUID | None


@dataclass(frozen=True)
class ReadHostnames:
    """The host names behind these ids."""

    ids: frozenset[UUID]


@dataclass(frozen=True)
class Hostnames:
    """Host names by the id of their domain, also of one that was removed since."""

    names: Mapping[UUID, str] = field(default_factory=dict)

    def of(self, domain_id: UUID | None) -> str | None:
        """The host name; None for the default domain."""
        return self.names[domain_id] if domain_id else None


@needs("assets.write")
async def choose_domain(command: ChooseDomain) -> Home:
    """The domain, held until the open transaction ends.

    Raises `InvalidFields` (`domain`) for one that the organization has not verified, and `NotFound`
    for an id that is not its own.
    """
    query = select(DomainRow).where(
        DomainRow.organization_id == command.by.organization_id,
        col(DomainRow.deleted_at).is_(None),
    )
    if command.id is not None:
        query = query.where(DomainRow.id == command.id)
    elif command.hostname is None or is_ours(command.hostname):
        return Home()
    else:
        query = query.where(DomainRow.hostname == _normalised(command.hostname))
    async with transaction() as session:
        locked = query.with_for_update(read=True, key_share=True)
        row = (await session.execute(locked)).scalar_one_or_none()
    if row is None and command.id is not None:
        raise NotFound("domain")
    if row is None or row.status != "active":
        raise InvalidFields({"domain": [UNVERIFIED]})
    return Home(row.id, row.hostname)


@needs("assets.write")
async def find_home_again(command: FindHomeAgain) -> Home:
    """The domain of a link that comes out of the trash, held until the open transaction ends.

    Where that was removed, the organization's verified one of the same name; the link gets all of
    its slugs there that are free. Raises `InvalidFields` (`domain`) when there is none, as the link
    would lead nowhere, and `SlugTaken`.
    """
    by, domain_id = command.by, command.domain_id
    if domain_id is None:
        return Home()
    hostname = (await read_hostnames(ReadHostnames(frozenset((domain_id,))))).of(domain_id)
    there = select(DomainRow.id).where(
        DomainRow.id == domain_id, col(DomainRow.deleted_at).is_(None)
    )
    async with transaction() as session:
        locked = there.with_for_update(read=True, key_share=True)
        if (await session.execute(locked)).first() is not None:
            return Home(domain_id, hostname)
        try:
            home = await choose_domain(ChooseDomain(by, hostname))
        except InvalidFields:
            raise InvalidFields({"domain": [REMOVED.format(hostname)]}) from None
        await _claim_again(session, command, home)
    return home


async def _claim_again(session: AsyncSession, command: FindHomeAgain, home: Home) -> None:
    """The slugs of the link on its new domain; only the present one has to be free."""
    before = select(SlugClaimRow.slug).where(
        SlugClaimRow.space == str(command.domain_id), SlugClaimRow.asset_id == command.link_id
    )
    slugs = (await session.execute(before.order_by(col(SlugClaimRow.slug)))).scalars().all()
    for slug in slugs:
        claim = ClaimSlug(command.by.organization_id, command.link_id, home.space, slug)
        if slug == command.slug:
            await claim_slug(claim)
        else:
            with suppress(SlugTaken):
                await claim_slug(claim)


async def read_hostnames(command: ReadHostnames) -> Hostnames:
    """The names, in at most one statement."""
    if not command.ids:
        return Hostnames()
    query = select(DomainRow.id, DomainRow.hostname).where(col(DomainRow.id).in_(command.ids))
    async with transaction() as session:
        rows = (await session.execute(query)).all()
    return Hostnames({row.id: row.hostname for row in rows})


def is_ours(hostname: str) -> bool:
    """Whether it names the default domain."""
    return hostname.strip().rstrip(".").lower() in outside().own_hosts


def _normalised(hostname: str) -> str:
    try:
        return hostnames.normalised(hostname)
    except InvalidFields as refused:
        raise InvalidFields({"domain": refused.fields["hostname"]}) from None
