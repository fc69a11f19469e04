"""Link pages changed: any of their fields; an address that was given away leads on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.link_pages.drafts import drafted, judge_slug, led_by, links_in
from activities.link_pages.links import FindLinks, missing_links, refuse_missing
from activities.link_pages.views import LinkPageView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version
from activities.rules.errors import NotFound
from activities.shelf.claims import PAGES, ClaimSlug, claim_slug
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from activities.shelf.labels import read_labels, wanted
from activities.shelf.moving import MoveAsset, find_new_place
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import LinkPageRow


@dataclass(frozen=True)
class UpdateLinkPage:
    """Change what is given of one page; with `version` only if it is still that one.

    `blocks` are all of them; of the `theme` only what is given changes. A new `slug` is one more:
    the old address leads on. `workspace_id` moves the page, out of its folder unless another is
    given.
    """

    by: Actor
    id: UUID
    version: int | None = None
    name: str | Unset = UNSET
    slug: str | Unset = UNSET
    description: str | Unset = UNSET
    blocks: tuple[Mapping[str, Any], ...] | Unset = UNSET
    theme: Mapping[str, Any] | Unset = UNSET
    is_active: bool | Unset = UNSET
    workspace_id: UUID | Unset = UNSET
    folder_id: UUID | Unset | None = UNSET
    tags: tuple[str, ...] | Unset = UNSET


@needs("assets.write")
async def update_link_page(command: UpdateLinkPage) -> LinkPageView:
    """The page after the change. Raises `NotFound`, `VersionMismatch`, `InvalidFields`,
    `SlugTaken`.
    """
    by, asked = command.by, given(command)
    query = visible(LinkPageRow, by).where(LinkPageRow.id == command.id).with_for_update()
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
        if row is None:
            raise NotFound("link page")
        must_be_version(command.version, row.version)
        values = _drafted(row, asked)
        await _judge_new(by, row, tuple(values["blocks"]))
        place = await find_new_place(MoveAsset.of(by, row, asked))
        values |= place.columns
        changes = [name for name, value in values.items() if getattr(row, name) != value]
        if "slug" in changes:
            await claim_slug(ClaimSlug(row.organization_id, row.id, PAGES, values["slug"]))
        for name in changes:
            setattr(row, name, values[name])
        if changes:
            row.touch(outside().clock.now())
            await session.flush()
        return view_of(row, await read_labels(wanted([row])))


def _drafted(row: LinkPageRow, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a client decides, as they would be; judged."""
    slug = asked.get("slug", row.slug)
    judge_slug(slug if slug != row.slug else None)
    values = {
        "name": asked.get("name", row.name),
        "slug": slug,
        "description": asked.get("description", row.description),
        "blocks": asked.get("blocks", row.blocks),
        "theme": {**row.theme, **asked.get("theme", {})},
    }
    return {**drafted(values), "slug": slug, "is_active": asked.get("is_active", row.is_active)}


async def _judge_new(by: Actor, row: LinkPageRow, blocks: tuple[Mapping[str, str], ...]) -> None:
    """Judge where the blocks lead; what was accepted before is not judged again."""
    before = set(led_by(row.blocks).values())
    urls = {field: url for field, url in led_by(blocks).items() if url not in before}
    await judge_destinations(JudgeDestinations(by.organization_id, urls))
    added = set(links_in(blocks).values()) - set(links_in(row.blocks).values())
    refuse_missing(blocks, await missing_links(FindLinks(by, tuple(added))))
