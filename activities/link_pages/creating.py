"""Link pages made: with everything that belongs to them, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from activities.link_pages.drafts import drafted, judge_slug, led_by, links_in, without_links
from activities.link_pages.links import FindLinks, missing_links, refuse_missing
from activities.link_pages.reading import ReadLinkPage, read_link_page
from activities.link_pages.views import LinkPageView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.naming import copied
from activities.shelf.claims import PAGES, ClaimSlug, claim_slug
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from activities.shelf.labels import read_labels, wanted
from activities.shelf.placing import Place, PlaceAsset, place_asset
from schema.db import transaction
from schema.tables import LinkPageRow


@dataclass(frozen=True)
class CreateLinkPage:
    """A page named `name`, which is its title, at `/p/{slug}`; a slug is drawn when none is given.

    `blocks` and `theme` are as `activities.rules.page_blocks` takes them. One that is not active
    is a draft: nobody sees it.
    """

    by: Actor
    name: str
    slug: str | None = None
    description: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    theme: Mapping[str, Any] = field(default_factory=dict)
    is_active: bool = True
    workspace_id: UUID | None = None
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class DuplicateLinkPage:
    """One more page like this one, under a slug of its own and with no views."""

    by: Actor
    id: UUID
    name: str | None = None


@needs("assets.write")
async def create_link_page(command: CreateLinkPage) -> LinkPageView:
    """Make it.

    Raises `InvalidFields`, also for a block that shows a link which is not the actor's;
    `SlugTaken`, `NoWorkspace`, `PlanLimitReached`; and `NotFound` for a workspace or folder that is
    not the actor's.
    """
    by = command.by
    judge_slug(command.slug)
    values = drafted(
        {
            "name": command.name,
            "slug": command.slug,
            "description": command.description,
            "blocks": command.blocks,
            "theme": command.theme,
        }
    )
    blocks = tuple(values["blocks"])
    await judge_destinations(JudgeDestinations(by.organization_id, led_by(blocks)))
    async with transaction():
        place = await place_asset(
            PlaceAsset(by, command.workspace_id, command.folder_id, command.tags)
        )
        shown = tuple(links_in(blocks).values())
        refuse_missing(blocks, await missing_links(FindLinks(by, shown)))
        row = await _insert(command, values, place)
        return view_of(row, await read_labels(wanted([row])))


@needs("assets.write")
async def duplicate_link_page(command: DuplicateLinkPage) -> LinkPageView:
    """Make it, in the same workspace and folder, without blocks whose link is gone.

    Raises `NotFound`, `InvalidFields` (`name`), `PlanLimitReached`.
    """
    by = command.by
    page = await read_link_page(ReadLinkPage(by, command.id))
    async with transaction():
        shown = tuple(links_in(page.blocks).values())
        missing = await missing_links(FindLinks(by, shown))
        return await create_link_page(
            CreateLinkPage(
                by=by,
                name=copied(page.name) if command.name is None else command.name,
                description=page.description,
                blocks=without_links(page.blocks, missing.ids),
                theme=page.theme,
                is_active=page.is_active,
                workspace_id=page.workspace_id,
                folder_id=page.folder_id,
                tags=page.tags,
            )
        )


async def _insert(command: CreateLinkPage, values: Mapping[str, Any], place: Place) -> LinkPageRow:
    """Insert it under the slug that it asks for or a drawn one."""
    by, now, page_id = command.by, outside().clock.now(), uuid4()
    claim = await claim_slug(ClaimSlug(by.organization_id, page_id, PAGES, command.slug))
    row = LinkPageRow(
        **values,
        id=page_id,
        slug=claim.slug,
        is_active=command.is_active,
        created_at=now,
        updated_at=now,
        organization_id=by.organization_id,
        **place.columns,
        made_by=by.user_id,
    )
    if command.slug is None:
        row.search_text += f" {claim.slug.casefold()}"
    async with transaction() as session:
        session.add(row)
        await session.flush()
    return row
