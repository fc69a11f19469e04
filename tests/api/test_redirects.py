"""What visitors meet, over HTTP: who answers which address, and how."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from api.status_pages import LANGUAGES
from tests.api.conftest import Client, Tenant
from tests.builders.tenants import a_code
from tests.builders.visits import a_domain, a_link, count
from tests.conftest import NOW

PHONE = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
}
ANDROID = {
    "User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
}
CARD_BOT = {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}
JSON = {"Accept": "application/json"}
CUSTOM = {"Host": "links.acme.com"}
HALVES = (
    {"name": "A", "destinationUrl": "https://example.com/a", "weight": 1},
    {"name": "B", "destinationUrl": "https://example.com/b", "weight": 1},
)


@pytest.fixture
async def by(tenant: Tenant) -> Actor:
    return await authenticate_key(AuthenticateKey("studio", tenant.studio["X-Api-Key"]))


@pytest.mark.parametrize("path", ["/menu", "/menu/"])
async def test_a_link_is_led_on(
    client: Client, by: Actor, database: AsyncConnection, path: str
) -> None:
    await a_link(by, "https://example.com/süß?q=ä", slug="menu")
    answer = await client.get(path, headers=PHONE)
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://example.com/s%C3%BC%C3%9F?q=%C3%A4"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    head = await client.head(path, headers=PHONE)
    assert (head.status_code, head.headers["location"]) == (302, answer.headers["location"])
    assert await count(database, "scan WHERE NOT is_bot") == 1
    assert await count(database, "scan WHERE is_bot") == 1


@pytest.mark.parametrize("path", ["/nothing", "/Nothing-1/", "/q/nothing"])
async def test_a_link_that_is_not_there_answers_a_page(client: Client, path: str) -> None:
    answer = await client.get(path, headers={"Accept-Language": "fr"})
    assert (answer.status_code, answer.headers["content-language"]) == (404, "fr")
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.get(path, headers=JSON)).json()["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "path", ["/api", "/login", "/Support", "/ab", "/a.b", "/favicon.ico", "/menu/more", "/m%20enu"]
)
async def test_what_is_no_slug_is_no_link(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "ROUTE_UNKNOWN")


@pytest.mark.parametrize("path", ["/docs", "/sign-in", "/metrics", "/openapi.json"])
async def test_our_own_pages_come_first(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/menu", "/q/menu"])
async def test_a_link_is_for_visiting_only(client: Client, path: str) -> None:
    answer = await client.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_has_ended_says_so_in_the_visitors_language(
    client: Client, by: Actor, language: str
) -> None:
    await a_link(by, slug="over", expires_at=NOW)
    answer = await client.get("/over", headers={"Accept-Language": f"{language}-XX, nl;q=0.5"})
    assert (answer.status_code, answer.headers["content-language"]) == (410, language)
    assert answer.headers["cache-control"] == "no-store"
    (title,) = re.findall(r"<h1>(.*)</h1>", answer.text)
    ended = {"en": "ended", "es": "terminó", "fr": "plus ouvert", "de": "abgelaufen"}
    assert ended[language] in unescape(title)


async def test_what_has_ended_says_so_in_json(client: Client, by: Actor) -> None:
    await a_code(by, short_code="once", scan_limit=1)  # type: ignore[arg-type]
    assert (await client.get("/q/once", headers=PHONE)).status_code == 302
    answer = await client.get("/q/once", headers={**PHONE, **JSON})
    assert (answer.status_code, answer.json()["code"]) == (410, "GONE")
    head = await client.head("/q/once", headers=PHONE)
    assert (head.status_code, head.content) == (410, b"")


async def test_guesses_of_slugs_are_throttled_and_what_exists_never_is(
    client: Client, by: Actor
) -> None:
    await a_link(by, slug="menu")
    statuses = [(await client.get(f"/guess{number}")).status_code for number in range(121)]
    assert statuses == [404] * 120 + [429]
    assert (await client.get("/menu", headers=PHONE)).status_code == 302


async def test_a_custom_domain_has_its_own_links_codes_and_root(
    client: Client, by: Actor, database: AsyncConnection
) -> None:
    await a_domain(by)
    await a_link(by, "https://example.com/custom", slug="menu", domain="links.acme.com")
    await a_link(by, slug="home")
    code = await a_code(by)
    led = await client.get("/menu", headers={**PHONE, **CUSTOM})
    assert led.headers["location"] == "https://example.com/custom"
    scanned = await client.get(f"/q/{code.short_code}", headers={**PHONE, **CUSTOM})
    assert scanned.headers["location"] == "https://example.com/a"
    assert (await client.get("/home", headers=CUSTOM)).status_code == 404
    assert (await client.get("/menu")).status_code == 404
    root = await client.get("/", headers={**CUSTOM, "Accept-Language": "es"})
    assert (root.status_code, root.headers["content-language"]) == (200, "es")
    assert "enlaces" in root.text
    assert "Inkloom API" not in root.text


async def test_the_root_of_every_other_host_is_ours(
    client: Client, by: Actor, database: AsyncConnection
) -> None:
    for host in ("ink.test", "localhost:8000", "10.0.0.7", "links.acme.com"):
        answer = await client.get("/", headers={"Host": host})
        assert "Inkloom API" in answer.text
    await a_domain(by)
    await database.execute(text("UPDATE domain SET deleted_at = now()"))
    gone = await client.get("/", headers={**CUSTOM, **JSON})
    assert (gone.status_code, gone.json()["code"]) == (404, "NOT_FOUND")


async def test_a_visitor_is_recognised_by_a_cookie_and_meets_the_same_variant(
    client: Client, by: Actor
) -> None:
    await a_link(by, slug="half", variants=HALVES)
    first = await client.get("/half", headers=PHONE)
    cookie = first.headers["set-cookie"]
    assert re.match(r"ink_visitor=[0-9a-f-]{36}; HttpOnly; Max-Age=31536000; Path=/", cookie)
    assert "SameSite=lax; Secure" in cookie
    for _ in range(12):
        again = await client.get("/half", headers=PHONE)
        assert again.headers["location"] == first.headers["location"]
        assert "set-cookie" not in again.headers


@pytest.mark.parametrize("asked", [{"DNT": "1"}, {"Sec-GPC": "1"}, CARD_BOT])
async def test_who_does_not_want_to_be_followed_gets_no_cookie(
    client: Client, by: Actor, asked: dict[str, str]
) -> None:
    await a_link(by, slug="half", variants=HALVES)
    met = set()
    for _ in range(40):
        answer = await client.get("/half", headers={**PHONE, **asked})
        assert "set-cookie" not in answer.headers
        met.add(answer.headers["location"])
    assert len(met) == 2


@pytest.mark.parametrize("wrong", ["", "x", "a" * 4000, "%00", '"><script>'])
async def test_a_cookie_that_is_not_ours_is_replaced(client: Client, by: Actor, wrong: str) -> None:
    await a_link(by, slug="half", variants=HALVES)
    answer = await client.get("/half", headers={**PHONE, "Cookie": f"ink_visitor={wrong}"})
    assert answer.status_code == 302
    assert "ink_visitor=" in answer.headers["set-cookie"]


async def test_who_draws_a_card_is_told_of_the_link_and_nobody_else(
    client: Client, by: Actor
) -> None:
    card = {"title": 'Say "hi" <b>', "description": "a & b", "imageUrl": "https://example.com/i"}
    await a_link(by, slug="card", preview=card)
    answer = await client.get("/card", headers=CARD_BOT)
    assert answer.status_code == 200
    assert "<b>" not in answer.text
    told = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', answer.text))
    assert {name: unescape(value) for name, value in told.items()} == {
        "og:type": "website",
        "og:url": "https://ink.test/card",
        "og:title": 'Say "hi" <b>',
        "og:description": "a & b",
        "description": "a & b",
        "og:image": "https://example.com/i",
        "twitter:card": "summary_large_image",
    }
    assert '<link rel="canonical" href="https://ink.test/card">' in answer.text
    assert (await client.get("/card", headers=PHONE)).status_code == 302


async def test_a_phone_is_led_into_the_app(client: Client, by: Actor) -> None:
    apps = {
        "ios": {"url": "shop://item/1?a=1&b=2", "storeUrl": "https://apps.apple.com/app/id1"},
        "android": {"package": "com.example.shop"},
    }
    await a_link(by, slug="apps", deep_links=apps)
    android = await client.get("/apps", headers=ANDROID)
    assert android.status_code == 302
    assert android.headers["location"].startswith("intent://example.com/l#Intent;scheme=https;")
    ios = await client.get("/apps", headers=PHONE)
    assert ios.status_code == 200
    links = dict(re.findall(r'<a id="(\w+)" href="([^"]*)"', ios.text))
    assert {name: unescape(href) for name, href in links.items()} == {
        "app": "shop://item/1?a=1&b=2",
        "fallback": "https://apps.apple.com/app/id1",
    }
    (script,) = re.findall(
        r'<script type="module" src="(/static/app\.js[^"]*)"></script>', ios.text
    )
    assert (await client.get(script)).status_code == 200
    assert "script-src 'self'" in ios.headers["content-security-policy"]
