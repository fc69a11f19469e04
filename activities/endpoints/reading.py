"""Endpoints read: one, or a page of them. No secret is in any of these answers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, String, cast
from sqlmodel import col

from activities.endpoints.finding import endpoints_of, must_see_all, the_endpoint, there
from activities.endpoints.views import EndpointView, Status, view_of
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.events import patterns_for
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import read_page
from schema.tables import EndpointRow


@dataclass(frozen=True)
class ListEndpoints:
    """The receivers of the actor's organization, newest first.

    `status` narrows them, and `event`: only those that hear of this kind.
    """

    by: Actor
    page: PageRequest
    status: Status | None = None
    event: str = ""


@dataclass(frozen=True)
class ReadEndpoint:
    """One receiver of the actor's organization."""

    by: Actor
    id: UUID


@needs("webhooks.read")
async def read_endpoint(command: ReadEndpoint) -> EndpointView:
    """One receiver; `NotFound` for another tenant's, `Forbidden` for an actor of one workspace."""
    must_see_all(command.by, "webhooks.read")
    query = the_endpoint(command.by, command.id)
    async with transaction() as session:
        return view_of(there((await session.execute(query)).scalar_one_or_none()))


@needs("webhooks.read")
async def list_endpoints(command: ListEndpoints) -> Page[EndpointView]:
    """One page of receivers; `Forbidden` for an actor of one workspace."""
    must_see_all(command.by, "webhooks.read")
    query = endpoints_of(command.by)
    if command.status is not None:
        query = query.where(EndpointRow.status == command.status)
    if command.event:
        wanted = cast(list(patterns_for(command.event)), ARRAY(String))
        query = query.where(col(EndpointRow.events).op("&&")(wanted))
    async with transaction() as session:
        rows, total = await read_page(
            session, query, EndpointRow, offset=command.page.offset, size=command.page.size
        )
    return Page([view_of(row) for (row,) in rows], total, command.page)
