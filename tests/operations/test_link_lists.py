"""Lists of short links: what is searched, filtered and counted, in few statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.links.reading import (
    ListLinks,
    ReadLink,
    SummarizeLinks,
    list_links,
    read_link,
    summarize_links,
)
from activities.rules.errors import NotFound
from activities.rules.listings import Filter, Listing
from activities.rules.paging import PageRequest
from tests.builders.links import A, B, changed, slugs_in
from tests.builders.tenants import a_tenant
from tests.builders.visits import a_domain, a_link

pytestmark = pytest.mark.usefixtures("database", "world")


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("all", {"plain", "off", "tested", "ending", "later", "watched", "failing"}),
        ("active", {"plain", "tested", "ending", "later", "watched", "failing"}),
        ("inactive", {"off"}),
        ("ab", {"tested"}),
        ("expiring", {"ending"}),
        ("health_monitored", {"watched", "failing"}),
        ("health_failing", {"failing"}),
    ],
)
async def test_a_filter_lets_through_what_it_names(
    database: AsyncConnection, clock: FixedClock, filter: Filter, found: set[str]
) -> None:
    by = await a_tenant()
    await a_link(by, slug="plain", health_check={"enabled": False})
    await a_link(by, slug="off", is_active=False)
    await a_link(by, slug="tested", variants=(A, B))
    await a_link(by, slug="ending", expires_at=clock.moment + timedelta(days=6))
    await a_link(by, slug="later", expires_at=clock.moment + timedelta(days=8))
    await a_link(by, slug="watched", health_check={"enabled": True})
    await a_link(by, slug="failing", health_check={"enabled": True})
    await database.execute(text("UPDATE link SET health = 'failing' WHERE slug = 'failing'"))
    assert set(await slugs_in(by, filter=filter)) == found


async def test_a_domain_narrows_the_list() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    await a_domain(by, "links.acme.com")
    await a_link(by, slug="ours")
    await a_link(by, slug="own", domain="links.acme.com")
    assert await slugs_in(by, "links.acme.com") == ["own"]
    assert await slugs_in(by, "ink.test") == ["ours"]
    assert await slugs_in(by, "LINKS.acme.com.") == ["own"]
    for nobodys in ("nobody.example", "no domain", ""):
        assert await slugs_in(by, nobodys) == []
    assert await slugs_in(other, "links.acme.com") == []


@pytest.mark.parametrize(
    "search", ["SPRING", "sale", "spring-24", "example.com/shoes", "links.acme", "poster", "sp"]
)
async def test_a_link_is_found_by_its_words(search: str) -> None:
    by = await a_tenant()
    await a_domain(by, "links.acme.com")
    await a_link(by, slug="other", name="100% other")
    await a_link(
        by,
        "https://example.com/shoes",
        slug="spring-24",
        name="Spring Sale",
        description="Posters",
        domain="links.acme.com",
    )
    assert await slugs_in(by, search=search) == ["spring-24"]


async def test_a_link_is_found_by_what_it_is_now() -> None:
    by = await a_tenant()
    link = await a_link(by, slug="spring", name="Spring")
    await changed(by, link, slug="autumn", name="Autumn")
    assert (await slugs_in(by, search="spring"), await slugs_in(by, search="autu")) == (
        [],
        ["autumn"],
    )


async def test_tags_and_order_are_as_asked() -> None:
    by = await a_tenant()
    await a_link(by, slug="bbb", name="B", tags=("x", "y"))
    await a_link(by, slug="aaa", name="A", tags=("x",))
    assert await slugs_in(by, tags=("X",), sort="name") == ["aaa", "bbb"]
    assert await slugs_in(by, tags=("x", "Y")) == ["bbb"]


async def test_the_summary_counts_what_is_there(database: AsyncConnection) -> None:
    by, other = await a_tenant(), await a_tenant("other")
    await a_link(by)
    await a_link(by, is_active=False)
    await a_link(other)
    await database.execute(text("UPDATE link SET click_count = 7"))
    summary = await summarize_links(SummarizeLinks(by))
    assert (summary.total, summary.active, summary.click_count) == (2, 1, 14)


async def test_a_slug_on_two_custom_domains_names_neither() -> None:
    by = await a_tenant()
    for hostname in ("links.acme.com", "go.acme.com"):
        await a_domain(by, hostname)
        await a_link(by, slug="spring", domain=hostname)
        if hostname == "links.acme.com":
            assert (await read_link(ReadLink(by, slug="spring"))).domain == hostname
    with pytest.raises(NotFound):
        await read_link(ReadLink(by, slug="spring"))
    link = await a_link(by, slug="spring")
    assert await read_link(ReadLink(by, slug="spring")) == link


@pytest.mark.parametrize("slug", ["a", "a/b", "a\0b", "é" * 7, "x" * 65])
async def test_a_slug_that_none_can_have_is_not_looked_up(slug: str) -> None:
    with pytest.raises(NotFound):
        await read_link(ReadLink(await a_tenant(), slug=slug))


@contextmanager
def statements(database: AsyncConnection) -> Iterator[list[str]]:
    """The SELECT statements that are sent meanwhile."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            sent.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_a_list_takes_as_many_statements_for_ten_links_as_for_two(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    await a_domain(by, "links.acme.com")
    taken = []
    for _ in range(2):
        for number in range(5):
            await a_link(by, domain="links.acme.com", tags=(f"tag {number}",))
        with statements(database) as sent:
            await list_links(ListLinks(by, Listing(PageRequest())))
        taken.append(len(sent))
    assert taken[0] == taken[1] > 0
