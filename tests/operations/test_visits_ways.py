"""Where a visit is led: by rules, variants, UTM, into an app, or to a preview."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.gateways.dice import LoadedDice
from activities.outside import Outside, install
from activities.visitors import Visitor
from activities.visits.leading import AppTrial, Preview, Redirection
from tests.builders.tenants import PERSON, ROBOT, a_code, a_tenant
from tests.builders.visits import a_link, click, count, led_to, scan, somebody

pytestmark = pytest.mark.usefixtures("database", "world")

CARD_BOT = replace(ROBOT, is_preview=True)
ANDROID = replace(PERSON, os="Android", browser="Chrome Mobile")
HALVES = (
    {"name": "A", "destinationUrl": "https://example.com/a", "weight": 1},
    {"name": "B", "destinationUrl": "https://example.com/b", "weight": 1},
)
APPS = {
    "ios": {"url": "shop://item/1", "storeUrl": "https://apps.apple.com/app/id1"},
    "android": {"url": "shop://[item]/1", "package": "com.example.shop"},
}


@pytest.mark.parametrize(
    ("condition", "meets", "misses"),
    [
        ({"type": "country", "in": ["DE"]}, {"country": "DE"}, {"country": None}),
        ({"type": "region", "in": ["US-CA"]}, {"region": "US-CA"}, {"region": "US-NY"}),
        ({"type": "device", "in": ["mobile"]}, {"device": "mobile"}, {"device": "desktop"}),
        ({"type": "os", "in": ["iOS"]}, {"os": "iOS"}, {"os": "Android"}),
        ({"type": "language", "in": ["de"]}, {"language": "de-at"}, {"language": "en"}),
        ({"type": "country", "in": ["DE"], "not": True}, {"country": "FR"}, {"country": "DE"}),
    ],
)
async def test_a_rule_looks_at_the_visitor(
    condition: dict[str, Any], meets: dict[str, Any], misses: dict[str, Any]
) -> None:
    rule = {"when": [condition], "destinationUrl": "https://example.com/met"}
    await a_link(await a_tenant(), slug="ruled", rules=(rule,))
    assert led_to(await click("ruled", somebody(**meets))) == "https://example.com/met"
    assert led_to(await click("ruled", somebody(**misses))) == "https://example.com/l"


async def test_a_rule_looks_at_the_clock_of_its_zone(clock: FixedClock) -> None:
    # It is Saturday noon in UTC: one hour later in Berlin.
    when = {"type": "time", "timeZone": "Europe/Berlin", "weekday": ["sat"], "from": "13:00"}
    rule = {"when": [{**when, "until": "14:00"}], "destinationUrl": "https://example.com/met"}
    await a_link(await a_tenant(), slug="ruled", rules=(rule,))
    assert led_to(await click("ruled")) == "https://example.com/met"
    clock.moment += timedelta(hours=1)
    assert led_to(await click("ruled")) == "https://example.com/l"


@pytest.mark.parametrize(
    ("query", "path"),
    [("ref=x", "met"), ("a=&ref=x&ref=y", "met"), ("ref=y&ref=x", "l"), ("REF=x", "l"), ("", "l")],
)
async def test_a_rule_looks_at_the_query(query: str, path: str) -> None:
    when = {"type": "query", "name": "ref", "value": "x"}
    rule = {"when": [when], "destinationUrl": "https://example.com/met"}
    await a_link(await a_tenant(), slug="ruled", rules=(rule,))
    assert led_to(await click("ruled", query=query)) == f"https://example.com/{path}"


async def test_the_first_rule_wins() -> None:
    when = {"type": "country", "in": ["DE"]}
    rules = tuple(
        {"when": [when], "destinationUrl": f"https://example.com/{name}"} for name in "xy"
    )
    await a_link(await a_tenant(), slug="ruled", rules=rules)
    assert led_to(await click("ruled")) == "https://example.com/x"


async def test_a_visitor_meets_the_same_variant_again(database: AsyncConnection) -> None:
    code = await a_code(await a_tenant(), variants=HALVES)  # type: ignore[arg-type]
    met: Counter[str] = Counter()
    for _ in range(40):
        visitor = uuid4()
        urls = {led_to(await scan(code.short_code, visitor_id=visitor)) for _ in range(3)}
        assert len(urls) == 1
        met.update(urls)
    assert len(met) == 2
    assert min(met.values()) > 5
    a, b = (variant["id"] for variant in code.variants)
    assert await count(database, f"scan WHERE variant IN ('{a}', '{b}')") == 120


async def test_a_new_visitor_gets_an_id_that_meets_the_same_variant() -> None:
    code = await a_code(await a_tenant(), variants=HALVES)  # type: ignore[arg-type]
    for _ in range(10):
        first = await scan(code.short_code)
        assert isinstance(first, Redirection)
        assert first.new_visitor_id
        again = await scan(code.short_code, visitor_id=first.new_visitor_id)
        assert again == Redirection(first.url)


@pytest.mark.parametrize("visitor", [replace(PERSON, has_opted_out=True), ROBOT])
async def test_who_opted_out_and_what_is_no_person_gets_no_id(visitor: Visitor) -> None:
    code = await a_code(await a_tenant(), variants=HALVES)  # type: ignore[arg-type]
    met = {await scan(code.short_code, visitor) for _ in range(40)}
    assert met == {Redirection(f"https://example.com/{path}") for path in "ab"}


async def test_who_opted_out_is_not_recognised() -> None:
    code = await a_code(await a_tenant(), variants=HALVES)  # type: ignore[arg-type]
    visitor, known = replace(PERSON, has_opted_out=True), uuid4()
    met = {led_to(await scan(code.short_code, visitor, visitor_id=known)) for _ in range(40)}
    assert met == {"https://example.com/a", "https://example.com/b"}


async def test_without_variants_nobody_gets_an_id() -> None:
    when = {"type": "country", "in": ["DE"]}
    rule = {"when": [when], "destinationUrl": "https://example.com/met"}
    await a_link(await a_tenant(), slug="ruled", rules=(rule,), variants=HALVES)
    assert await click("ruled") == Redirection("https://example.com/met")


async def test_an_id_that_is_given_out_is_a_random_uuid(world: Outside) -> None:
    code = await a_code(await a_tenant(), variants=HALVES)  # type: ignore[arg-type]
    install(replace(world, dice=LoadedDice(b"\x07" * 16)))
    outcome = await scan(code.short_code)
    assert isinstance(outcome, Redirection)
    assert outcome.new_visitor_id == UUID("07070707-0707-4707-8707-070707070707")


@pytest.mark.parametrize(
    ("passes", "led"),
    [
        (False, "https://example.com/?q=1&utm_source=flyer"),
        (True, "https://example.com/?q=1&utm_source=flyer&x=%C3%BC&y"),
    ],
)
async def test_utm_is_added_and_the_query_is_passed_when_asked(passes: bool, led: str) -> None:
    by = await a_tenant()
    utm = {"source": "flyer"}
    await a_link(by, "https://example.com/?q=1", slug="utms", utm=utm, passes_query=passes)
    assert led_to(await click("utms", query="x=ü&q=2&utm_source=mine&y")) == led


async def test_an_android_phone_opens_the_app_or_goes_on(database: AsyncConnection) -> None:
    await a_link(await a_tenant(), slug="apps", deep_links=APPS, utm={"source": "flyer"})
    assert led_to(await click("apps", ANDROID)) == (
        "intent://[item]/1#Intent;scheme=shop;package=com.example.shop;"
        "S.browser_fallback_url=https%3A%2F%2Fexample.com%2Fl%3Futm_source%3Dflyer;end"
    )
    assert await count(database, "scan WHERE asset_kind = 'link' AND NOT is_bot") == 1


async def test_an_iphone_tries_the_app_on_a_page(database: AsyncConnection) -> None:
    await a_link(await a_tenant(), slug="apps", deep_links=APPS)
    assert await click("apps") == AppTrial("shop://item/1", "https://apps.apple.com/app/id1")
    assert await count(database, "scan WHERE asset_kind = 'link' AND NOT is_bot") == 1


async def test_an_iphone_is_led_to_a_universal_link() -> None:
    universal = {"ios": {"url": "https://shop.example/item/1"}}
    await a_link(await a_tenant(), slug="apps", deep_links=universal)
    assert led_to(await click("apps")) == "https://shop.example/item/1"


async def test_other_systems_are_led_to_the_destination() -> None:
    await a_link(await a_tenant(), slug="apps", deep_links=APPS)
    assert led_to(await click("apps", somebody(os="Windows"))) == "https://example.com/l"


async def test_who_draws_cards_is_shown_the_preview_and_everybody_else_is_led_on(
    database: AsyncConnection,
) -> None:
    card = {"title": "Summer sale", "imageUrl": "https://example.com/i.png"}
    await a_link(await a_tenant(), slug="card", preview=card)
    assert await click("card", CARD_BOT) == Preview(
        address="https://ink.test/card",
        url="https://example.com/l",
        title="Summer sale",
        description=None,
        image_url="https://example.com/i.png",
    )
    for visitor in (PERSON, ROBOT):
        assert led_to(await click("card", visitor)) == "https://example.com/l"
    assert await count(database, "scan WHERE is_bot") == 2
    assert await count(database, "scan WHERE NOT is_bot") == 1


async def test_without_a_preview_who_draws_cards_is_led_on() -> None:
    await a_link(await a_tenant(), slug="card")
    assert led_to(await click("card", CARD_BOT)) == "https://example.com/l"
