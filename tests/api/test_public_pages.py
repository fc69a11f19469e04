"""`/p/{slug}`: the page that visitors see."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.block_values import NETWORKS
from activities.rules.page_blocks import ICONS
from activities.rules.throttles import UNKNOWN_CODES
from api.pages.signs import NAMES, icon_sign, network_sign
from tests.api.conftest import Client, Tenant
from tests.api.test_link_pages import BUTTON, a_page
from tests.api.test_pages import policy
from tests.builders.tenants import a_listener

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
PERSON = {"User-Agent": PHONE}
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;"
IMAGE = {"type": "image", "url": "https://cdn.example/a.jpg", "alt": "Our room"}


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, name: str) -> list[str | None]:
        """The values of an attribute."""
        return [attributes.get(name) for found, attributes in self.tags if found == tag]

    def content(self, name: str) -> str | None:
        """What a `<meta>` says."""
        for tag, attributes in self.tags:
            if tag == "meta" and name in (attributes.get("name"), attributes.get("property")):
                return attributes.get("content")
        return None


async def seen(client: Client, path: str, **headers: str) -> Tags:
    answer = await client.get(path, headers={**PERSON, **headers})
    assert answer.status_code == 200, answer.text
    return Tags(answer.text)


async def counted(database: AsyncConnection) -> tuple[int, int, int]:
    """Views, scans and events of pages."""
    views = await database.scalar(text("SELECT sum(view_count) FROM link_page"))
    scans = await database.scalar(text("SELECT count(*) FROM scan WHERE asset_kind = 'page'"))
    told = await database.scalar(text("SELECT count(*) FROM event WHERE kind = 'page.viewed'"))
    return int(views or 0), scans or 0, told or 0


async def test_a_page_shows_its_blocks_in_order(client: Client, tenant: Tenant) -> None:
    blocks = [
        {"type": "heading", "text": "Today"},
        {"type": "text", "text": "One.\nTwo.\n\nThree."},
        {**BUTTON, "icon": "utensils"},
        {"type": "email", "address": "a/b@example.com", "label": "Write"},
        {"type": "phone", "number": "+49 30 123456", "label": "Call"},
        {"type": "divider"},
        {**IMAGE, "href": "https://example.com/room"},
        {"type": "social", "network": "instagram", "url": "https://instagram.com/x"},
    ]
    page = await a_page(client, tenant, description="Open daily.", blocks=blocks)
    answer = await client.get(f"/p/{page['slug']}", headers=PERSON)
    assert '<p dir="auto">One.<br>Two.</p><p dir="auto">Three.</p>' in answer.text
    shown = Tags(answer.text)
    order = [tag for tag, _ in shown.tags if tag in ("h1", "h2", "ul", "hr", "img")]
    assert order == ["h1", "h2", "ul", "hr", "img", "ul"]
    assert shown.all("a", "href") == [
        "https://example.com/menu",
        "mailto:a%2Fb@example.com",
        "tel:+4930123456",
        "https://example.com/room",
        "https://instagram.com/x",
        "/",
    ]
    assert shown.all("img", "alt") == ["Our room"]
    for word in ("Open daily.", "Today", "Menu", "Write", "Call", "Instagram"):
        assert word in shown.text


async def test_a_page_tells_others_what_it_is(client: Client, tenant: Tenant) -> None:
    page = await a_page(
        client, tenant, slug="old-name", description="Bread &\nmore", blocks=[IMAGE]
    )
    change = {"slug": "new-name"}
    await client.patch(f"/api/pages/{page['id']}", json=change, headers=tenant.workspace)
    shown = await seen(client, "/p/old-name/", **{"Accept-Language": "de-AT, en;q=0.5"})
    assert shown.all("html", "lang") == ["de"]
    assert "Café Morgenrot" in shown.text
    assert shown.content("og:title") == "Café Morgenrot"
    assert shown.content("og:description") == shown.content("description") == "Bread & more"
    assert shown.content("og:url") == "https://ink.test/p/new-name"
    assert shown.content("og:image") == "https://cdn.example/a.jpg"
    assert "https://ink.test/p/new-name" in shown.all("link", "href")
    assert shown.content("robots") is None


async def test_a_page_allows_nothing_but_its_own_style_and_pictures(
    client: Client, tenant: Tenant
) -> None:
    theme = {"background": "#101418", "foreground": "#f2f5f7", "accent": "#ffb454"}
    page = await a_page(client, tenant, blocks=[BUTTON], theme=theme)
    answer = await client.get(f"/p/{page['slug']}", headers=PERSON)
    allowed = policy(answer.headers["content-security-policy"])
    [style] = re.findall(r"<style>(.*?)</style>", answer.text, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert style == ":root{--back:#101418;--ink:#f2f5f7;--accent:#ffb454;--on-accent:#101418}"
    assert allowed == {
        "default-src": "'none'",
        "style-src": f"'self' 'sha256-{digest}'",
        "img-src": "'self' https:",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'none'",
    }
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    shown = Tags(answer.text)
    assert shown.content("color-scheme") == "dark"
    assert not [tag for tag, _ in shown.tags if tag in ("script", "form", "iframe", "base")]
    names = {name for _, attributes in shown.tags for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


async def test_all_that_a_page_loads_is_there_and_may_be_kept(
    client: Client, tenant: Tenant
) -> None:
    page = await a_page(client, tenant)
    loaded = [
        address
        for address in (await seen(client, f"/p/{page['slug']}")).all("link", "href")
        if address and address.startswith("/static/")
    ]
    assert len(loaded) == 2
    for address in loaded:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"name": EVIL}, EVIL),
        ({"description": EVIL}, EVIL),
        ({"blocks": [{"type": "heading", "text": EVIL}]}, EVIL),
        ({"blocks": [{"type": "text", "text": f"a\n{EVIL}"}]}, EVIL),
        ({"blocks": [{**BUTTON, "label": EVIL, "icon": "script"}]}, EVIL),
        ({"blocks": [{"type": "email", "address": "a@b.example", "label": EVIL}]}, EVIL),
        ({"blocks": [{"type": "phone", "number": "123", "label": EVIL}]}, EVIL),
        ({"blocks": [{**IMAGE, "alt": EVIL}]}, ""),
        ({"blocks": [{**IMAGE, "url": "https://x.example/a\"onerror='alert(1)'<b>"}]}, ""),
        ({"blocks": [{**BUTTON, "url": "https://x.example/?\"onclick='alert(1)'"}]}, "Menu"),
    ],
)
async def test_nothing_that_an_owner_writes_becomes_markup(
    client: Client, tenant: Tenant, more: dict[str, Any], told: str
) -> None:
    page = await a_page(client, tenant, **more)
    shown = await seen(client, f"/p/{page['slug']}")
    assert told in shown.text
    assert "script" not in [tag for tag, _ in shown.tags]
    assert set(shown.all("img", "src")) <= {
        block["url"] for block in page["blocks"] if block["type"] == "image"
    }
    assert set(shown.all("img", "alt")) <= {EVIL, "Our room"}
    names = {name for _, attributes in shown.tags for name in attributes}
    assert not [name for name in names if name == "style" or name.startswith("on")]


async def test_what_slipped_into_the_table_is_no_way_to_a_script(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    page = await a_page(client, tenant, blocks=[BUTTON])
    await database.execute(
        text("UPDATE link_page SET blocks = jsonb_set(blocks, '{0,url}', '\"javascript:a()\"')")
    )
    assert (await seen(client, f"/p/{page['slug']}")).all("a", "href") == ["/"]


async def test_links_of_ones_own_are_opened_by_their_short_address(
    client: Client, tenant: Tenant
) -> None:
    made = await client.post(
        "/api/links",
        json={"destinationUrl": "https://example.com/", "slug": "tickets", "name": "Tickets"},
        headers=tenant.workspace,
    )
    block = {"type": "short_link", "linkId": made.json()["id"], "icon": "ticket"}
    page = await a_page(client, tenant, blocks=[block])
    shown = await seen(client, f"/p/{page['slug']}")
    assert shown.all("a", "href") == ["https://ink.test/tickets", "/"]
    assert "Tickets" in shown.text
    await client.delete(f"/api/links/{made.json()['id']}", headers=tenant.workspace)
    shown = await seen(client, f"/p/{page['slug']}")
    assert shown.all("a", "href") == ["/"]
    assert "ul" not in [tag for tag, _ in shown.tags]


async def test_a_person_is_counted_once_and_nobody_else(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await a_listener(await authenticate_key(AuthenticateKey("studio", tenant.studio["X-Api-Key"])))
    page = await a_page(client, tenant)
    path = f"/p/{page['slug']}"
    head = await client.head(path, headers=PERSON)
    assert (head.status_code, await counted(database)) == (200, (0, 1, 0))
    await client.get(path, headers={**PERSON, "Sec-Purpose": "prefetch"})
    assert await counted(database) == (0, 2, 0)
    bot = await client.get(path, headers={"User-Agent": "Googlebot/2.1"})
    assert (bot.status_code, await counted(database)) == (200, (0, 3, 0))
    person = await client.get(path, headers=PERSON)
    assert await counted(database) == (1, 4, 1)
    assert head.headers["content-security-policy"] == person.headers["content-security-policy"]
    listed = await client.get(f"/api/pages/{page['id']}", headers=tenant.workspace)
    assert listed.json()["viewCount"] == 1


@pytest.mark.parametrize("state", ["unknown", "draft", "deleted", "odd"])
async def test_a_page_that_is_not_to_be_seen_is_nowhere(
    client: Client, tenant: Tenant, state: str
) -> None:
    page = await a_page(client, tenant, isActive=state != "draft")
    if state == "deleted":
        await client.delete(f"/api/pages/{page['id']}", headers=tenant.workspace)
    slug = {"unknown": "nothere", "odd": "%00/%2e%2e"}.get(state, page["slug"])
    answer = await client.get(f"/p/{slug}", headers=PERSON)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert "Café" not in answer.text


async def test_a_page_takes_visits_only(client: Client, tenant: Tenant) -> None:
    page = await a_page(client, tenant)
    answer = await client.post(f"/p/{page['slug']}", headers=PERSON)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_who_guesses_pages_is_slowed_down(client: Client, tenant: Tenant) -> None:
    page = await a_page(client, tenant)
    statuses = [
        (await client.get(f"/p/guess-{turn}")).status_code
        for turn in range(UNKNOWN_CODES.burst + 1)
    ]
    assert statuses == [404] * UNKNOWN_CODES.burst + [429]
    assert (await client.get(f"/p/{page['slug']}", headers=PERSON)).status_code == 200


def test_every_network_has_a_logo_and_a_name() -> None:
    assert set(NAMES) == set(NETWORKS)
    assert all(network_sign(network).startswith("<svg") for network in NETWORKS)
    assert all(icon_sign(icon).startswith("<svg") for icon in ICONS)
    assert (network_sign("nowhere"), icon_sign("nothing")) == ("", "")
