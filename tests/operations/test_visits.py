"""A visit is led on and counted once, unless something stands in its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.links.reading import ReadLink, read_link
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.claims import DEFAULT_DOMAIN, ClaimSlug, claim_slug
from activities.visitors import Visitor
from activities.visits.access import AskAccess, ask_access
from activities.visits.following import follow
from activities.visits.leading import Follow, Gone, PasswordNeeded
from activities.visits.targets import Kind
from tests.builders.tenants import (
    PERSON,
    ROBOT,
    a_code,
    a_heard_tenant,
    a_listener,
    a_tenant,
)
from tests.builders.visits import a_link, click, count, led_to, scan
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

PAST, FUTURE = NOW - timedelta(days=1), NOW + timedelta(days=1)
HEAD = replace(PERSON, is_bot=True)
"""So are prefetches: somebody who does not count, whatever was sent."""

GERMANS = {"when": [{"type": "country", "in": ["DE"]}], "destinationUrl": "https://example.de/"}
VARIANTS = (
    {"name": "A", "destinationUrl": "https://example.com/a", "weight": 1},
    {"name": "B", "destinationUrl": "https://example.com/b", "weight": 0},
)


async def made(by: Actor, kind: Kind, slug: str = "summer24", **more: Any) -> UUID:
    """A code or a link under this slug."""
    if kind == "link":
        return (await a_link(by, slug=slug, **more)).id
    if "click_limit" in more:
        more["scan_limit"] = more.pop("click_limit")
    return (await a_code(by, short_code=slug, **more)).id


async def visits(by: Actor, kind: Kind, id: UUID) -> int:
    """How many visits of people the asset tells of."""
    if kind == "link":
        return (await read_link(ReadLink(by, id))).click_count
    return (await read_qr_code(ReadQrCode(by, id=id))).scan_count


async def test_a_scan_is_counted_recorded_and_announced(database: AsyncConnection) -> None:
    by = await a_heard_tenant()
    code = await a_code(by, "https://example.com/menu")
    somebody = replace(PERSON, whence=b"192.0.2.7 Safari")
    assert led_to(await scan(code.short_code, somebody)) == "https://example.com/menu"
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).scan_count == 1
    row = (await database.execute(text("SELECT * FROM scan"))).one()
    assert (row.asset_id, row.asset_kind, row.created_at) == (code.id, "qr", NOW)
    assert not row.is_counted
    assert (row.country, row.device, row.is_bot) == ("DE", "mobile", False)
    assert row.visitor is not None
    payload = await database.scalar(text("SELECT payload FROM event WHERE kind = 'qr.scanned'"))
    assert payload["shortCode"] == code.short_code
    assert payload["scanId"] == f"scn_{row.id.hex}"
    assert payload["country"] == "DE"


async def test_a_click_is_counted_recorded_and_announced(database: AsyncConnection) -> None:
    by = await a_heard_tenant()
    link = await a_link(by, "https://example.com/shop", slug="shop")
    visitor = replace(PERSON, country="US", region="US-CA")
    assert led_to(await click("shop", visitor)) == "https://example.com/shop"
    assert (await read_link(ReadLink(by, link.id))).click_count == 1
    seen = (await database.execute(text("SELECT * FROM scan"))).one()
    assert (seen.asset_id, seen.asset_kind, seen.region) == (link.id, "link", "US-CA")
    payload = await database.scalar(text("SELECT payload FROM event WHERE kind = 'link.clicked'"))
    assert (payload["slug"], payload["domain"]) == ("shop", None)
    assert payload["clickId"] == f"scn_{seen.id.hex}"


@pytest.mark.parametrize("kind", ["qr", "link"])
@pytest.mark.parametrize("visitor", [ROBOT, HEAD])
async def test_a_bot_a_head_request_and_a_prefetch_are_recorded_but_not_counted(
    database: AsyncConnection, kind: Kind, visitor: Visitor
) -> None:
    by = await a_heard_tenant()
    asset = await made(by, kind, click_limit=1)
    led_to(await follow(Follow(kind, "summer24", visitor)))
    assert await visits(by, kind, asset) == 0
    rows = (await database.execute(text("SELECT is_bot, is_counted, device FROM scan"))).all()
    assert [tuple(row) for row in rows] == [(True, False, visitor.device)]
    assert await count(database, "event WHERE kind IN ('qr.scanned', 'link.clicked')") == 0


@pytest.mark.parametrize("kind", ["qr", "link"])
@pytest.mark.parametrize(
    ("events", "status", "deleted", "told"),
    [
        (("*",), "active", False, 1),
        (("qr.*", "link.*"), "active", False, 1),
        (("qr.scanned", "link.clicked"), "active", False, 1),
        (("qr.created", "link.updated"), "active", False, 0),
        (("*",), "disabled", False, 0),
        (("*",), "active", True, 0),
    ],
)
async def test_only_who_listens_is_told_of_visits(
    database: AsyncConnection,
    kind: Kind,
    events: tuple[str, ...],
    status: str,
    deleted: bool,
    told: int,
) -> None:
    by = await a_tenant()
    await a_listener(await a_tenant("stranger"))
    await a_listener(by, events, status)
    if deleted:
        await database.execute(text("UPDATE endpoint SET deleted_at = now()"))
    await made(by, kind)
    led_to(await follow(Follow(kind, "summer24", PERSON)))
    assert await count(database, "scan") == 1
    assert await count(database, "event WHERE kind IN ('qr.scanned', 'link.clicked')") == told


@pytest.mark.parametrize("kind", ["qr", "link"])
@pytest.mark.parametrize("state", ["unknown", "inactive", "deleted", "not started"])
async def test_what_is_not_open_is_not_there_whatever_else_it_is(
    database: AsyncConnection, kind: Kind, state: str
) -> None:
    begins: dict[str, Any] = {"starts_at": FUTURE} if state == "not started" else {}
    await made(await a_tenant(), kind, is_active=state != "inactive", password="sesame", **begins)
    if state == "deleted":
        await database.execute(text("UPDATE qr_code SET deleted_at = now()"))
        await database.execute(text("UPDATE link SET deleted_at = now()"))
    wanted = "nothere" if state == "unknown" else "summer24"
    with pytest.raises(NotFound):
        await follow(Follow(kind, wanted, PERSON))
    assert await count(database, "scan") == 0


@pytest.mark.parametrize("kind", ["qr", "link"])
async def test_a_code_and_a_link_may_have_one_slug(kind: Kind) -> None:
    by = await a_tenant()
    await made(by, "qr", destination="https://example.com/qr")
    await made(by, "link", destination="https://example.com/link")
    outcome = await follow(Follow(kind, "summer24", PERSON))
    assert led_to(outcome) == f"https://example.com/{kind}"


@pytest.mark.parametrize("kind", ["qr", "link"])
async def test_an_archived_one_leads_on(database: AsyncConnection, kind: Kind) -> None:
    await made(await a_tenant(), kind)
    await database.execute(text("UPDATE qr_code SET archived_at = now()"))
    await database.execute(text("UPDATE link SET archived_at = now()"))
    led_to(await follow(Follow(kind, "summer24", PERSON)))


@pytest.mark.parametrize("kind", ["qr", "link"])
async def test_the_password_is_asked_for_before_its_end_is_told(kind: Kind) -> None:
    asset = await made(await a_tenant(), kind, password="sesame", expires_at=PAST)
    outcome = await follow(Follow(kind, "summer24", PERSON))
    assert outcome == PasswordNeeded(kind, asset)
    granted = await ask_access(AskAccess(kind, "sesame", "192.0.2.1", id=asset))
    access = {granted.asset_id.hex: granted.token}
    assert await follow(Follow(kind, "summer24", PERSON, access=access)) == Gone()


@pytest.mark.parametrize("kind", ["qr", "link"])
async def test_who_is_asked_for_a_password_is_not_counted(
    database: AsyncConnection, kind: Kind
) -> None:
    asset = await made(await a_tenant(), kind, password="sesame", click_limit=1)
    for visitor in (PERSON, ROBOT, PERSON):
        assert isinstance(await follow(Follow(kind, "summer24", visitor)), PasswordNeeded)
    assert await count(database, "scan") == 0
    granted = await ask_access(AskAccess(kind, "sesame", "192.0.2.1", id=asset))
    access = {granted.asset_id.hex: granted.token}
    led_to(await follow(Follow(kind, "summer24", PERSON, access=access)))


@pytest.mark.parametrize("kind", ["qr", "link"])
@pytest.mark.parametrize("expired_url", [None, "https://example.com/süß"])
async def test_what_is_over_is_gone_or_leads_elsewhere_and_leaves_no_trace(
    database: AsyncConnection, kind: Kind, expired_url: str | None
) -> None:
    terms: dict[str, Any] = {"expires_at": NOW, "expired_url": expired_url}
    if kind == "link":
        terms["rules"] = (GERMANS,)
    await made(await a_tenant(), kind, variants=VARIANTS, **terms)
    for visitor in (PERSON, ROBOT):
        outcome = await follow(Follow(kind, "summer24", visitor))
        if expired_url:
            assert led_to(outcome) == "https://example.com/s%C3%BC%C3%9F"
        else:
            assert outcome == Gone()
    assert await count(database, "scan") == 0


async def test_rules_come_before_variants_and_these_before_the_destination(
    database: AsyncConnection,
) -> None:
    by = await a_heard_tenant()
    link = await a_link(by, slug="both", rules=(GERMANS,), variants=VARIANTS)
    assert led_to(await click("both")) == "https://example.de/"
    assert led_to(await click("both", replace(PERSON, country="FR"))) == "https://example.com/a"
    rows = (await database.execute(text("SELECT rule, variant FROM scan ORDER BY rule"))).all()
    rule, variant = link.rules[0]["id"], link.variants[0]["id"]
    assert [tuple(row) for row in rows] == [(rule, None), (None, variant)]
    told = await database.execute(text("SELECT payload FROM event WHERE kind = 'link.clicked'"))
    assert sorted(
        (p["rule"] or "", p["variant"] or "", p["destinationUrl"]) for p in told.scalars()
    ) == [("", variant, "https://example.com/a"), (rule, "", "https://example.de/")]


@pytest.mark.parametrize("kind", ["qr", "link"])
async def test_a_limit_lets_that_many_people_through_and_says_so_once(
    database: AsyncConnection, kind: Kind
) -> None:
    await made(await a_tenant(), kind, click_limit=2)
    for visitor in (PERSON, ROBOT, HEAD, PERSON):
        led_to(await follow(Follow(kind, "summer24", visitor)))
    for visitor in (PERSON, ROBOT, HEAD):
        assert await follow(Follow(kind, "summer24", visitor)) == Gone()
    assert await count(database, "scan WHERE NOT is_bot") == 2
    assert await count(database, "scan WHERE is_bot") == 2
    assert await count(database, "scan WHERE is_counted AND NOT is_bot") == 2
    reached = await database.execute(
        text("SELECT payload FROM event WHERE kind = 'qr.scan_limit_reached'")
    )
    told = [(payload["shortCode"], payload["scanLimit"]) for payload in reached.scalars()]
    assert told == ([("summer24", 2)] if kind == "qr" else [])


async def test_a_limit_that_is_raised_lets_more_through_and_is_reached_again(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    code = await a_code(by, scan_limit=1)  # type: ignore[arg-type]
    led_to(await scan(code.short_code))
    assert await scan(code.short_code) == Gone()
    await update_qr_code(UpdateQrCode(by, id=code.id, scan_limit=2))
    led_to(await scan(code.short_code))
    assert await scan(code.short_code) == Gone()
    assert await count(database, "event WHERE kind = 'qr.scan_limit_reached'") == 2


async def test_an_old_code_still_leads_to_its_asset(database: AsyncConnection) -> None:
    by = await a_heard_tenant()
    code = await a_code(by, short_code="printed")
    await update_qr_code(UpdateQrCode(by, id=code.id, short_code="renamed"))
    for slug in ("printed", "renamed"):
        assert led_to(await scan(slug)) == "https://example.com/a"
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).scan_count == 2
    told = await database.execute(text("SELECT payload FROM event WHERE kind = 'qr.scanned'"))
    assert {payload["shortCode"] for payload in told.scalars()} == {"renamed"}


async def test_an_old_slug_still_leads_to_its_link() -> None:
    by = await a_tenant()
    link = await a_link(by, slug="renamed")
    await claim_slug(ClaimSlug(by.organization_id, link.id, DEFAULT_DOMAIN, "printed"))
    assert led_to(await click("printed")) == "https://example.com/l"


async def test_nothing_of_the_visitors_query_is_kept(database: AsyncConnection) -> None:
    by = await a_heard_tenant()
    await a_link(by, slug="shop", passes_query=True, utm={"source": "flyer"})
    led = led_to(await click("shop", query="mail=quillfeather%40example.com"))
    assert led == "https://example.com/l?utm_source=flyer&mail=quillfeather%40example.com"
    kept = await database.scalar(
        text("SELECT string_agg(e::text || s::text, '') FROM event e, scan s")
    )
    assert "quillfeather" not in kept
