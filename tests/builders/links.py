"""What tests say of short links, in one line each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import select

from activities.links.changing import UpdateLink, update_link
from activities.links.reading import ListLinks, list_links
from activities.links.views import LinkView
from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.listings import Listing
from activities.rules.paging import PageRequest
from schema.db import transaction
from schema.tables import SlugClaimRow, UtmTemplateRow

HOME = "https://example.com/l"
A = {"destinationUrl": "https://a.example", "weight": 1}
B = {"destinationUrl": "https://b.example", "weight": 3}
GERMANS = {
    "when": [{"type": "country", "in": ["de"]}],
    "destinationUrl": "https://example.com/de",
}


async def changed(by: Actor, link: LinkView, **more: Any) -> LinkView:
    return await update_link(UpdateLink(by, link.id, **more))


async def slugs_in(by: Actor, domain: str | None = None, **more: Any) -> list[str]:
    """The slugs of a list, in its order."""
    listing = Listing(PageRequest(), **more)
    return [link.slug for link in (await list_links(ListLinks(by, listing, domain))).items]


async def claims() -> dict[tuple[str, str], UUID]:
    """What each slug leads to, by its space and spelling."""
    async with transaction() as session:
        rows = (await session.execute(select(SlugClaimRow))).scalars()
        return {(row.space, row.slug): row.asset_id for row in rows}


async def a_template(by: Actor, workspace_id: UUID, **utm: str) -> UUID:
    """A UTM template, straight in the table."""
    now = outside().clock.now()
    row = UtmTemplateRow(
        created_at=now,
        updated_at=now,
        organization_id=by.organization_id,
        workspace_id=workspace_id,
        name="Spring",
        name_key="spring",
        utm=utm,
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        return row.id
