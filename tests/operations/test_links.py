"""Short links: made with their event and QR code, refused in words, on the domain that is meant."""

from __future__ import annotations

import dataclasses
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.dice import LoadedDice
from activities.links.creating import CreateLink, DuplicateLink, create_link, duplicate_link
from activities.links.filling import BuildAddress, build_address
from activities.links.reading import ReadLink, read_link
from activities.outside import Outside, install
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules.errors import InvalidFields, NotFound, PlanLimitReached, SlugTaken
from tests.builders.keys import a_workspace, an_actor
from tests.builders.links import GERMANS, HOME, A, B, a_template, claims
from tests.builders.pages import a_page, showing
from tests.builders.qr_codes import a_dynamic, a_static, events
from tests.builders.tenants import a_tenant, an_organization
from tests.builders.visits import a_domain, a_link, count

pytestmark = pytest.mark.usefixtures("database", "world")

FULL: dict[str, Any] = {
    "name": "Spring sale",
    "description": "Posters",
    "tags": ("Spring", "Posters"),
    "rules": (GERMANS,),
    "variants": (A, B),
    "utm": {"source": " newsletter ", "medium": None},
    "passes_query": True,
    "click_limit": 5,
    "expired_url": "https://example.com/over",
    "preview": {"title": "Spring"},
    "deep_links": {"ios": {"url": "myapp://item/1"}},
    "health_check": {"enabled": True, "intervalMinutes": 5},
}


async def test_a_link_and_its_event_are_made_together() -> None:
    by = await a_tenant()
    link = await a_link(by, slug="spring", name="Spring sale")
    ((kind, told),) = await events()
    assert kind == "link.created"
    assert told["id"] == f"lnk_{link.id.hex}"
    assert told["shortUrl"] == link.short_url == "https://ink.test/spring"
    assert (told["slug"], told["domain"], told["destinationUrl"]) == ("spring", None, HOME)
    assert told["createdAt"] == "2026-11-21T12:00:00.000Z"


async def test_a_link_keeps_what_it_was_told_in_one_form() -> None:
    by = await a_tenant()
    made = await a_link(by, **FULL)
    link = await read_link(ReadLink(by, slug=made.slug))
    assert link == made
    assert len(link.slug) == 7
    assert [rule["when"][0]["in"] for rule in link.rules] == [["DE"]]
    assert [variant["name"] for variant in link.variants] == ["A", "B"]
    assert (link.utm, link.tags) == ({"source": "newsletter"}, ("Spring", "Posters"))
    assert (link.click_limit, link.health, link.version) == (5, "unknown", 1)
    assert link.health_check == {"enabled": True, "intervalMinutes": 5}


