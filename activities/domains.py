"""Domains that an organization brings for its links: added, shown, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.outside import outside
from activities.permits import needs
from activities.rules import hostnames
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, NameTaken, NotFound, NotNow
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import read_page
from schema.tables import DomainRow, LinkRow

DomainStatus = Literal["pending", "active", "failed"]
"""Not looked at or not proved yet; links can live on it; another proof than ours was found."""

OCCUPIED = "There are links on this domain; move or delete them first."


@dataclass(frozen=True)
class AddDomain:
    """A host name that links of the organization shall live on."""

    by: Actor
    hostname: str


@dataclass(frozen=True)
class ListDomains:
    """The domains of the actor's organization, newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class ReadDomain:
    """One domain."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class RemoveDomain:
    """Give a domain up; another organization may prove it from then on."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class DomainView:
    """A domain. It is proved by a TXT record at `record_name` that says `record_value`.

    `failure` is a sentence about the last look, `checked_at`; None when that one found the record.
    `link_count` leaves those in the trash out.
    """

    id: UUID
    hostname: str
    status: DomainStatus
    record_name: str
    record_value: str
    failure: str | None
    link_count: int
    created_at: datetime
    checked_at: datetime | None
    verified_at: datetime | None


@dataclass(frozen=True)
class Domains:
    """The domains that an actor sees."""

    by: Actor

    def query(self) -> Select[DomainRow, Any]:
        """Rows, each with how many links it has."""
        links = (
            select(func.count())
            .where(col(LinkRow.domain_id) == DomainRow.id, col(LinkRow.deleted_at).is_(None))
            .correlate(DomainRow)
            .scalar_subquery()
        )
        return select(DomainRow, links).where(
            DomainRow.organization_id == self.by.organization_id,
            col(DomainRow.deleted_at).is_(None),
        )

    async def one(self, session: AsyncSession, id: UUID) -> DomainView:
        """One of them. Raises `NotFound`."""
        query = self.query().where(col(DomainRow.id) == id)
        row = (await session.execute(query.execution_options(populate_existing=True))).first()
        if row is None:
            raise NotFound("domain")
        return _view(row)

    async def hold(self, session: AsyncSession, id: UUID) -> DomainRow:
        """Its row, locked; no link gets onto it meanwhile. Raises `NotFound`."""
        query = select(DomainRow).where(
            DomainRow.id == id,
            DomainRow.organization_id == self.by.organization_id,
            col(DomainRow.deleted_at).is_(None),
        )
        held = query.with_for_update().execution_options(populate_existing=True)
        row = (await session.execute(held)).scalar_one_or_none()
        if row is None:
            raise NotFound("domain")
        return row

    def must_see_all(self) -> None:
        """Raise `Forbidden` for an actor of one workspace: domains belong to all."""
        if self.by.workspace_id is not None:
            raise Forbidden("workspaces.write")


@needs("assets.read")
async def list_domains(command: ListDomains) -> Page[DomainView]:
    """One page."""
    query = Domains(command.by).query()
    async with transaction() as session:
        rows, total = await read_page(
            session, query, DomainRow, offset=command.page.offset, size=command.page.size
        )
    return Page([_view(row) for row in rows], total, command.page)


@needs("assets.read")
async def read_domain(command: ReadDomain) -> DomainView:
    """One domain; `NotFound` when there is none, it was removed, or it is another tenant's."""
    async with transaction() as session:
        return await Domains(command.by).one(session, command.id)


@needs("workspaces.write")
async def add_domain(command: AddDomain) -> DomainView:
    """It waits for its proof; others may wait for the same one.

    Raises `InvalidFields` (`hostname`), `NameTaken` when the organization has it already, and
    `Forbidden` for an actor of one workspace.
    """
    by, mine = command.by, Domains(command.by)
    mine.must_see_all()
    hostname = hostnames.normalised(command.hostname, outside().own_hosts)
    row = DomainRow(
        created_at=outside().clock.now(),
        organization_id=by.organization_id,
        hostname=hostname,
        status="pending",
        challenge=outside().dice.throw(32).hex(),
    )
    made = insert(DomainRow).values(row.model_dump()).on_conflict_do_nothing()
    async with transaction() as session:
        if (await session.execute(made.returning(col(DomainRow.id)))).first() is None:
            raise NameTaken("domain", hostname)
        await record_act(done_by(by, "domain.added", f"domain {row.id}", hostname=hostname))
        return await mine.one(session, row.id)


@needs("workspaces.write")
async def remove_domain(command: RemoveDomain) -> None:
    """It is gone. Raises `NotFound`, `Forbidden` for an actor of one workspace.

    Raises `NotNow` while links are on it: they would lead nowhere.
    """
    by, mine = command.by, Domains(command.by)
    mine.must_see_all()
    async with transaction() as session:
        row = await mine.hold(session, command.id)
        if (await mine.one(session, command.id)).link_count:
            raise NotNow(OCCUPIED)
        row.deleted_at = outside().clock.now()
        await session.flush()
        await record_act(done_by(by, "domain.removed", f"domain {row.id}", hostname=row.hostname))


def _view(found: Sequence[Any]) -> DomainView:
    row, links = found
    return DomainView(
        id=row.id,
        hostname=row.hostname,
        status=row.status,
        record_name=hostnames.challenge_name(row.hostname),
        record_value=hostnames.challenge_value(row.challenge),
        failure=row.failure,
        link_count=links,
        created_at=row.created_at,
        checked_at=row.checked_at,
        verified_at=row.verified_at,
    )
