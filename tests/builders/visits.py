"""Links, domains and visits, in one line each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.links.creating import CreateLink, create_link
from activities.links.views import LinkView
from activities.outside import outside
from activities.rules.actors import Actor
from activities.visitors import Visitor
from activities.visits.following import follow
from activities.visits.leading import Follow, Outcome, Redirection
from schema.db import transaction
from schema.tables import DomainRow
from tests.builders.tenants import PERSON


async def a_link(by: Actor, destination: str = "https://example.com/l", **more: Any) -> LinkView:
    return await create_link(CreateLink(by, destination, **more))


async def a_domain(by: Actor, hostname: str = "links.acme.com", status: str = "active") -> UUID:
    """A domain that the organization proved to own."""
    now = outside().clock.now()
    row = DomainRow(
        created_at=now,
        organization_id=by.organization_id,
        hostname=hostname,
        status=status,
        challenge="x",
        verified_at=now if status != "pending" else None,
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        return row.id


async def scan(code: str | None, visitor: Visitor = PERSON, **more: Any) -> Outcome:
    """Follow a QR code."""
    return await follow(Follow("qr", code or "", visitor, **more))


async def click(slug: str, visitor: Visitor = PERSON, **more: Any) -> Outcome:
    """Follow a link."""
    return await follow(Follow("link", slug, visitor, **more))


def led_to(outcome: Outcome) -> str:
    """Where a visit was redirected."""
    assert isinstance(outcome, Redirection), outcome
    return outcome.url


def somebody(**seen: Any) -> Visitor:
    """A person who is different in what is told."""
    return replace(PERSON, **seen)


async def count(database: AsyncConnection, what: str) -> int:
    """How many rows a table has, with a condition behind it if one is told."""
    return int(await database.scalar(text(f"SELECT count(*) FROM {what}")) or 0)
