"""The short links that pages show: which of them may be shown, and where they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from activities.link_pages.drafts import links_in
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.spelling import unprefixed
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import DomainRow, LinkRow

NOT_YOURS = "There is no such link here; give the id of one of your links."


@dataclass(frozen=True)
class FindLinks:
    """Links that a page of the actor's shall show."""

    by: Actor
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class MissingLinks:
    """Those that are not the actor's, or in the trash."""

    ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class ReachLinks:
    """Where the links are reached that the blocks of an organization's page show."""

    organization_id: UUID
    blocks: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Reached:
    """The blocks, those that show a link with its `url` and a `label`; without dead ends."""

    blocks: tuple[Mapping[str, str], ...] = field(default=())


@needs("assets.write")
async def missing_links(command: FindLinks) -> MissingLinks:
    """Which are missing; the others are held against their deletion, in one statement."""
    if not command.ids:
        return MissingLinks()
    query = (
        visible(LinkRow, command.by)
        .where(col(LinkRow.id).in_(command.ids))
        .order_by(col(LinkRow.id))
        .with_for_update(read=True, key_share=True)
    )
    async with transaction() as session:
        found = {row.id for row in (await session.execute(query)).scalars()}
    return MissingLinks(frozenset(command.ids) - found)


async def reach_links(command: ReachLinks) -> Reached:
    """One statement at most. A link that was deleted or switched off leads nowhere."""
    wanted = set(links_in(command.blocks).values())
    if not wanted:
        return Reached(command.blocks)
    query = (
        select(LinkRow.id, LinkRow.slug, LinkRow.name, DomainRow.hostname)
        .outerjoin(DomainRow, col(DomainRow.id) == LinkRow.domain_id)
        .where(
            LinkRow.organization_id == command.organization_id,
            col(LinkRow.id).in_(wanted),
            LinkRow.is_active,
            col(LinkRow.deleted_at).is_(None),
        )
    )
    async with transaction() as session:
        rows = (await session.execute(query)).all()
    shown = {
        link_id: (outside().link_url(slug, hostname), name)
        for link_id, slug, name, hostname in rows
    }
    return Reached(tuple(filter(None, (_led(block, shown) for block in command.blocks))))


def refuse_missing(blocks: tuple[Mapping[str, str], ...], missing: MissingLinks) -> None:
    """Raise `InvalidFields` naming each block that shows a missing link."""
    shown = links_in(blocks)
    wrong = {name: [NOT_YOURS] for name in shown if shown[name] in missing.ids}
    if wrong:
        raise InvalidFields(wrong)


def _led(
    block: Mapping[str, str], shown: Mapping[UUID, tuple[str, str]]
) -> Mapping[str, str] | None:
    if block["type"] != "short_link":
        return block
    link_id = unprefixed("lnk", block["linkId"])
    if link_id is None or link_id not in shown:
        return None
    url, name = shown[link_id]
    return {"label": name.strip() or url.partition("://")[2], **block, "url": url}