async def test_a_password_is_kept_as_a_hash_and_never_told(database: AsyncConnection) -> None:
    link = await a_link(await a_tenant(), password="sesame")
    assert link.has_password
    assert "sesame" not in repr(link)
    assert await count(database, "link WHERE password_hash LIKE '$argon2id$%'") == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"destination_url": "javascript:alert(1)"}, "destination_url"),
        ({"destination_url": "https://ink.test/other"}, "destination_url"),
        ({"destination_url": "https://INK.test.:443/q/abc"}, "destination_url"),
        ({"destination_url": ""}, "destination_url"),
        ({"slug": "ab"}, "slug"),
        ({"slug": "Admin"}, "slug"),
        ({"slug": "s1gn_1n"}, "slug"),
        ({"slug": "a/b/c"}, "slug"),
        ({"name": "n" * 201}, "name"),
        ({"description": "n" * 2001}, "description"),
        ({"tags": ("",)}, "tags"),
        ({"rules": ({"when": [], "destinationUrl": HOME},)}, "rules.0.when"),
        ({"rules": ({**GERMANS, "destinationUrl": "data:x"},)}, "rules.0.destinationUrl"),
        (
            {"rules": ({**GERMANS, "destinationUrl": "https://ink.test/x"},)},
            "rules.0.destinationUrl",
        ),
        ({"variants": (A,)}, "variants"),
        (
            {"variants": (A, {**B, "destinationUrl": "https://ink.test/x"})},
            "variants.1.destinationUrl",
        ),
        ({"utm": {"source": "n" * 201}}, "utm.source"),
        ({"utm": {"sauce": "n"}}, "utm.sauce"),
        ({"password": "abc"}, "password"),
        ({"click_limit": 0}, "click_limit"),
        ({"expired_url": "https://ink.test/x"}, "expired_url"),
        ({"preview": {"imageUrl": "http://example.com/a.png"}}, "preview.imageUrl"),
        ({"deep_links": {"ios": {"url": "javascript://x"}}}, "deep_links.ios.url"),
        ({"deep_links": {"ios": {"url": "https://ink.test/x"}}}, "deep_links.ios.url"),
        (
            {"deep_links": {"ios": {"url": "a://b", "storeUrl": "https://ink.test/x"}}},
            "deep_links.ios.storeUrl",
        ),
        ({"health_check": {"intervalMinutes": 4}}, "health_check.intervalMinutes"),
        ({"health_check": {"intervalMinutes": 1441}}, "health_check.intervalMinutes"),
        ({"health_check": {"enabled": "yes"}}, "health_check.enabled"),
        ({"domain": "not a domain"}, "domain"),
        ({"domain": "unknown.example.com"}, "domain"),
        ({"creates_qr": True, "qr_code_id": uuid4()}, "qr_code_id"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(
    database: AsyncConnection, wrong: dict[str, Any], field: str
) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await create_link(CreateLink(by, **{"destination_url": HOME, **wrong}))
    assert list(refused.value.fields) == [field]
    for table in ("link", "slug_claim", "event"):
        assert await count(database, table) == 0


async def test_a_link_to_anybodys_short_links_is_refused_and_to_a_page_is_not() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    await a_domain(other, "go.other.com")
    with pytest.raises(InvalidFields):
        await a_link(by, "https://go.other.com/loop")
    assert (await a_link(by, "https://ink.test/p/cafe")).destination_url.endswith("/p/cafe")


async def test_a_taken_slug_is_refused_and_announces_nothing() -> None:
    await a_link(await a_tenant(), slug="spring")
    other = await a_tenant("other")
    with pytest.raises(SlugTaken):
        await a_link(other, slug="spring")
    await a_link(other, slug="Spring")
    assert [kind for kind, _ in await events()] == ["link.created"] * 2


async def test_a_drawn_slug_that_is_taken_is_drawn_again(world: Outside) -> None:
    by = await a_tenant()
    same, other = b"\1" * 16, b"\2" * 16
    install(dataclasses.replace(world, dice=LoadedDice(same, same, other)))
    assert (await a_link(by)).slug != (await a_link(by)).slug


async def test_the_same_slug_on_two_domains_is_two_links() -> None:
    by = await a_tenant()
    domain_id = await a_domain(by, "links.acme.com")
    ours = await a_link(by, slug="spring")
    own = await a_link(by, slug="spring", domain="Links.Acme.com.")
    assert own.short_url == "https://links.acme.com/spring"
    assert await claims() == {("/", "spring"): ours.id, (str(domain_id), "spring"): own.id}
    assert (await read_link(ReadLink(by, slug="spring"))).id == ours.id
    with pytest.raises(SlugTaken):
        await a_link(by, slug="spring", domain_id=domain_id)


async def test_our_own_host_is_the_default_domain() -> None:
    assert (await a_link(await a_tenant(), domain="INK.test")).domain is None


async def test_an_unverified_domain_is_to_be_verified_first() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    pending = await a_domain(by, "links.acme.com", "pending")
    theirs = await a_domain(other, "links.other.com")
    for wanted in ({"domain": "links.acme.com"}, {"domain_id": pending}):
        with pytest.raises(InvalidFields, match="verify it first"):
            await a_link(by, **wanted)
    with pytest.raises(InvalidFields, match="verify it first"):
        await a_link(by, domain="links.other.com")
    with pytest.raises(NotFound):
        await a_link(by, domain_id=theirs)


async def test_a_template_fills_up_what_the_link_leaves_open() -> None:
    home = await an_organization()
    by = await an_actor(home)
    link = await a_link(by)
    template = await a_template(by, link.workspace_id, source="mail", campaign="spring")
    filled = await a_link(by, utm={"source": "own"}, utm_template_id=template)
    assert filled.utm == {"source": "own", "campaign": "spring"}
    elsewhere = await a_workspace(home)
    with pytest.raises(NotFound):
        await a_link(by, workspace_id=elsewhere, utm_template_id=template)
    with pytest.raises(NotFound):
        await a_link(await a_tenant("other"), utm_template_id=template)


async def test_a_link_and_its_code_are_made_together() -> None:
    by = await a_tenant()
    link = await a_link(by, name="Spring", creates_qr=True)
    (tied,) = link.ties.codes
    code = await read_qr_code(ReadQrCode(by, id=tied.id))
    assert (code.is_dynamic, code.link_id, code.name) == (True, link.id, "Spring")
    assert [kind for kind, _ in await events()] == ["link.created", "qr.created"]


async def test_a_link_whose_code_finds_no_room_is_not_made(database: AsyncConnection) -> None:
    by = await a_tenant()
    for _ in range(49):
        await a_link(by)
    with pytest.raises(PlanLimitReached):
        await a_link(by, slug="spring", creates_qr=True)
    assert await count(database, "link") == 49
    assert await count(database, "slug_claim WHERE slug = 'spring'") == 0
    assert await count(database, "event") == 49


async def test_a_code_that_is_there_follows_the_link() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    code, theirs = await a_dynamic(by), await a_dynamic(other)
    static = await a_static(by, "TEXT")
    link = await a_link(by, qr_code_id=code.id)
    assert [tied.id for tied in link.ties.codes] == [code.id]
    assert (await events())[-1][0] == "qr.updated"
    with pytest.raises(InvalidFields) as refused:
        await a_link(by, qr_code_id=static.id)
    assert list(refused.value.fields) == ["qr_code_id"]
    with pytest.raises(NotFound):
        await a_link(by, qr_code_id=theirs.id)


async def test_a_link_names_the_codes_and_pages_that_show_it() -> None:
    by = await a_tenant()
    link, alone = await a_link(by), await a_link(by)
    code = await a_dynamic(by, link_id=link.id)
    page = await a_page(by, blocks=(showing(link),))
    ties = (await read_link(ReadLink(by, link.id))).ties
    assert [tied.short_code for tied in ties.codes] == [code.short_code]
    assert [(tied.id, tied.slug) for tied in ties.pages] == [(page.id, page.slug)]
    empty = (await read_link(ReadLink(by, alone.id))).ties
    assert (empty.codes, empty.pages) == ((), ())


async def test_a_copy_has_a_slug_of_its_own_and_the_same_password(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    await a_domain(by, "links.acme.com")
    link = await a_link(by, slug="spring", domain="links.acme.com", password="sesame", **FULL)
    copy = await duplicate_link(DuplicateLink(by, link.id))
    assert copy.name == "Spring sale (copy)"
    assert copy.domain == "links.acme.com"
    differing = ("id", "slug", "short_url", "name")
    same = {f.name for f in dataclasses.fields(link)} - set(differing)
    assert {n: getattr(copy, n) for n in same} == {n: getattr(link, n) for n in same}
    assert copy.slug != link.slug
    hashes = await database.execute(text("SELECT DISTINCT password_hash FROM link"))
    assert len(hashes.all()) == 1


async def test_a_restricted_actor_makes_links_in_its_workspace_only() -> None:
    home = await an_organization()
    whole = await an_actor(home)
    aside = await a_workspace(home)
    by = await an_actor(home, workspace_id=aside)
    other = await a_link(whole)
    assert (await a_link(by)).workspace_id == aside
    for wanted in (ReadLink(by, other.id), ReadLink(by, slug=other.slug)):
        with pytest.raises(NotFound):
            await read_link(wanted)
    with pytest.raises(NotFound):
        await a_link(by, workspace_id=other.workspace_id)


async def test_a_built_address_is_what_a_visit_would_get() -> None:
    by = await a_tenant()
    utm = {"source": "news letter"}
    built = await build_address(BuildAddress(by, "https://example.com/?utm_source=x#top", utm))
    assert built.url == "https://example.com/?utm_source=news%20letter#top"
    with pytest.raises(InvalidFields):
        await build_address(BuildAddress(by, "javascript:alert(1)", utm))


async def test_a_code_that_follows_a_link_needs_that_link_to_be_its_own_tenants() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    theirs = await a_link(other)
    with pytest.raises(NotFound):
        await a_dynamic(by, link_id=theirs.id)
