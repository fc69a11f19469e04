"""Link pages: made, changed, put away; where their blocks may lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.link_pages.changing import UpdateLinkPage, update_link_page
from activities.link_pages.creating import DuplicateLinkPage, duplicate_link_page
from activities.link_pages.reading import (
    ListLinkPages,
    ReadLinkPage,
    SummarizeLinkPages,
    list_link_pages,
    read_link_page,
    summarize_link_pages,
)
from activities.link_pages.shelving import (
    ArchiveLinkPage,
    DeleteLinkPage,
    RestoreLinkPage,
    archive_link_page,
    delete_link_page,
    restore_link_page,
)
from activities.links.shelving import DeleteLink, delete_link
from activities.rules.actors import Actor
from activities.rules.errors import (
    InvalidFields,
    NotFound,
    PlanLimitReached,
    SlugTaken,
    VersionMismatch,
)
from activities.rules.listings import Filter, Listing, Sort
from activities.rules.page_blocks import DEFAULT_THEME
from activities.rules.paging import PageRequest
from tests.builders.pages import BUTTON, a_page, showing
from tests.builders.tenants import a_tenant
from tests.builders.visits import a_domain, a_link

pytestmark = pytest.mark.usefixtures("database", "world")


async def found(by: Actor, **asked: Any) -> list[str]:
    """The names of the pages in a list."""
    listing = Listing(PageRequest(), **asked)
    return [page.name for page in (await list_link_pages(ListLinkPages(by, listing))).items]


async def test_a_page_is_made_with_all_that_it_says(database: AsyncConnection) -> None:
    by = await a_tenant()
    page = await a_page(
        by,
        slug="morgenrot",
        description="Breakfast",
        blocks=(BUTTON,),
        theme={"accent": "#AA0000"},
        tags=("Food",),
    )
    assert page.public_url == "https://ink.test/p/morgenrot"
    assert [block["type"] for block in page.blocks] == ["link"]
    assert page.theme == {**DEFAULT_THEME, "accent": "#aa0000"}
    assert (page.tags, page.view_count, page.version) == (("Food",), 0, 1)
    assert await read_link_page(ReadLinkPage(by, page.id)) == page
    assert await database.scalar(text("SELECT count(*) FROM event")) == 0


async def test_a_slug_is_drawn_or_ones_own_and_never_given_twice() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    assert len((await a_page(by)).slug) == 7
    page = await a_page(by, slug="menu")
    await delete_link_page(DeleteLinkPage(by, page.id))
    for again in (by, other):
        with pytest.raises(SlugTaken):
            await a_page(again, slug="menu")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"slug": "a/b"}, "slug"),
        ({"slug": "Admin"}, "slug"),
        ({"description": "d" * 501}, "description"),
        ({"description": "a\x00"}, "description"),
        ({"blocks": ({"type": "link", "label": "x"},)}, "blocks.0.url"),
        ({"blocks": (BUTTON, {**BUTTON, "url": "javascript:alert(1)"})}, "blocks.1.url"),
        ({"blocks": ({**BUTTON, "url": "https://ink.test/abc"},)}, "blocks.0.url"),
        ({"theme": {"accent": "red"}}, "theme.accent"),
        ({"theme": {"accent": "</style><script>"}}, "theme.accent"),
        ({"theme": {"foreground": "#faf8f0"}}, "theme.foreground"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    database: AsyncConnection, wrong: dict[str, Any], field: str
) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await a_page(by, **wrong)
    assert list(refused.value.fields) == [field]
    for table in ("link_page", "slug_claim"):
        assert await database.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_a_page_may_lead_to_another_page() -> None:
    block = {**BUTTON, "url": "https://ink.test/p/other"}
    assert (await a_page(await a_tenant(), blocks=(block,))).blocks[0]["url"] == block["url"]


async def test_a_block_shows_a_link_of_ones_own_only() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    mine, theirs, gone = await a_link(by), await a_link(other), await a_link(by)
    await delete_link(DeleteLink(by, gone.id))
    elsewhere = replace(by, workspace_id=uuid4())
    with pytest.raises(InvalidFields) as refused:
        await a_page(by, blocks=tuple(showing(link) for link in (mine, theirs, gone)))
    assert list(refused.value.fields) == ["blocks.1.linkId", "blocks.2.linkId"]
    page = await a_page(by, blocks=(showing(mine),))
    with pytest.raises(InvalidFields):
        await update_link_page(UpdateLinkPage(by, page.id, blocks=(showing(theirs),)))
    with pytest.raises(NotFound):
        await update_link_page(UpdateLinkPage(elsewhere, page.id, name="x"))


async def test_what_was_accepted_once_is_not_judged_again() -> None:
    by = await a_tenant()
    link = await a_link(by)
    page = await a_page(by, blocks=(BUTTON, showing(link)))
    await delete_link(DeleteLink(by, link.id))
    await a_domain(by, "example.com")
    changed = await update_link_page(
        UpdateLinkPage(by, page.id, blocks=(*page.blocks, {"type": "divider"}))
    )
    assert len(changed.blocks) == 3
    elsewhere = ({**BUTTON, "url": "https://example.com/new"},)
    with pytest.raises(InvalidFields) as refused:
        await update_link_page(UpdateLinkPage(by, page.id, blocks=elsewhere))
    assert list(refused.value.fields) == ["blocks.0.url"]


async def test_a_change_leaves_alone_what_it_does_not_name(clock: FixedClock) -> None:
    by = await a_tenant()
    page = await a_page(by, description="Old", blocks=(BUTTON,), theme={"font": "serif"})
    clock.moment += timedelta(minutes=1)
    changed = await update_link_page(
        UpdateLinkPage(by, page.id, version=1, name="New", theme={"layout": "grid"})
    )
    assert changed == replace(
        page,
        name="New",
        theme={**page.theme, "layout": "grid"},
        version=2,
        updated_at=clock.moment,
    )
    assert await update_link_page(UpdateLinkPage(by, page.id, name="New")) == changed
    with pytest.raises(VersionMismatch):
        await update_link_page(UpdateLinkPage(by, page.id, version=1, name="Late"))


async def test_a_page_is_found_by_what_it_says() -> None:
    by = await a_tenant()
    page = await a_page(by, "Bakery", slug="sunrise", blocks=({**BUTTON, "label": "Croissants"},))
    await a_page(by, "Draft", is_active=False)
    for word in ("bakery", "SUNRISE", "croiss"):
        assert await found(by, search=word) == ["Bakery"]
    await update_link_page(UpdateLinkPage(by, page.id, name="Ice", blocks=(), slug="dusk"))
    assert await found(by, search="croiss") == []
    assert await found(by, search="dusk") == ["Ice"]
    drawn = await a_page(by, "Drawn")
    assert await found(by, search=drawn.slug) == ["Drawn"]


@pytest.mark.parametrize(("filter", "names"), [("active", ["On"]), ("inactive", ["Off"])])
async def test_lists_filter_and_count(filter: Filter, names: list[str]) -> None:
    by = await a_tenant()
    await a_page(by, "On")
    await a_page(by, "Off", is_active=False)
    await a_page(await a_tenant("other"), "Theirs")
    assert await found(by, filter=filter) == names
    assert sorted(await found(by)) == ["Off", "On"]
    summary = await summarize_link_pages(SummarizeLinkPages(by))
    assert (summary.total, summary.active, summary.view_count) == (2, 1, 0)


async def test_lists_sort_by_views(database: AsyncConnection) -> None:
    by = await a_tenant()
    for name, views in (("Few", 1), ("Many", 9), ("Some", 5)):
        page = await a_page(by, name)
        await database.execute(
            text("UPDATE link_page SET view_count = :views WHERE id = :id"),
            {"views": views, "id": page.id},
        )
    sort: Sort = "visits"
    assert await found(by, sort=sort) == ["Many", "Some", "Few"]


async def test_a_page_is_put_away_and_comes_back(clock: FixedClock) -> None:
    by = await a_tenant()
    page = await a_page(by, "Menu")
    archived = await archive_link_page(ArchiveLinkPage(by, page.id))
    assert (archived.archived_at, archived.version) == (clock.moment, 2)
    assert await archive_link_page(ArchiveLinkPage(by, page.id)) == archived
    assert (await found(by), await found(by, shelf="archived")) == ([], ["Menu"])
    back = await archive_link_page(ArchiveLinkPage(by, page.id, archived=False))
    assert back.archived_at is None
    with pytest.raises(VersionMismatch):
        await delete_link_page(DeleteLinkPage(by, page.id, version=2))
    await delete_link_page(DeleteLinkPage(by, page.id, version=3))
    assert (await found(by), await found(by, shelf="trash")) == ([], ["Menu"])
    with pytest.raises(NotFound):
        await delete_link_page(DeleteLinkPage(by, page.id))
    restored = await restore_link_page(RestoreLinkPage(by, page.id))
    assert (restored.deleted_at, restored.slug) == (None, page.slug)
    await delete_link_page(DeleteLinkPage(by, page.id))
    clock.moment += timedelta(days=31)
    with pytest.raises(NotFound):
        await restore_link_page(RestoreLinkPage(by, page.id))


async def test_a_copy_is_a_page_of_its_own_without_dead_links() -> None:
    by = await a_tenant()
    kept, gone = await a_link(by), await a_link(by)
    page = await a_page(by, "Menu", blocks=(showing(gone), BUTTON, showing(kept)), tags=("Food",))
    await delete_link(DeleteLink(by, gone.id))
    copy = await duplicate_link_page(DuplicateLinkPage(by, page.id))
    assert (copy.name, copy.tags, copy.theme) == ("Menu (copy)", ("Food",), page.theme)
    assert copy.blocks == page.blocks[1:]
    assert (copy.slug, copy.id) != (page.slug, page.id)
    named = await duplicate_link_page(DuplicateLinkPage(by, page.id, "Dinner"))
    assert named.name == "Dinner"


async def test_another_tenants_page_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_page(await a_tenant("theirs"))
    for asking in (
        read_link_page(ReadLinkPage(mine, theirs.id)),
        update_link_page(UpdateLinkPage(mine, theirs.id, name="x")),
        delete_link_page(DeleteLinkPage(mine, theirs.id)),
        archive_link_page(ArchiveLinkPage(mine, theirs.id)),
        duplicate_link_page(DuplicateLinkPage(mine, theirs.id)),
    ):
        with pytest.raises(NotFound):
            await asking


async def test_pages_count_as_assets_of_a_plan(database: AsyncConnection) -> None:
    by = await a_tenant()
    page = await a_page(by)
    await database.execute(
        text(
            "INSERT INTO link_page SELECT (jsonb_populate_record(p, jsonb_build_object("
            "'id', gen_random_uuid(), 'slug', 'page' || n))).* "
            "FROM link_page p, generate_series(2, 50) n WHERE p.id = :id"
        ),
        {"id": page.id},
    )
    with pytest.raises(PlanLimitReached, match="up to 50 assets"):
        await a_page(by)
    with pytest.raises(PlanLimitReached):
        await duplicate_link_page(DuplicateLinkPage(by, page.id))
