"""A visit to a link page shows it and is counted once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.link_pages.changing import UpdateLinkPage, update_link_page
from activities.link_pages.reading import ReadLinkPage, read_link_page
from activities.link_pages.shelving import (
    ArchiveLinkPage,
    DeleteLinkPage,
    RestoreLinkPage,
    archive_link_page,
    delete_link_page,
    restore_link_page,
)
from activities.link_pages.viewing import ViewPage, view_page
from activities.links.changing import UpdateLink, update_link
from activities.links.shelving import DeleteLink, delete_link
from activities.outside import Outside
from activities.rules.errors import NotFound
from schema.db import transaction
from tests.builders.databases import a_database
from tests.builders.pages import BUTTON, a_page, showing
from tests.builders.tenants import PERSON, ROBOT, a_heard_tenant, a_tenant
from tests.builders.visits import a_domain, a_link
from workers.embedded_postgres import EmbeddedPostgres

HEAD = replace(PERSON, is_bot=True)

rolled_back = pytest.mark.usefixtures("database", "world")


@rolled_back
async def test_a_view_is_counted_recorded_and_announced_once(database: AsyncConnection) -> None:
    by = await a_heard_tenant()
    page = await a_page(by, slug="menu", description="Breakfast", blocks=(BUTTON,))
    shown = await view_page(ViewPage("menu", PERSON))
    assert (shown.name, shown.description) == ("Café Morgenrot", "Breakfast")
    assert (shown.blocks, shown.theme) == (page.blocks, page.theme)
    counted = await read_link_page(ReadLinkPage(by, page.id))
    assert (counted.view_count, counted.version) == (1, 1)
    assert counted.last_viewed_at is not None
    scan = (await database.execute(text("SELECT asset_id, asset_kind, country FROM scan"))).one()
    assert tuple(scan) == (page.id, "page", "DE")
    told = text("SELECT kind, asset_id, payload FROM event WHERE kind LIKE 'page.%'")
    event = (await database.execute(told)).one()
    assert (event.kind, event.asset_id) == ("page.viewed", page.id)
    assert event.payload["id"] == f"pg_{page.id.hex}"
    assert event.payload["slug"] == "menu"


@rolled_back
async def test_a_bot_and_a_head_request_are_recorded_but_not_counted(
    database: AsyncConnection,
) -> None:
    by = await a_heard_tenant()
    page = await a_page(by)
    for visitor in (ROBOT, HEAD):
        assert (await view_page(ViewPage(page.slug, visitor))).name == page.name
    assert (await read_link_page(ReadLinkPage(by, page.id))).view_count == 0
    assert await database.scalar(text("SELECT count(*) FROM scan WHERE is_bot")) == 2
    assert await database.scalar(text("SELECT count(*) FROM scan")) == 2
    assert await database.scalar(text("SELECT count(*) FROM event")) == 0


@rolled_back
@pytest.mark.parametrize("state", ["unknown", "draft", "deleted", "misspelt"])
async def test_a_page_that_is_not_to_be_seen_records_nothing(
    database: AsyncConnection, state: str
) -> None:
    by = await a_tenant()
    page = await a_page(by, is_active=state != "draft")
    if state == "deleted":
        await delete_link_page(DeleteLinkPage(by, page.id))
    wanted = {"unknown": "nothere", "misspelt": "a\x00b"}.get(state, page.slug)
    with pytest.raises(NotFound):
        await view_page(ViewPage(wanted, PERSON))
    assert await database.scalar(text("SELECT count(*) FROM scan")) == 0


@rolled_back
async def test_a_page_is_seen_under_every_slug_that_it_had() -> None:
    by = await a_tenant()
    page = await a_page(by, slug="first")
    await update_link_page(UpdateLinkPage(by, page.id, slug="second"))
    for slug in ("first", "second"):
        assert (await view_page(ViewPage(slug, PERSON))).public_url == "https://ink.test/p/second"
    assert (await read_link_page(ReadLinkPage(by, page.id))).view_count == 2


@rolled_back
async def test_a_page_put_aside_or_restored_is_seen() -> None:
    by = await a_tenant()
    page = await a_page(by)
    await archive_link_page(ArchiveLinkPage(by, page.id))
    await delete_link_page(DeleteLinkPage(by, page.id))
    await restore_link_page(RestoreLinkPage(by, page.id))
    assert (await view_page(ViewPage(page.slug, PERSON))).name == page.name


@rolled_back
async def test_links_lead_by_their_short_address_and_dead_ends_are_left_out() -> None:
    by = await a_tenant()
    await a_domain(by, "go.acme.example")
    ours = await a_link(by, slug="tickets", name="Tickets")
    custom = await a_link(by, slug="shop", domain="go.acme.example")
    gone, off = await a_link(by, slug="gone"), await a_link(by, slug="off")
    blocks = tuple(showing(link) for link in (ours, custom, gone, off))
    page = await a_page(by, blocks=(*blocks, showing(ours, label="Buy now", icon="ticket")))
    await delete_link(DeleteLink(by, gone.id))
    await update_link(UpdateLink(by, off.id, is_active=False))
    shown = (await view_page(ViewPage(page.slug, PERSON))).blocks
    assert [(block["label"], block["url"]) for block in shown] == [
        ("Tickets", "https://ink.test/tickets"),
        ("go.acme.example/shop", "https://go.acme.example/shop"),
        ("Buy now", "https://ink.test/tickets"),
    ]
    assert shown[2]["icon"] == "ticket"


@rolled_back
async def test_a_custom_domain_shows_pages_of_its_organization_only() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    await a_domain(mine, "go.mine.example")
    home, foreign = await a_page(mine), await a_page(theirs)
    assert (await view_page(ViewPage(home.slug, PERSON, "go.mine.example"))).name == home.name
    with pytest.raises(NotFound):
        await view_page(ViewPage(foreign.slug, PERSON, "go.mine.example"))
    assert (await view_page(ViewPage(foreign.slug, PERSON, "ink.test"))).name == foreign.name


async def test_of_many_views_at_once_each_is_counted(
    postgres: EmbeddedPostgres, world: Outside
) -> None:
    async with a_database(postgres.url, connections=8):
        by = await a_heard_tenant()
        page = await a_page(by)
        await asyncio.gather(*(view_page(ViewPage(page.slug, PERSON)) for _ in range(32)))
        assert (await read_link_page(ReadLinkPage(by, page.id))).view_count == 32
        async with transaction() as session:
            for table in ("scan", "event WHERE kind = 'page.viewed'"):
                assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 32
